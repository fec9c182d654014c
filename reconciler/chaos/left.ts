/** What a load test left broken, as its tag tells. Pure. */

import type { Address, Note } from '../model/json.ts';

import { FAULT_TAG, STACK_TAG } from '../model/tags.ts';
import { EXPERIMENTS, experimentNamed } from './experiments.ts';
import { type FaultMark, readMark } from './fault-mark.ts';

export interface Left {
  /** Of what carries the tag, where it is an object of the stack. */
  readonly address: string;
  /** Undefined: the tag cannot be read, and only a person can tell what was done. */
  readonly mark: FaultMark | undefined;
  /** The value of the tag. */
  readonly text: string;
}

const isKnown = ({ experiment }: FaultMark): boolean => EXPERIMENTS.some(({ name }) => name === experiment);

export function leftOf(address: string, text: string, name?: string, stack?: string): Left {
  const mark = readMark(text, name, stack);
  return { address, text, mark: mark !== undefined && isKnown(mark) ? mark : undefined };
}

/** An object of a stack, as it was read. */
export interface Carrier {
  readonly address: Address;
  readonly tags: Readonly<Record<string, string>>;
}

/** Of one stack, in what was read for its plan. */
export function leftIn(objects: readonly Carrier[]): readonly Left[] {
  return objects.flatMap(({ address, tags }) => {
    const text = tags[FAULT_TAG];
    return text === undefined
      ? []
      : [leftOf(address, text, address.startsWith('instance/') ? address.slice('instance/'.length) : undefined, tags[STACK_TAG])];
  });
}

/** `web-1 was stopped by a load test … and is to be started again`. */
export function leftText({ mark, text, address }: Left, now: number): string {
  if (mark === undefined)
    return `${address} carries the tag ${FAULT_TAG} of a load test, which cannot be read (${JSON.stringify(text.slice(0, 80))}): see whether it serves`;
  const { words } = experimentNamed(mark.experiment);
  const at = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  const by = mark.run === '' ? '' : ` by ${mark.run}`;
  const over = now <= mark.until ? `until ${at(mark.until)}` : `and should have been ${words.undo.done} again by ${at(mark.until)}`;
  return `${mark.victim.name} was ${words.done} by a load test${by} at ${at(mark.since)}, ${over}: an apply or \`albedo halt\` ${words.undo.verb}s it`;
}

/** For a plan and a drift check. Of kind `unfinished`: a drift check ends with 2. */
export const leftNotes = (objects: readonly Carrier[], now: number): readonly Note[] =>
  objects.flatMap((object) =>
    leftIn([object]).map((left): Note => ({ kind: 'unfinished', address: object.address, text: leftText(left, now) })),
  );
