import { CloudError } from '../errors.ts';
import { valueAt } from '../model/paths.ts';
import type { Cloud } from './port.ts';

/** The parameter that is the lock of a stack: its name, what it holds, and how one that has ended changes hands. */

/** Who holds a lock, as people read it. */
export interface Holder {
  /** `ana@laptop`, or the actor and the repository of a workflow run. */
  readonly holder: string;
  /** Link to the run; empty outside CI. */
  readonly run: string;
  /** The process, and the machine that it runs on. */
  readonly pid?: number;
  readonly host?: string;
}

/** What the parameter holds. `since`: when the run began, ISO text, by the clock of its machine: shown, and decided by never. */
export interface Entry extends Holder {
  readonly version: 1;
  readonly id: string;
  readonly since: string;
}

export interface Found {
  readonly entry: Entry;
  /** Of the parameter: grows by one with each write. */
  readonly version: number;
  /** Milliseconds since it was last written, both moments by AWS's clock; undefined where AWS does not tell. */
  readonly age: number | undefined;
}

/** `/albedo/<stack>/lock`, in the region of the stack. */
export const lockName = (stack: string): string => `/albedo/${stack}/lock`;

/**
 * Writes our entry over the one that was read. SSM has no conditional write, but numbers the writes and keeps them: of
 * several that write over one entry the first has the lock, and the others put its entry back.
 */
export async function takeOver(cloud: Cloud, name: string, found: Found, mine: Entry, signal: AbortSignal): Promise<boolean> {
  const over = async (entry: Entry): Promise<number> =>
    Number(valueAt(await cloud.call('ssm:PutParameter', { ...written(name, entry), Overwrite: true }, { signal }), 'Version'));
  let winner: Entry | undefined;
  for (let version = await over(mine); version > 1; version--) {
    const before = await read(cloud, `${name}:${version - 1}`, { signal });
    // The history goes with the lock: the winner has given it back meanwhile, and our entry went with it.
    if (before === undefined) return false;
    if (before.entry.id === found.entry.id) break;
    winner = before.entry;
  }
  if (winner === undefined || winner.id === mine.id) return true;
  // Only over our own entry: what stands there otherwise is put right already, or is the lock of somebody who came later.
  if ((await read(cloud, name, { signal }))?.entry.id !== mine.id) return false;
  // Version 1: it was given back before it could be put back, and must not stay.
  if ((await over(winner)) === 1) await cloud.call('ssm:DeleteParameter', { Name: name }, { signal });
  return false;
}

export const written = (name: string, entry: Entry) => ({ Name: name, Value: JSON.stringify(entry), Type: 'String' });

/** The lock as it stands; undefined when there is none. What somebody else put under its name counts as held for ever. */
export async function read(cloud: Cloud, name: string, options: { signal?: AbortSignal; poll?: boolean }): Promise<Found | undefined> {
  try {
    const answer = await cloud.call('ssm:GetParameter', { Name: name }, options);
    // Parameter, SSM API reference: when it was last changed. The other moment is the header Date of the same answer.
    const age = Date.parse(String(valueAt(answer, 'AnsweredAt'))) - Date.parse(String(valueAt(answer, 'Parameter.LastModifiedDate')));
    return {
      entry: entryIn(String(valueAt(answer, 'Parameter.Value'))),
      version: Number(valueAt(answer, 'Parameter.Version')),
      age: Number.isFinite(age) ? age : undefined,
    };
  } catch (thrown) {
    if (thrown instanceof CloudError && thrown.class === 'NotFound') return undefined;
    throw thrown;
  }
}

function entryIn(text: string): Entry {
  try {
    const { version, id, holder, run, since, pid, host } = JSON.parse(text) as Partial<Entry>;
    if (version === 1 && typeof id === 'string')
      return {
        ...{ version, id, holder: String(holder), run: String(run), since: String(since) },
        ...(typeof pid === 'number' ? { pid } : {}),
        ...(typeof host === 'string' ? { host } : {}),
      };
  } catch {
    // Told below.
  }
  return { version: 1, id: '', holder: 'someone whose entry cannot be read', run: '', since: 'an unknown time' };
}

/** `held by ana@laptop (process 4711 on laptop) since 2026-01-01T12:00:00Z, renewed 2 min ago`. */
export function whoseIs({ entry, age }: Pick<Found, 'entry' | 'age'>): string {
  const { holder, run, since, pid, host } = entry;
  const process = pid === undefined ? '' : ` (process ${pid}${host === undefined ? '' : ` on ${host}`})`;
  const renewed =
    age === undefined ? '' : `, renewed ${age < 120_000 ? `${Math.round(age / 1000)} s` : `${Math.round(age / 60_000)} min`} ago`;
  return `held by ${holder}${process} since ${since}${renewed}${run === '' ? '' : ` (${run})`}`;
}
