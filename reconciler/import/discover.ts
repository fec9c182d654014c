import type { Address, Json, Position } from '../model/json.ts';
import { fieldsOf, kindOf } from '../model/kinds.ts';
import type { Adopted, Desired, Existing, Observed } from '../model/model.ts';
import { outputAt, valueAt, valuesAt } from '../model/paths.ts';
import { ELB_TAGS } from '../model/read.ts';
import { ADDRESS_TAG, STACK_TAG, tagsOf } from '../model/tags.ts';
import { readTags } from '../observe/reads.ts';
import type { ObserveScope } from '../observe/snapshot.ts';
import type { Balancer } from './find.ts';
import { takeName, wishForListener, wishForRule, wishForSubnet } from './names.ts';

type Call = (op: string, input: Json) => Promise<Json>;
type Tags = Readonly<Record<string, string>>;

/** No file says this yet. */
export const NOWHERE_YET: Position = { file: '', line: 1, column: 1 };

export interface Discovery {
  /**
   * What is to be observed, as a stack of which only the addresses are known: with it the same eyes read the load balancer that
   * will plan it, and see the same values.
   */
  readonly stack: ObserveScope;
  /** What the import leaves out, and why. */
  readonly left: readonly string[];
}

interface Part {
  readonly kind: string;
  readonly object: Json;
  readonly wishes: readonly string[];
  /** Of a rule: its listener. */
  readonly parent?: string;
}

/** Auto Scaling groups by the ids of their instances. */
export type Scaled = ReadonlyMap<string, string>;

/** A filter takes 200 values (EC2 API reference, DescribeInstances). */
const MOST_VALUES = 200;

/** Which of the instances an Auto Scaling group started: EC2 tags them with its name. */
export async function findScaled(observed: Observed, call: Call): Promise<Scaled> {
  const ids = [
    ...new Set(observed.live.flatMap(({ values }) => valuesAt(values['targets'], '[].id').filter((id) => String(id).startsWith('i-')))),
  ];
  const chunks = Array.from({ length: Math.ceil(ids.length / MOST_VALUES) }, (_, index) =>
    ids.slice(index * MOST_VALUES, (index + 1) * MOST_VALUES),
  );
  const answers = await Promise.all(chunks.map((Values) => call('ec2:DescribeInstances', { Filters: [{ Name: 'instance-id', Values }] })));
  return new Map(
    answers
      .flatMap((answer) => valuesAt(answer, 'Reservations[].Instances[]'))
      .flatMap((instance): [string, string][] => {
        const group = tagsOf(valueAt(instance, 'Tags'))['aws:autoscaling:groupName'];
        return group === undefined ? [] : [[String(valueAt(instance, 'InstanceId')), group]];
      }),
  );
}

/** The stack that the tags of a load balancer name, if any. */
export async function ownerOf(balancer: Balancer, call: Call): Promise<string | undefined> {
  return (await readTags([balancer.arn], ELB_TAGS, call)).get(balancer.arn)?.[STACK_TAG];
}

/** Finds what belongs to a load balancer and gives each object an address: that of its tags, or a new one made of what it is. */
export async function discover(balancer: Balancer, stack: string, region: string, call: Call): Promise<Discovery> {
  const listeners = [...valuesAt(await call('elbv2:DescribeListeners', { LoadBalancerArn: balancer.arn }), 'Listeners[]')].sort(
    (a, b) => Number(valueAt(a, 'Port')) - Number(valueAt(b, 'Port')),
  );
  const rules = await Promise.all(
    listeners.map(async (listener) =>
      valuesAt(await call('elbv2:DescribeRules', { ListenerArn: arnOf('listener', listener) }), 'Rules[]')
        .filter((rule) => valueAt(rule, 'IsDefault') !== true)
        .sort((a, b) => Number(valueAt(a, 'Priority')) - Number(valueAt(b, 'Priority'))),
    ),
  );
  const groups = [...new Set([...listeners, ...rules.flat()].flatMap(groupsIn))].sort();
  const arns = [
    balancer.arn,
    ...groups,
    ...listeners.map((one) => arnOf('listener', one)),
    ...rules.flat().map((one) => arnOf('rule', one)),
  ];
  const tags = await readTags(arns, ELB_TAGS, call);
  const tagsAt = (arn: string): Tags => tags.get(arn) ?? {};
  const parts: readonly Part[] = [
    { kind: 'loadBalancer', object: balancer.object, wishes: ['main'] },
    ...groups.map((arn): Part => ({ kind: 'targetGroup', object: { TargetGroupArn: arn }, wishes: [arn.split('/')[1] ?? '', 'group'] })),
    ...listeners.flatMap((listener, index): Part[] => {
      const parent = arnOf('listener', listener);
      return [
        { kind: 'listener', object: listener, wishes: wishForListener(listener, tagsAt(parent)) },
        ...(rules[index] ?? []).map(
          (rule): Part => ({ kind: 'rule', object: rule, wishes: wishForRule(rule, tagsAt(arnOf('rule', rule))), parent }),
        ),
      ];
    }),
  ];
  const named = nameParts(parts, stack, tagsAt);
  const zones = valuesAt(balancer.object, 'AvailabilityZones[]');
  return {
    left: named.left,
    stack: {
      name: stack,
      region,
      desired: named.found.map(({ kind, address }) => blank(kind, address)),
      existing: givenNetwork(String(valueAt(balancer.object, 'VpcId')), zones, region),
      adopt: named.found.filter(({ tagged }) => !tagged),
    },
  };
}

interface Named extends Adopted {
  readonly kind: string;
  readonly tagged: boolean;
}

/** Objects of other stacks keep out, and so do rules on their listeners. */
function nameParts(
  parts: readonly Part[],
  stack: string,
  tagsAt: (arn: string) => Tags,
): { readonly found: readonly Named[]; readonly left: readonly string[] } {
  const found: Named[] = [];
  const left: string[] = [];
  const taken = new Map<string, Set<string>>();
  const scopeOf = (scope: string): Set<string> => taken.get(scope) ?? taken.set(scope, new Set()).get(scope) ?? new Set();
  const ours = parts.map((part) => {
    const tags = tagsAt(arnOf(part.kind, part.object));
    return tags[STACK_TAG] === stack && tags[ADDRESS_TAG]?.startsWith(`${part.kind}/`) ? tags[ADDRESS_TAG] : undefined;
  });
  // Names that tags hold are taken before any is made up.
  for (const address of ours) if (address !== undefined) scopeOf(scopeIn(address)).add(lastIn(address));
  for (const [index, part] of parts.entries()) {
    const id = arnOf(part.kind, part.object);
    const owner = tagsAt(id)[STACK_TAG];
    const tagged = ours[index];
    if (tagged !== undefined) found.push({ kind: part.kind, address: tagged as Address, id, tagged: true, position: NOWHERE_YET });
    else if (owner !== undefined) left.push(`${kindOf(part.kind).label} ${id} belongs to stack ${owner}`);
    else {
      const above = part.parent === undefined ? undefined : found.find((entry) => entry.id === part.parent)?.address;
      if (part.parent !== undefined && above === undefined) {
        left.push(`rule ${id} is on a listener of another stack`);
        continue;
      }
      const scope = above === undefined ? `${part.kind}/` : `rule/${lastIn(above)}.`;
      const address = `${scope}${takeName(part.wishes, scopeOf(scope))}` as Address;
      found.push({ kind: part.kind, address, id, tagged: false, position: NOWHERE_YET });
    }
  }
  return { found, left };
}

/** `rule/https.api` -> `rule/https.`; `targetGroup/web` -> `targetGroup/`. */
const scopeIn = (address: string): string => address.slice(0, address.lastIndexOf(address.includes('.') ? '.' : '/') + 1);
const lastIn = (address: string): string => address.slice(scopeIn(address).length);

const arnOf = (kind: string, object: Json): string => outputAt(object, kindOf(kind).outputs['id'] ?? '') ?? '';

/** Every target group that an action leads to. */
function groupsIn(object: Json): readonly string[] {
  return ['DefaultActions', 'Actions'].flatMap((list) =>
    [`${list}[].TargetGroupArn`, `${list}[].ForwardConfig.TargetGroups[].TargetGroupArn`].flatMap((path) =>
      valuesAt(object, path).map(String),
    ),
  );
}

/** Details that are read only for fields that a spec says are asked for here. */
function blank(kind: string, address: Address): Desired {
  const asked = (kindOf(kind).read.details ?? []).flatMap(({ ifSaid }) => (ifSaid === undefined ? [] : [[ifSaid, null] as const]));
  const known = new Set(fieldsOf(kindOf(kind)).map(([name]) => name));
  const values = Object.fromEntries(asked.filter(([name]) => known.has(name)));
  return { address, kind, values, tags: {}, positions: {}, ignored: [], unmanaged: [] };
}

/** The network is not the load balancer's own: pointed to by id, and never adopted. */
function givenNetwork(vpc: string, zones: readonly Json[], region: string): readonly Existing[] {
  const taken = new Set<string>();
  return [
    { address: 'vpc/main', position: NOWHERE_YET, outputs: { id: vpc } },
    ...zones.map((zone): Existing => {
      const name = String(valueAt(zone, 'ZoneName'));
      const id = String(valueAt(zone, 'SubnetId'));
      return { address: `subnet/${takeName(wishForSubnet(name, region), taken)}`, position: NOWHERE_YET, outputs: { id } };
    }),
  ];
}
