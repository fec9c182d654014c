import type { SpecObject } from '../config/draft.ts';
import { type Sayable, saySpec, type Unsaid } from '../config/say.ts';
import { canonical, reorder } from '../model/codec.ts';
import { REQUIRED, UNMANAGED } from '../model/field.ts';
import { type Address, asList, isObject, type Json } from '../model/json.ts';
import { fieldsOf, kindOf, rankOf } from '../model/kinds.ts';
import type { Adopted, Existing, Live } from '../model/model.ts';
import { pathOf } from '../model/sections.ts';
import { KEYS_TAG, recallKeys, STACK_TAG } from '../model/tags.ts';
import { unknownNames } from '../model/unknown.ts';
import type { LiveRead } from '../observe/slice.ts';
import { type Discovery, NOWHERE_YET, type Scaled } from './discover.ts';
import { takeName, wishForCertificate } from './names.ts';
import { asleep, isUnset, managers, registrars, scalersOf } from './remarks.ts';

export interface Described {
  readonly spec: SpecObject;
  readonly adopt: readonly Adopted[];
  /** What no spec can say, or what this one leaves out, in words. */
  readonly lost: readonly string[];
  /** What the reader has to do or to know. */
  readonly advice: readonly string[];
  /** Comments above single resources, by address. */
  readonly comments: Readonly<Record<string, string>>;
}

type Values = Readonly<Record<string, Json>>;

/** From what is live to what a person would write of it. Pure. */
export function describeLive({ stack, left }: Discovery, { observed }: Pick<LiveRead, 'observed'>, scaled: Scaled): Described {
  const standing = new Set(observed.live.map(({ id }) => id));
  const network = stack.existing
    .filter(({ address }) => address !== 'vpc/main' || !observed.live.some(({ kind }) => kind === 'vpc'))
    .filter(({ outputs }) => !standing.has(outputs['id'] ?? ''));
  const certificates = givenCertificates(observed.live);
  const refer = new Map([
    ...network.map(({ address, outputs }): [string, Json] => [outputs['id'] ?? '', { $ref: `${address}.id` }]),
    ...certificates.map(({ address, outputs }): [string, Json] => [outputs['arn'] ?? '', { $ref: `${address}.arn` }]),
  ]);
  const resources = [...observed.live]
    .sort((a, b) => rankOf(a.address) - rankOf(b.address) || orderOf(stack.desired, a) - orderOf(stack.desired, b))
    .filter(({ address }) => pathOf(address).length > 0)
    .map((live) => ({
      live,
      address: live.address,
      values: tellable(live, refer),
      tags: ownTags(live),
      ignored: scalersOf(live, scaled).length === 0 ? [] : ['targets'],
    }));
  const secrets = new Map<string, string>();
  const sayable = (without: ReadonlySet<string>, ignored: LeftAlone = new Map()): Sayable => ({
    stack: stack.name,
    region: stack.region,
    resources: resources
      .filter(({ address }) => !without.has(address))
      .map((each) => ({ ...each, ignored: [...each.ignored, ...(ignored.get(each.address) ?? [])] })),
    existing: [...network, ...certificates],
  });
  const options = { secret: (action: Values) => variableFor(action, secrets) };
  const first = saySpec(sayable(new Set()), options);
  const without = unsayable(first.unsaid, resources);
  const kept = leftAlone(first.unsaid);
  const { spec, unsaid } = without.size + kept.size === 0 ? first : saySpec(sayable(without, kept), options);
  return {
    spec,
    adopt: stack.adopt.filter(({ address }) => !without.has(address) && observed.live.some((live) => live.address === address)),
    lost: [
      ...left,
      ...[...without].map(
        (address) => `${address} does something that a spec cannot express (${whyNot(address, first.unsaid)}): left unchanged`,
      ),
      ...unsaid.map(
        ({ address, field, value }) =>
          `${address} ${field}: ${canonical(value)}${kept.get(address)?.includes(field) === true ? ', left unchanged (ignore)' : ''}`,
      ),
      ...resources.flatMap(({ live }) => asleep(live)),
    ],
    advice: [
      ...[...secrets.values()].map(
        (name) =>
          `albedo cannot read the client secret of a sign-in: put it into the environment variable ${name}; until then the secret in AWS stays`,
      ),
      ...newAttributes(observed.live),
      ...managers(observed.live),
      ...resources.flatMap(({ live }) => registrars(live, scaled)),
    ],
    comments: Object.fromEntries(
      resources.flatMap(({ live, values }): [string, string][] => [
        ...(canonical(values).includes('"authenticate-oidc"')
          ? [[live.address, 'AWS does not show client secrets: this names the variable with the secret.'] as [string, string]]
          : []),
        ...scalersOf(live, scaled).map((group): [string, string] => [
          live.address,
          `The Auto Scaling group ${group} registers its targets; see ignore.`,
        ]),
      ]),
    ),
  };
}

const orderOf = (order: readonly { readonly address: string }[], live: Live): number => {
  const index = order.findIndex(({ address }) => address === live.address);
  return index < 0 ? Number.MAX_SAFE_INTEGER : index;
};

/** The values that a spec should say: without what albedo would leave alone and nobody set, with names in the place of ids. */
function tellable(live: Live, refer: ReadonlyMap<string, Json>): Values {
  return Object.fromEntries(
    fieldsOf(kindOf(live.kind)).flatMap(([name, field]): [string, Json][] => {
      const value = live.values[name];
      // A key that no row knows has what AWS gives it by itself, as far as can be told: it is left alone.
      return value === undefined ||
        field.wire.how === 'rawAttributes' ||
        (field.default === UNMANAGED && isUnset(field, value, live.values))
        ? []
        : [[name, reorder(field.codec, renamed(value, refer))]];
    }),
  );
}

function renamed(value: Json, refer: ReadonlyMap<string, Json>): Json {
  if (typeof value === 'string') return refer.get(value) ?? value;
  if (Array.isArray(value)) return value.map((entry: Json) => renamed(entry, refer));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, renamed(entry, refer)]));
}

/** Of an object of ours, the tags that a spec once said; of others, all but those that only AWS may write. */
function ownTags({ tags }: Live): Readonly<Record<string, string>> {
  const said = tags[STACK_TAG] === undefined ? undefined : new Set(recallKeys(tags[KEYS_TAG] ?? ''));
  return Object.fromEntries(
    Object.entries(tags)
      .filter(([key]) => (said === undefined ? !/^(aws|albedo):/i.test(key) : said.has(key)))
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** Certificates that listeners show and no live object of ours is: in IAM by their names, in ACM by their ARNs. */
function givenCertificates(live: readonly Live[]): readonly Existing[] {
  const arns = live
    .filter(({ kind }) => kind === 'listener')
    .flatMap(({ values }) => [values['certificate'], ...asList(values['additionalCertificates'])])
    .filter((arn): arn is string => typeof arn === 'string');
  const taken = new Set(live.filter(({ kind }) => kind === 'certificate').map(({ address }) => address.slice('certificate/'.length)));
  return [...new Set(arns)].map((arn): Existing => {
    const address: Address = `certificate/${takeName(wishForCertificate(arn), taken)}`;
    const name = arn.slice(arn.lastIndexOf('/') + 1);
    if (arn.includes(':acm:')) return { address, position: NOWHERE_YET, outputs: { id: arn, arn } };
    const lookup = {
      op: 'iam:GetServerCertificate',
      input: { ServerCertificateName: name },
      list: 'ServerCertificate',
      outputs: { arn: 'ServerCertificateMetadata.Arn' },
    };
    return { address, position: NOWHERE_YET, outputs: { id: name, arn }, lookup };
  });
}

/** Resources of which something that a spec must say is not sayable, and what stands on them. */
function unsayable(
  unsaid: readonly Unsaid[],
  resources: readonly { readonly address: Address; readonly values: Values }[],
): ReadonlySet<string> {
  const out = new Set(
    unsaid
      .filter(({ address, field }) =>
        fieldsOf(kindOf(address)).some(([name, { default: fallback }]) => name === field && fallback === REQUIRED),
      )
      .map(({ address }) => address),
  );
  for (const { address, values } of resources)
    if ([...out].some((other) => kindOf(address).read.parent === kindOf(other).name && canonical(values).includes(`"${other}.arn"`)))
      out.add(address);
  return out;
}

function whyNot(address: string, unsaid: readonly Unsaid[]): string {
  const found = unsaid.find((entry) => entry.address === address);
  if (found === undefined) return 'its listener';
  const names = unknownNames(found.value);
  return names.length === 0 ? found.field : `${found.field}: ${names.join(', ')}`;
}

type LeftAlone = ReadonlyMap<string, readonly string[]>;

/** Fields that no spec can say as they are, and that a plan would set back: they are left to AWS. */
function leftAlone(unsaid: readonly Unsaid[]): LeftAlone {
  const fields = new Map<string, string[]>();
  for (const { address, field } of unsaid) {
    const fallback = fieldsOf(kindOf(address)).find(([name]) => name === field)?.[1].default;
    if (fallback !== REQUIRED && fallback !== UNMANAGED) fields.set(address, [...(fields.get(address) ?? []), field]);
  }
  return fields;
}

/** Attributes that AWS has and this version has no row for, in one line for all that is imported. */
function newAttributes(live: readonly Live[]): readonly string[] {
  const keys = live.flatMap(({ values }) => (isObject(values['attributes']) ? Object.keys(values['attributes']) : []));
  return keys.length === 0
    ? []
    : [`attributes that this version does not know are left unchanged: ${[...new Set(keys)].sort().join(', ')}`];
}

/** One variable for each client of a provider. */
function variableFor(action: Values, known: Map<string, string>): string {
  const client = `${String(action['issuer'])} ${String(action['clientId'])}`;
  const name = known.get(client) ?? (known.size === 0 ? 'ALBEDO_SECRET_OIDC_CLIENT' : `ALBEDO_SECRET_OIDC_CLIENT_${known.size + 1}`);
  known.set(client, name);
  return name;
}
