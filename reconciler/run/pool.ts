/** How much goes on at a time, and how some wait for all. */

/** At most `width` of the tasks given to it run at a time, in the order they came. */
export function limiter(width: number): <T>(task: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (task) => {
    if (running < width) running++;
    // Whoever ends hands its place over, so that nobody who comes later gets ahead.
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  };
}

/** A point that all of a number have to come to before any goes on. */
export interface Barrier {
  /** One has come to it, or never will. The first word of each index counts. */
  tell(index: number, well: boolean): void;
  /** Resolves when all were told of: whether all came. */
  readonly all: Promise<boolean>;
  /** Resolves when all before this one were told of: whether all of them came. */
  before(index: number): Promise<boolean>;
}

export function barrier(count: number): Barrier {
  const tellers: ((well: boolean) => void)[] = [];
  const told = Array.from({ length: count }, () => new Promise<boolean>((resolve) => void tellers.push(resolve)));
  const every = async (some: readonly Promise<boolean>[]): Promise<boolean> => (await Promise.all(some)).every(Boolean);
  return { tell: (index, well) => tellers[index]?.(well), all: every(told), before: (index) => every(told.slice(0, index)) };
}
