/** What separates one resource of the desired model from the live one: see `diff.ts`. */
import type { Field, Kind } from '../model/field.ts';
import type { Address, Json } from '../model/json.ts';
import type { Desired, Live } from '../model/model.ts';
import type { FieldChange } from './types.ts';

export interface Delta {
  readonly address: Address;
  readonly kind: Kind;
  readonly verb: 'create' | 'update' | 'replace' | 'destroy';
  readonly desired?: Desired;
  readonly live?: Live;
  readonly fields: readonly FieldDelta[];
  readonly tags: { readonly set: Readonly<Record<string, string>>; readonly remove: readonly string[] };
  /** The old one must be gone before the new one is made. */
  readonly first: boolean;
  /** What must make room before this comes: it goes, or moves, first. */
  readonly after?: readonly string[];
  /** Which batch of a rollout it belongs to, from 0. */
  readonly batch?: number;
  /** An extra object of an interrupted run, under an address that another one holds. */
  readonly duplicate: boolean;
}

export interface FieldDelta {
  readonly name: string;
  readonly field: Field;
  readonly before?: Json;
  readonly after?: Json;
  readonly impact: FieldChange['impact'];
  /** The value is the same, what it refers to is replaced. */
  readonly because?: Address;
}
