import type { Problem } from '../errors.ts';
import { canonical } from '../model/codec.ts';
import type { Field, Kind } from '../model/field.ts';
import type { Address, Json, Position } from '../model/json.ts';
import type { Desired, Stack } from '../model/model.ts';

export type At = (path: readonly (string | number)[], what?: 'key' | 'value') => Position;
export type SpecObject = { readonly [key: string]: Json };

/** What building needs from outside; injected so that it stays pure. */
export interface Edge {
  /** SHA-256, hex. */
  sha256(text: string): string;
  /** A variable of the environment, for secrets. */
  env(name: string): string | undefined;
  /** A file beside the spec; throws when it cannot be read. */
  readText(path: string): string;
  /** SHA-256 (hex) of the DER of the first certificate in PEM; throws when it is none. */
  fingerprint(pem: string): string;
  /** Milliseconds since the epoch: whether a certificate in files is valid today. */
  now(): number;
}

/** Texts that steps need and no plan may hold, by the key of the deferred value. */
export type DeferredValues = ReadonlyMap<string, string>;

export interface Draft {
  readonly kind: Kind;
  readonly address: Address;
  readonly values: { [field: string]: Json };
  readonly tags: { [key: string]: string };
  readonly path: readonly string[];
  readonly positions: { [field: string]: Position };
  readonly position?: Position;
  /** The app an instance runs, until its script is made. */
  app?: string;
}

export interface Built {
  readonly stack: Stack;
  readonly deferred: DeferredValues;
  readonly problems: readonly Problem[];
}

export const asObject = (value: Json | undefined): SpecObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as SpecObject) : {};

/** Whether a field exists beside these values of other fields. */
export const holds = (field: Field, values: Readonly<Record<string, Json>>): boolean =>
  Object.entries(field.when ?? {}).every((rule) => matches(rule, values)) &&
  !Object.entries(field.unless ?? {}).some((rule) => matches(rule, values));

/** Whether a field has one of these values. */
export const matches = ([other, wanted]: readonly [string, readonly Json[]], values: Readonly<Record<string, Json>>): boolean =>
  wanted.some((value) => canonical(value) === canonical(values[other]));

/** Reports a mistake of one field of a resource, at the field when it is set, else at the resource. */
export type Report = (resource: Desired, field: string, message: string, hint: string) => void;
