/** What is found by way of what is ours: listeners by their load balancer, trust stores by a listener. */

import type { Kind } from '../model/field.ts';
import type { Json } from '../model/json.ts';
import { fieldsOf, KINDS, kindOf } from '../model/kinds.ts';
import type { Foreign, Observed } from '../model/model.ts';
import { outputAt, valueAt, valuesAt } from '../model/paths.ts';
import { type ObserveScope, type Ownership, preferSpecAddress } from './adopt.ts';
import { outputsOf, type Raw } from './decode.ts';
import type { ObserveOptions } from './observe.ts';
import { type Call, isNotFound, list, readTags, without } from './reads.ts';

/** Kinds that are read only because something of ours names one: a trust store that the spec has dropped. */
export async function mentionedOnes(
  children: readonly Raw[],
  read: readonly Kind[],
  ownership: Ownership,
  stack: ObserveScope,
  call: Call,
  wants: (kind: Kind) => boolean,
): Promise<readonly Raw[]> {
  const kinds = KINDS.filter(
    (kind: Kind) =>
      kind.read.mentionedBy !== undefined &&
      !read.includes(kind) &&
      wants(kind) &&
      children.some((raw) => valueAt(raw.object, kind.read.mentionedBy ?? '') !== undefined),
  );
  const found = await Promise.all(
    kinds.map(async (kind) => {
      const objects = await list(kind, stack, call);
      const tags = await readTags(
        objects.map((object) => outputAt(object, kind.outputs['arn'] ?? '') ?? ''),
        call,
      );
      return objects.flatMap((object) => ownership.own(kind, object, tags.get(outputAt(object, kind.outputs['arn'] ?? '') ?? '') ?? {}));
    }),
  );
  return found.flat();
}

export async function childrenOf(
  owned: readonly Raw[],
  ownership: Ownership,
  stack: ObserveScope,
  call: Call,
  wants: (kind: Kind) => boolean,
  before: ObserveOptions['before'],
): Promise<{ raws: readonly Raw[]; foreign: readonly Foreign[]; occupied: Observed['occupied'] }> {
  const occupied: Observed['occupied'][number][] = [];
  const raws: Raw[] = [];
  const foreign: Foreign[] = [];
  for (const kind of KINDS.filter((entry) => entry.read.by === 'child' && wants(entry))) {
    const parents = [...owned, ...raws].filter((raw) => raw.kind.name === kind.read.parent);
    const found = (
      await Promise.all(
        parents.map(async (parent) => {
          try {
            const objects = valuesAt(
              await call(kind.read.op, { [kind.read.parentParam ?? '']: outputsOf(parent)['id'] ?? '' }),
              `${kind.read.list}[]`,
            );
            return without(kind, objects).map(
              (object): Json => ({
                ...(object as { readonly [key: string]: Json }),
                [kind.read.parentParam ?? '']: outputsOf(parent)['id'] ?? '',
              }),
            );
          } catch (cause) {
            if (isNotFound(cause)) return [];
            throw cause;
          }
        }),
      )
    ).flat();
    const idOf = (object: Json) => outputAt(object, kind.outputs['id'] ?? '') ?? '';
    const tags = await readTags(found.map(idOf), call);
    const mine = preferSpecAddress(
      found.flatMap((object) => ownership.own(kind, object, tags.get(idOf(object)) ?? {})),
      stack,
    );
    raws.push(...mine);
    for (const object of found) {
      if (mine.some((raw) => raw.object === object)) continue;
      foreign.push({
        kind: kind.name,
        id: idOf(object),
        parent: String(valueAt(object, kind.read.parentParam ?? '')),
        text: `${kind.label} ${(kind.read.describe ?? []).map((path) => String(valueAt(object, path))).join(' ')}`,
        forwardsTo: groupsIn(object),
      });
      const ranked = fieldsOf(kind).find(([, field]) => field.wire.how === 'rank')?.[1].wire;
      if (ranked?.how === 'rank')
        occupied.push({
          kind: kind.name,
          parent: String(valueAt(object, kind.read.parentParam ?? '')),
          value: Number(valueAt(object, ranked.param)),
        });
    }
  }
  foreign.push(...(before?.observed.foreign ?? []).filter(({ kind }) => !wants(kindOf(kind))));
  return { raws, foreign: [...foreign, ...usersOf(owned)], occupied };
}

/** ARNs of the target groups that a listener or rule forwards to. */
const groupsIn = (object: Json): readonly string[] => [
  ...new Set(JSON.stringify(object).match(/arn:[a-z-]+:elasticloadbalancing:[^"]*:targetgroup\/[^"]+/g) ?? []),
];

/** Load balancers of others that use a target group of ours (TargetGroup, LoadBalancerArns). */
function usersOf(owned: readonly Raw[]): readonly Foreign[] {
  const ours = new Set(owned.map((raw) => outputsOf(raw)['id']));
  return owned.flatMap((raw) =>
    raw.kind.serves === undefined
      ? []
      : valuesAt(raw.object, 'LoadBalancerArns[]').flatMap((arn): Foreign[] =>
          ours.has(String(arn))
            ? []
            : [{ kind: 'loadBalancer', id: String(arn), text: 'a load balancer', forwardsTo: [outputsOf(raw)['id'] ?? ''] }],
        ),
  );
}
