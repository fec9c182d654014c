/** What is waited for, as it is told. */
export interface Wait {
  /** Which thing, its state, the code that AWS gives for it: `target i-0…:8080 unhealthy (Target.Timeout: Request timed out)`. */
  readonly text: string;
  /** For how long already. */
  readonly seconds: number;
  /** When it is given up, ms since the epoch; absent where tries are counted. */
  readonly until?: number;
  /** To be a line of its own where nothing else shows that it goes on: news, or too long a silence. */
  readonly line: boolean;
}

/** `Throttling: Rate exceeded, 35 s, until 14:03:20 UTC at most`. */
export const waitText = ({ text, seconds, until }: Omit<Wait, 'line'>): string =>
  `${text}, ${seconds} s${until === undefined ? '' : `, until ${clockTime(until)} at most`}`;

/** `14:03:20 UTC`; `ms` since the epoch. */
export const clockTime = (ms: number): string => `${new Date(ms).toISOString().slice(11, 19)} UTC`;
