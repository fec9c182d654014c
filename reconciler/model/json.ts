/** Types that every layer shares: plain JSON values, and the grades of a change. */

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** A JSON object. */
export interface JsonObject {
  readonly [key: string]: Json;
}

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The entries of a list; none where it is no list. */
export const asList = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? (value as readonly Json[]) : []);

/** Stable identity of one resource within a stack: `targetGroup/web`. Also the value of its `albedo:address` tag. */
export type Address = `${string}/${string}`;

/** What a change does to the resource. Ordered from harmless to final. */
export const IMPACTS = ['none', 'create', 'update', 'reconnect', 'replace', 'destroy'] as const;
export type Impact = (typeof IMPACTS)[number];

/** What a change does to traffic: nothing, moves it elsewhere without loss, or drops requests or connections. */
export const RISKS = ['none', 'shift', 'drop'] as const;
export type Risk = (typeof RISKS)[number];

/** Where in a spec file something was said. `line` and `column` count from 1. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** `unfinished`: made, and not in service. `temporary`: stands only while the plan runs. */
export const NOTE_KINDS = ['unmanaged', 'foreign', 'unchecked', 'warning', 'unfinished', 'temporary', 'locked'] as const;

/** Something the reader of a plan must know that is no change: a field left alone, a foreign object, a thing not checked. */
export interface Note {
  readonly kind: (typeof NOTE_KINDS)[number];
  readonly address?: Address;
  readonly text: string;
  readonly position?: Position;
}

/** All texts in a value, at any depth. */
export function textsIn(value: Json): readonly string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value as { readonly [key: string]: Json }).flatMap(textsIn);
}
