import { CloudError } from '../errors.ts';
import type { Json } from '../model/json.ts';
import { valueAt } from '../model/paths.ts';
import type { Cloud } from './port.ts';

/** The parameter that is the lock of a stack: its name, what it holds, and how one that has ended changes hands. */

/** Who holds a lock, as people read it. */
export interface Holder {
  /** `ana@laptop`, or the actor and the repository of a workflow run. */
  readonly holder: string;
  /** Link to the run; empty outside CI. */
  readonly run: string;
}

/** What the parameter holds. Times are ISO texts, of the holder's clock. */
export interface Entry extends Holder {
  readonly version: 1;
  readonly id: string;
  readonly since: string;
  readonly until: string;
}

export interface Found {
  readonly entry: Entry;
  /** Of the parameter: grows by one with each write. */
  readonly version: number;
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
    const { Parameter } = (await cloud.call('ssm:GetParameter', { Name: name }, options)) as { Parameter: Json };
    return { entry: entryIn(String(valueAt(Parameter, 'Value'))), version: Number(valueAt(Parameter, 'Version')) };
  } catch (thrown) {
    if (thrown instanceof CloudError && thrown.class === 'NotFound') return undefined;
    throw thrown;
  }
}

function entryIn(text: string): Entry {
  try {
    const entry = JSON.parse(text) as Partial<Entry>;
    if (entry.version === 1 && typeof entry.id === 'string' && Number.isFinite(Date.parse(String(entry.until))))
      return {
        version: 1,
        id: entry.id,
        holder: String(entry.holder),
        run: String(entry.run),
        since: String(entry.since),
        until: String(entry.until),
      };
  } catch {
    // Told below.
  }
  return {
    version: 1,
    id: '',
    holder: 'somebody whose entry cannot be read',
    run: '',
    since: 'an unknown time',
    until: '9999-12-31T23:59:59Z',
  };
}

export const whoseIs = ({ holder, run, since }: Entry): string => `held by ${holder} since ${since}${run === '' ? '' : ` (${run})`}`;
