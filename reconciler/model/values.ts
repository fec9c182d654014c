/** What the compiler knows of the field table: the values of a resource, with the types of its rows. */
import type { Codec } from './codec.ts';
import type { Kind } from './field.ts';
import type { Json } from './json.ts';

/** A kind with the types of its rows: what `Values` and the check against the SDK are made from. */
export const kind = <const K extends Kind>(rows: K): K => rows;

type Named<F, P extends string = ''> = {
  [N in keyof F & string]: F[N] extends { readonly codec: Codec<infer T, infer _> } ? readonly [`${P}${N}`, T] : Named<F[N], `${P}${N}.`>;
}[keyof F & string];

/** The values of a resource of this kind as a spec says them, by the paths of its fields. */
export type Values<K extends Pick<Kind, 'fields'>> = {
  readonly [E in Named<K['fields']> as E extends readonly [infer N extends string, unknown] ? N : never]?: E extends readonly [
    string,
    infer T,
  ]
    ? T
    : never;
};

/** The values of a resource that was built from a spec, with the types of its kind's rows. */
export const valuesOf = <K extends Pick<Kind, 'fields' | 'name'>>(
  _kind: K,
  { values }: { readonly values: Readonly<Record<string, Json>> },
): Values<K> => values as unknown as Values<K>;
