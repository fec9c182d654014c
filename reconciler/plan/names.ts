import { canonical } from '../model/codec.ts';
import type { Json } from '../model/json.ts';
import { fieldsOf, kindOf } from '../model/kinds.ts';
import type { Desired } from '../model/model.ts';
import { digestOf } from './digest.ts';

/**
 * The physical name of an object about to be made: what the spec says, or stack and name. A short hash of what cannot be
 * changed is added where nothing was said, and where the said name is taken by the object that is being replaced: names
 * are unique, so old and new can only stand side by side under two.
 */
export function chooseName(
  desired: Desired,
  max: number,
  context: { readonly stack: string; readonly account: string; readonly region: string; readonly taken: ReadonlySet<string> },
): string {
  const said = desired.values['name'];
  const free = (name: string) => !context.taken.has(`${desired.kind}:${name}`);
  if (typeof said === 'string' && free(said)) return said;
  const own = desired.address.slice(desired.address.indexOf('/') + 1);
  const base = typeof said === 'string' ? said : own === 'main' ? context.stack : `${context.stack}-${own}`;
  const immutable = fieldsOf(kindOf(desired.kind))
    .filter(([, field]) => field.wire.how === 'create')
    .map(([name]): Json => [name, desired.values[name] ?? null]);
  for (let salt = 0; ; salt++) {
    const hash = digestOf([context.account, context.region, context.stack, desired.address, canonical(immutable), salt]).slice(0, 4);
    const name = `${base.slice(0, max - 5).replace(/-+$/, '')}-${hash}`;
    if (free(name)) return name;
  }
}
