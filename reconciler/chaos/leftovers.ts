/** What a load test left broken, read from its tag. Pure. */

import type { Address, Note } from '../model/json.ts';

import { FAULT_TAG, STACK_TAG } from '../model/tags.ts';
import { EXPERIMENTS, experimentNamed } from './experiments.ts';
import { type FaultMark, readMark } from './fault-mark.ts';

export interface Leftover {
  /** Address or id of the resource that has the tag. */
  readonly address: string;
  /** Undefined: the tag cannot be read, so only a person can find out what was done. */
  readonly mark: FaultMark | undefined;
  /** The value of the tag. */
  readonly text: string;
}

const isKnown = ({ experiment }: FaultMark): boolean => EXPERIMENTS.some(({ name }) => name === experiment);

export function readLeftover(address: string, text: string, name?: string, stack?: string): Leftover {
  const mark = readMark(text, name, stack);
  return { address, text, mark: mark !== undefined && isKnown(mark) ? mark : undefined };
}

/** An object of a stack, as it was read. */
export interface Carrier {
  readonly address: Address;
  readonly tags: Readonly<Record<string, string>>;
}

/** What is left broken in one stack, among the objects that were read for its plan. */
export function leftoversIn(objects: readonly Carrier[]): readonly Leftover[] {
  return objects.flatMap(({ address, tags }) => {
    const text = tags[FAULT_TAG];
    return text === undefined
      ? []
      : [readLeftover(address, text, address.startsWith('instance/') ? address.slice('instance/'.length) : undefined, tags[STACK_TAG])];
  });
}

/** `web-1 was stopped in a load test … and should have been started again by …`. */
export function leftoverText({ mark, text, address }: Leftover, now: number): string {
  if (mark === undefined)
    return `${address} has the tag ${FAULT_TAG} of a load test, but its value cannot be read (${JSON.stringify(text.slice(0, 80))}): check that it serves requests`;
  const { words } = experimentNamed(mark.experiment);
  const at = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  const by = mark.run === '' ? '' : ` by ${mark.run}`;
  const over = now <= mark.until ? `until ${at(mark.until)}` : `and should have been ${words.undo.done} by ${at(mark.until)}`;
  return `${mark.victim.name} was ${words.done} in a load test${by} at ${at(mark.since)}, ${over}: an apply or \`albedo halt\` will ${words.undo.verb} it`;
}

/** For a plan and a drift check. Of kind `unfinished`: a drift check ends with 2. */
export const leftoverNotes = (objects: readonly Carrier[], now: number): readonly Note[] =>
  objects.flatMap((object) =>
    leftoversIn([object]).map((left): Note => ({ kind: 'unfinished', address: object.address, text: leftoverText(left, now) })),
  );
