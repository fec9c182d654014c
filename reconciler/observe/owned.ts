/** What of a world is a stack's own: by tags, by its path, or by the ARNs that its spec adopts. */

import type { Kind } from '../model/field.ts';
import type { Address, Json } from '../model/json.ts';
import { fieldsOf, KINDS, rankOf } from '../model/kinds.ts';
import type { Foreign, Observed } from '../model/model.ts';
import { outputAt, valueAt, valuesAt } from '../model/paths.ts';
import type { DetailRead } from '../model/read.ts';
import { intruderAddress } from '../model/tags.ts';
import { type Ownership, preferSpecAddress } from './adopt.ts';
import type { Raw } from './decode.ts';
import { hasLostAddress, recovered } from './lost-address.ts';
import { idOf, indexOf, type ObserveScope, parentOf, pathFor, readKey, tagsIn, type World } from './snapshot.ts';

export interface Owned {
  /** As listed, without what was read of them further. Parents before children. */
  readonly raws: readonly Raw[];
  /** Objects of others under ours, and users of ours. */
  readonly foreign: readonly Foreign[];
  readonly occupied: Observed['occupied'];
}

/** What of a world is a stack's own, and what others have put under it. */
export function ownedIn(scope: ObserveScope, world: World, ownership: Ownership): Owned {
  const index = indexOf(world);
  const roots: Raw[] = [];
  const foreign: Foreign[] = [];
  /** Of objects with our tag that none of `own` is: those that the spec tells. The others are told of. */
  const lostIn = (kind: Kind, objects: readonly Json[], own: readonly Raw[], known: readonly Raw[]): readonly Raw[] => {
    const ours = new Set(own.map(({ object }) => object));
    const lost = objects.flatMap((object) => {
      const tags = tagsIn(world, kind, object);
      return !ours.has(object) && hasLostAddress(kind, tags, scope) ? [{ object, tags }] : [];
    });
    const found = lost.length === 0 ? [] : recovered(kind, lost, own, known, scope);
    const recalled = new Set(found.map(({ object }) => object));
    for (const { object } of lost)
      if (!recalled.has(object) && kind.read.by !== 'child')
        foreign.push({ kind: kind.name, id: idOf(kind, object), text: kind.label, forwardsTo: [], lostAddress: true });
    return found;
  };
  for (const kind of KINDS as readonly Kind[]) {
    if (kind.read.by === 'child') continue;
    if (kind.read.path !== undefined) {
      const own = index.owned.get(readKey(kind.name, pathFor(kind.read.path.stack, scope))) ?? [];
      roots.push(...own.map((object): Raw => ({ kind, object, tags: {}, address: addressByName(kind, object, scope) })));
      continue;
    }
    const objects = new Set([
      ...(index.owned.get(readKey(kind.name, scope.name)) ?? []),
      ...ownership.named.flatMap((id) => world.lists.get(kind.name)?.get(id) ?? []),
    ]);
    const own = [...objects].flatMap((object) => ownership.own(kind, object, tagsIn(world, kind, object)));
    roots.push(...own, ...lostIn(kind, [...objects], own, roots));
  }
  const raws = [...preferSpecAddress(roots, scope)];
  const occupied: Observed['occupied'][number][] = [];
  for (const kind of KINDS as readonly Kind[]) {
    if (kind.read.by !== 'child') continue;
    const parents = raws.filter((raw) => raw.kind.name === kind.read.parent);
    const own = parents.flatMap((parent) => index.below.get(readKey(kind.name, idOf(parent.kind, parent.object))) ?? []);
    const given = scope.existing.flatMap(({ address, outputs }) =>
      address.startsWith(`${kind.read.parent}/`) ? (outputs['id'] ?? []) : [],
    );
    const theirs = new Set(given.flatMap((parent) => index.below.get(readKey(kind.name, parent)) ?? []));
    // What others put under something of theirs that stands under ours goes with it too.
    const beyond = foreign.flatMap(({ kind: of, id }) => (of === kind.read.parent ? (index.below.get(readKey(kind.name, id)) ?? []) : []));
    const objects = [...new Set([...own, ...theirs, ...beyond, ...(index.owned.get(readKey(kind.name, scope.name)) ?? [])])];
    const tagged = preferSpecAddress(
      objects.flatMap((object) => ownership.own(kind, object, tagsIn(world, kind, object))),
      scope,
    );
    const mine = [...tagged, ...lostIn(kind, objects, tagged, raws)];
    raws.push(...mine);
    const ours = new Set(mine.map(({ object }) => object));
    for (const object of objects) {
      if (ours.has(object)) continue;
      const words = (kind.read.describe ?? []).map((path) => String(valueAt(object, path))).join(' ');
      const owner =
        world.mode === 'apply' ? parents.find((parent) => idOf(parent.kind, parent.object) === parentOf(kind, object)) : undefined;
      if (owner !== undefined && ownsAll(owner.address, scope)) {
        const place = String(valueAt(object, kind.read.describe?.[0] ?? ''));
        raws.push({
          kind,
          object,
          tags: tagsIn(world, kind, object),
          address: intruderAddress(kind.name, owner.address, place) as Address,
        });
        continue;
      }
      // On a listener of somebody else, others are no news.
      const lostAddress = hasLostAddress(kind, tagsIn(world, kind, object), scope);
      if (!theirs.has(object) || lostAddress)
        foreign.push({
          ...(lostAddress ? { lostAddress } : {}),
          kind: kind.name,
          id: idOf(kind, object),
          parent: parentOf(kind, object),
          text: `${kind.label} ${words}`,
          forwardsTo: groupsIn(object),
        });
      const rank = fieldsOf(kind).find(([, field]) => field.wire.how === 'rank')?.[1].wire;
      if (rank?.how === 'rank')
        occupied.push({
          ...{ kind: kind.name, parent: parentOf(kind, object), value: Number(valueAt(object, rank.param)) },
          id: idOf(kind, object),
        });
    }
  }
  // In whatever order AWS listed them, they are seen in this one.
  const id = (raw: Raw) => idOf(raw.kind, raw.object);
  const sorted = raws.toSorted((a, b) => rankOf(a.address) - rankOf(b.address) || compare(a.address, b.address) || compare(id(a), id(b)));
  return {
    raws: sorted,
    foreign: [...foreign, ...usersOf(raws, hostsOf(scope))].toSorted((a, b) => compare(a.text, b.text) || compare(a.id, b.id)),
    occupied: occupied.toSorted((a, b) => compare(a.parent, b.parent) || a.value - b.value),
  };
}

/** ARNs of the target groups that a listener or rule forwards to. */
const groupsIn = (object: Json): readonly string[] => [
  ...new Set(JSON.stringify(object).match(/arn:[a-z-]+:elasticloadbalancing:[^"]*:targetgroup\/[^"]+/g) ?? []),
];

/** Load balancers of others on which the stack is a guest: an ARN of a listener has that of its load balancer in it (ELB user guide, ARN format). */
const hostsOf = ({ existing }: ObserveScope): readonly string[] =>
  existing.flatMap(({ outputs }) => {
    const arn = /^(arn:[^:]+:elasticloadbalancing:[^:]*:\d*):listener\/(.+)\/[^/]+$/.exec(outputs['id'] ?? '');
    return arn === null ? [] : [`${arn[1]}:loadbalancer/${arn[2]}`];
  });

/** Load balancers of others that use a target group of ours (TargetGroup, LoadBalancerArns), beside those where the stack's own rules do. */
function usersOf(raws: readonly Raw[], hosts: readonly string[]): readonly Foreign[] {
  const ours = new Set([...raws.map((raw) => idOf(raw.kind, raw.object)), ...hosts]);
  return raws.flatMap((raw) =>
    raw.kind.serves === undefined
      ? []
      : valuesAt(raw.object, 'LoadBalancerArns[]').flatMap((arn): Foreign[] =>
          ours.has(String(arn))
            ? []
            : [{ kind: 'loadBalancer', id: String(arn), text: 'a load balancer', forwardsTo: [idOf(raw.kind, raw.object)] }],
        ),
  );
}

/** Whether what others put under it goes (`ownsRules`). */
export const ownsAll = (address: string, scope: ObserveScope): boolean => saidOf(address, scope)['ownsRules'] === true;

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The further reads of an object: to destroy, those alone that destroying needs; some, only when the spec says their field. */
export function readsFor(raw: Pick<Raw, 'kind' | 'address'>, scope: ObserveScope, mode: World['mode']): readonly DetailRead[] {
  const said = saidOf(raw.address, scope);
  return (raw.kind.read.details ?? []).filter(
    (read) => (mode === 'apply' || read.always) && (read.ifSaid === undefined || said[read.ifSaid] !== undefined),
  );
}

/** What the spec says of an object. */
export const saidOf = (address: string, scope: ObserveScope): Readonly<Record<string, Json>> =>
  scope.desired.find((entry) => entry.address === address)?.values ?? {};

/** A name under a path is `<stack>-<name>-<hash>`, without the middle for the name `main` (`plan/names.ts`). */
function addressByName(kind: Kind, object: Json, scope: ObserveScope): Address {
  const name = outputAt(object, kind.outputs['name'] ?? '') ?? '';
  const inner = new RegExp(`^${scope.name}(?:-(.+))?-[0-9a-f]{4}$`).exec(name);
  return `${kind.name}/${inner === null ? name : (inner[1] ?? 'main')}`;
}

/** What names made or said by a stack begin with: cut, they leave room for a hash (`plan/names.ts`). */
export function nameStarts(kind: Kind, scope: ObserveScope): readonly string[] {
  const said = scope.desired.flatMap(({ kind: of, values: { name } }) => (of === kind.name && typeof name === 'string' ? [name] : []));
  return [scope.name, ...said].map((name) => name.slice(0, 27));
}
