/** Target groups of others that the spec forwards to: whether anybody serves there, which the risk of a change depends on. */

import type { Kind } from '../model/field.ts';
import { fieldsOf, kindOf } from '../model/kinds.ts';
import type { Live, Observed, State } from '../model/model.ts';
import { textsIn } from '../model/paths.ts';
import type { DetailRead } from '../model/read.ts';
import { statesOf } from './decode.ts';
import type { Draft, Reader } from './draft.ts';
import { readDetail } from './reads.ts';
import { type ObserveScope, readKey, type World } from './snapshot.ts';

const GROUP = /^arn:[a-z-]+:elasticloadbalancing:.*:targetgroup\//;

/** ARNs of target groups that listeners and rules of the spec name; ours among them, where a spec names them so. */
const namedIn = (kind: Kind, { desired }: ObserveScope): readonly string[] => [
  ...new Set(
    desired
      .filter((entry) => kind.serves?.through.includes(entry.kind) === true)
      .flatMap((entry) => fieldsOf(kindOf(entry.kind)).flatMap(([name]) => textsIn(entry.values[name] ?? null)))
      .filter((text) => GROUP.test(text)),
  ),
];

/** The further read that tells the states of a kind's members. */
const healthOf = (kind: Kind): DetailRead | undefined =>
  kind.read.details?.find(({ as, keep }) => kind.condition?.members?.list === `${as ?? keep}[]`);

/** One read for each group, unless it was read for the stack that it belongs to. One that may not or cannot be read is left out. */
export async function readStrangers(draft: Draft, scopes: readonly ObserveScope[], reader: Reader): Promise<void> {
  const kind = kindOf('targetGroup');
  const read = healthOf(kind);
  if (read === undefined || draft.mode === 'destroy') return;
  const known = (arn: string) => draft.details.has(readKey(read.op, arn)) || draft.refused.has(readKey(read.op, arn));
  const arns = new Set(scopes.flatMap((scope) => namedIn(kind, scope)).filter((arn) => !known(arn)));
  await Promise.all([...arns].map((arn) => readDetail(draft, { ...read, optional: true }, { [read.from]: arn }, reader)));
}

/** The states of the targets of each group that was read and is not among ours, by ARN. */
export function strangersOf(scope: ObserveScope, live: readonly Live[], world: World): NonNullable<Observed['strangers']> {
  const kind = kindOf('targetGroup');
  const read = healthOf(kind);
  const ours = new Set(live.map(({ id }) => id));
  return Object.fromEntries(
    namedIn(kind, scope).flatMap((arn): [string, readonly State[]][] => {
      const found = read === undefined || ours.has(arn) ? undefined : world.details.get(readKey(read.op, arn));
      return read === undefined || found === undefined
        ? []
        : [[arn, statesOf(kind, { [read.as ?? read.keep]: found }, { refer: (id) => id })]];
    }),
  );
}
