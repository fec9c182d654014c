/** One call, and what is done about an answer that was lost or says that it is done already. */

import { CloudError } from '../errors.ts';
import { canonical } from '../model/codec.ts';
import type { Json } from '../model/json.ts';
import type { Look } from '../model/look.ts';
import { valueAt, valuesAt, withValue } from '../model/paths.ts';
import type { Lookup, Step } from '../plan/types.ts';
import type { CallOptions, Clock, Cloud } from '../run/port.ts';
import { lookFor, stillToDo } from './believe.ts';

export interface PerformOptions {
  readonly cloud: Cloud;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** AWS codes that say that an operation's effect is there already, and how that is looked for before it is believed. */
  readonly doneCodes: (op: string) => readonly string[];
  readonly looks: (op: string) => readonly Look[];
}

/** How the call is sent; its signal fires a while after that of the run. */
type Asking = Required<Pick<CallOptions, 'made' | 'onRetry' | 'onSlow' | 'signal'>>;

/**
 * One call. A create whose answer was lost is looked for before it is sent again, and so is one that AWS says exists: it
 * is ours if it has our tags, made by a run that was cut off moments ago. "There already" is success once a look shows
 * what was wished for, and so is "not found" when destroying. A write under way is not cut off by an abort: what it did would be lost from sight.
 */
export async function perform(step: Step, input: Json, options: PerformOptions, asking: Asking): Promise<Json> {
  const { signal } = asking;
  const since = options.clock.now();
  let asked = input;
  /** Waits a little longer each time, for AWS's parts to agree. */
  const pause = async ({ awsCode: code, message }: CloudError, tries: number): Promise<void> => {
    asking.onRetry({ code, message, attempt: tries, waitMs: 1000 * tries, since });
    await options.clock.sleep(1000 * tries, options.signal);
  };
  for (let tries = 1; ; tries++) {
    try {
      return await options.cloud.call(step.op, asked, asking);
    } catch (thrown) {
      if (!(thrown instanceof CloudError)) throw thrown;
      if (options.doneCodes(step.op).includes(thrown.awsCode) || (step.effect === 'destroy' && thrown.class === 'NotFound')) {
        const look = lookFor(options.looks(step.op), asked);
        if (look === undefined) throw unbelieved(thrown, 'and albedo cannot check whether that is true');
        const rest = await stillToDo(look, asked, options.cloud, signal);
        if (rest === undefined) return {};
        if (tries >= 5)
          throw unbelieved(thrown, `but ${look.op.replace(/^.*:/, '')} shows a different state: somebody else is changing it; plan again`);
        // What is left of a list is sent at once; the same again only when AWS's parts may have agreed.
        if (canonical(rest) === canonical(asked)) await pause(thrown, tries);
        asked = rest;
        continue;
      }
      const exists = thrown.class === 'Exists';
      if (step.lookup === undefined || (thrown.class !== 'Transient' && !exists) || tries >= 5) throw thrown;
      await pause(thrown, tries);
      const found = await find(step, input, options, signal);
      if (found !== undefined) return found;
      // Somebody else's: sending it again would not make it ours.
      if (exists && tries > 1) throw thrown;
    }
  }
}

const unbelieved = (cause: CloudError, why: string): CloudError =>
  new CloudError(cause.op, cause.awsCode, cause.class, `${cause.message} (AWS answered ${cause.awsCode}, ${why})`, { cause });

/** What an earlier try of this step made after all, in the shape of the create's own answer. */
async function find(step: Step, input: Json, options: PerformOptions, signal: AbortSignal): Promise<Json | undefined> {
  const { lookup } = step;
  if (lookup === undefined) return undefined;
  const taken = Object.entries(lookup.take ?? {}).map(([param, from]): [string, Json] => [
    param,
    typeof from === 'string' ? (valueAt(input, from) ?? null) : from.map((each) => valueAt(input, each) ?? null),
  ]);
  try {
    const sent = { ...(lookup.input as { readonly [key: string]: Json }), ...Object.fromEntries(taken) };
    const answer = await options.cloud.call(lookup.op, sent, { signal });
    const list = lookup.list.endsWith(']') || !Array.isArray(valueAt(answer, lookup.list)) ? lookup.list : `${lookup.list}[]`;
    const found = valuesAt(answer, list).find((entry) => isMeant(entry, lookup, input));
    if (found === undefined || !(await hasTags(found, lookup, input, options, signal))) return undefined;
    if (lookup.wrap === '') return found;
    return lookup.wrap.endsWith('[0]') ? { [lookup.wrap.slice(0, -3)]: [found] } : withValue({}, lookup.wrap, found);
  } catch (thrown) {
    if (thrown instanceof CloudError && thrown.class === 'NotFound') return undefined;
    throw thrown;
  }
}

function isMeant(entry: Json, { idPath, not, same }: Lookup, input: Json): boolean {
  if (not.includes(String(valueAt(entry, idPath)))) return false;
  return same === undefined || String(valueAt(entry, same.path)) === String(valueAt(input, same.param));
}

/** Whether it has all tags that the create gave: what is in its place may be somebody else's. */
async function hasTags(
  found: Json,
  { tagged, idPath }: Lookup,
  input: Json,
  options: PerformOptions,
  signal: AbortSignal,
): Promise<boolean> {
  if (tagged === undefined) return true;
  const answer = await options.cloud.call(tagged.op, { [tagged.param]: [valueAt(found, idPath) ?? null] }, { signal });
  const tags = new Map(valuesAt(answer, `${tagged.list}[]`).map((tag) => [valueAt(tag, 'Key'), valueAt(tag, 'Value')]));
  return valuesAt(input, 'Tags[]').every((tag) => tags.get(valueAt(tag, 'Key')) === valueAt(tag, 'Value'));
}
