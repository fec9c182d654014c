import type { Json } from './json.ts';

/**
 * How one sees whether a call's effect is there, after AWS answered that it is there already, or that what was to go is not found. Such
 * a code alone is not believed: a route of that destination may lead elsewhere, and one rule of a list that is there
 * refuses all the others with it.
 */
export interface Look {
  readonly op: string;
  /** Input of the look: `{VpcId}` in a text stands for that parameter of the call. */
  readonly input: Json;
  /** Path of what is looked among. */
  readonly path: string;
  /** Whether the call makes something that is there afterwards, or ends it. */
  readonly there: boolean;
  /**
   * The list parameter of the call whose elements are looked for, one by one; of a list that is there in part the rest is sent again.
   * Absent: what is looked for is the call's input, but for what the look's own input names.
   */
  readonly batch?: string;
  /** What is looked for, where that is not the call's input: a template as `input` is one. */
  readonly as?: Json;
  /** Keys that do not tell two things apart, left out when something is to be gone. */
  readonly remarks?: readonly string[];
}
