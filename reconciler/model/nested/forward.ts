import { type Codec, integer, nameOf, type Reference, reference, seconds, setOf } from '../codec.ts';
import { REQUIRED } from '../field.ts';
import { isObject, type Json } from '../json.ts';
import { ABSENT, flat, key, type ObjectOf, object } from '../rows.ts';
import { merged, UNKNOWN, unknownOf } from '../unknown.ts';

const targetGroup = reference('targetGroup', 'arn');

/** Groups of one action (ELB quotas, "Target groups per action"). */
export const MOST_GROUPS = 5;

const SHARE = {
  targetGroup: key('TargetGroupArn', targetGroup, REQUIRED, 'Name of the target group.'),
  weight: key('Weight', integer(0, 999), 1, 'Its weight, relative to the others.'),
};

const GROUPS = {
  targetGroups: key(
    'TargetGroups',
    setOf(object(SHARE), { minItems: 1, maxItems: MOST_GROUPS, repeats: true }),
    REQUIRED,
    'One to five groups, each with its weight.',
  ),
  stickiness: key(
    'TargetGroupStickinessConfig',
    flat('DurationSeconds', seconds(1, 604800), { constants: { Enabled: true } }),
    ABSENT,
    'How long a client stays with its first group. Left out: no stickiness.',
    { none: { TargetGroupStickinessConfig: { Enabled: false } }, says: (value: Json) => !isObject(value) || value['Enabled'] !== false },
  ),
};
const groups = object(GROUPS);

/** To a lone group, or to several. */
export type Forward = { readonly targetGroup: Reference } | ObjectOf<typeof GROUPS>;

/** The normal form knows one notation of a lone group: AWS answers it in two, and its weight means nothing. */
export function forwardOf(value: ObjectOf<typeof GROUPS>): Forward {
  const [lone] = value.targetGroups;
  const whole = value.stickiness === undefined && unknownOf(value) === undefined && unknownOf(lone) === undefined;
  return value.targetGroups.length === 1 && lone !== undefined && whole ? { targetGroup: lone.targetGroup } : value;
}

type Sent = { readonly TargetGroupArn?: string; readonly ForwardConfig?: ReturnType<typeof groups.write> };

/** `forward: web`, or several groups with their weights. Stickiness between groups means something with several groups only. */
export function forward(): Codec<Forward, Sent> {
  return {
    type: 'forward',
    schema: {
      anyOf: [targetGroup.schema, groups.schema],
      description: 'Name of the target group that gets the requests, or several with weights.',
    },
    parse: (written) => (isObject(written) ? forwardOf(groups.parse(written)) : { targetGroup: targetGroup.parse(written) }),
    say: (value, context) => ('targetGroups' in value ? groups.say?.(value, context) : nameOf(value.targetGroup)),
    write: (value) =>
      'targetGroups' in value ? { ForwardConfig: groups.write(value) } : { TargetGroupArn: targetGroup.write(value.targetGroup) },
    read: (wire, context) => {
      if (!isObject(wire)) return undefined;
      const { TargetGroupArn: lone, ForwardConfig: config, ...beside } = wire;
      if (config === undefined && lone === undefined) return undefined;
      const value = groups.read(config ?? { TargetGroups: [{ TargetGroupArn: lone ?? null }] }, context);
      if (!isObject(value)) return undefined;
      const inner = unknownOf(value);
      const strange = merged(beside, inner === undefined ? {} : { ForwardConfig: inner });
      return forwardOf((Object.keys(strange).length === 0 ? value : { ...value, [UNKNOWN]: strange }) as ObjectOf<typeof GROUPS>);
    },
    equal: (desired, live) => groups.equal?.(desired, live) ?? false,
  };
}
