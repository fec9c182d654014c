import type { Problem } from '../errors.ts';
import { canonical } from '../model/codec.ts';
import { DERIVED, type Field, REQUIRED, UNMANAGED } from '../model/field.ts';
import { type Address, asList, type Json, type Note, type Position } from '../model/json.ts';
import { fieldsOf, kindOf } from '../model/kinds.ts';
import type { Desired, Existing, Stack } from '../model/model.ts';
import { valueAt } from '../model/paths.ts';
import { SECTIONS, type Section } from '../model/sections.ts';
import { readAdopted } from './adopt.ts';
import { certificateFromFiles } from './certificate-files.ts';
import { readRange } from './check-foreign-listener.ts';
import { completeStack } from './complete.ts';
import { type At, asObject, type Built, type Draft, type Edge, holds, matches, type SpecObject } from './draft.ts';
import { readIgnored } from './ignore.ts';
import { formatPath } from './path.ts';
import { oneProblem } from './places.ts';
import { prefixListsOf } from './prefix-lists.ts';
import { resolveReferences } from './references.ts';
import { resolveSecrets } from './secrets.ts';
import { flaskWebserver } from './webserver.ts';

/** From a spec that is valid against the schema to the desired model. Whether its names exist is checked by `names.ts`. */
export function buildStack(spec: Json, file: string, at: At, edge: Edge): Built {
  const top = asObject(spec);
  const drafts: Draft[] = [];
  const existing: Existing[] = [];
  const deferred = new Map<string, string>();
  const problems: Problem[] = [];
  const shared = stringMap(asObject(top['tags']));

  for (const section of SECTIONS) {
    for (const { name, entry, path } of entriesOf(top, section)) {
      const address: Address = `${section.kind}/${name}`;
      const found = existingOf(section, entry, address, at(path));
      if (found !== undefined) existing.push(found);
      if (typeof entry['id'] === 'string') problems.push(...besideId(entry, path, at));
      if (found === undefined) drafts.push(draft(section, entry, address, path, at, { shared, deferred, problems, edge, file }));
    }
  }
  existing.push(...prefixListsOf(spec, at));
  completeStack(drafts, shared);
  renderApps(drafts, deferred, edge);
  resolveSecrets(drafts, deferred, edge);
  resolveReferences(drafts, existing);
  const adopted = readAdopted(asObject(top['adopt']), drafts, String(top['region']), at);
  problems.push(...adopted.problems);
  const ignored = readIgnored(asList(top['ignore']).map(String), drafts, at);
  problems.push(...ignored.problems);
  const stack: Stack = {
    name: String(top['stack']),
    region: String(top['region']),
    file,
    desired: drafts.map((made) => ({ ...finish(made, ignored.fields.get(made.address) ?? []), ...rangeOf(made, top) })),
    existing,
    adopt: adopted.adopted,
    maxSurge: rolloutOf(top),
    notes: [...ignored.notes, ...rawNotes(drafts)],
    spec: JSON.parse(canonical(spec)) as Json,
  };
  return { stack, deferred, problems };
}

/** On a listener of somebody else, the priorities that are ours. */
function rangeOf({ kind, path }: Draft, top: SpecObject): Pick<Desired, 'range'> {
  const range = kind.name === 'rule' ? readRange(valueAt(top, [...path.slice(0, 2), 'priorities'].join('.'))) : undefined;
  return range === undefined ? {} : { range };
}

const rolloutOf = (top: SpecObject): number | string => {
  const said = asObject(top['rollout'])['maxSurge'];
  return typeof said === 'number' || typeof said === 'string' ? said : 1;
};

interface Entry {
  readonly name: string;
  readonly entry: SpecObject;
  readonly path: readonly string[];
}

function entriesOf(top: SpecObject, section: Section): readonly Entry[] {
  const star = section.path.indexOf('*');
  if (star >= 0) {
    const above = Object.keys(asObject(valueAt(top, section.path.slice(0, star).join('.'))));
    return above.flatMap((owner) =>
      entriesOf(top, { ...section, path: section.path.map((key) => (key === '*' ? owner : key)) }).map((found) => ({
        ...found,
        name: `${owner}.${found.name}`,
      })),
    );
  }
  const found = valueAt(top, section.path.join('.'));
  if (found === undefined) return [];
  if (section.single !== undefined) return [{ name: section.single, entry: asObject(found), path: section.path }];
  return Object.entries(asObject(found)).map(([name, entry]) => ({ name, entry: asObject(entry), path: [...section.path, name] }));
}

/** The IPv4 networks of a VPC, of which there are at most five (VPC user guide, "Amazon VPC quotas"). */
const VPC_BLOCKS = Object.fromEntries(
  Array.from({ length: 5 }, (_, index) => [`block${index}`, `CidrBlockAssociationSet[${index}].CidrBlock`]),
);

/** What AWS shows of something that is given by its id, as far as its kind has it. */
export const GIVEN_OUTPUTS = {
  availabilityZone: 'AvailabilityZone',
  vpc: 'VpcId',
  free: 'AvailableIpAddressCount',
  ipv6: 'Ipv6CidrBlockAssociationSet[0].Ipv6CidrBlock',
  ipv6State: 'Ipv6CidrBlockAssociationSet[0].Ipv6CidrBlockState.State',
  outpost: 'OutpostArn',
} as const;

function existingOf(section: Section, entry: SpecObject, address: Address, position: Position): Existing | undefined {
  const id = entry['id'];
  if (typeof id === 'string') {
    const kind = kindOf(section.kind);
    const filter = { vpc: 'VpcIds', subnet: 'SubnetIds', securityGroup: 'GroupIds', instance: 'InstanceIds' }[section.kind] ?? 'Ids';
    return {
      address,
      position,
      outputs: { id },
      lookup: {
        op: kind.read.op,
        input: { [filter]: [id] },
        list: kind.read.list,
        outputs: {
          id: kind.outputs['id'] ?? '',
          ...GIVEN_OUTPUTS,
          ...(section.kind === 'vpc' ? VPC_BLOCKS : {}),
        },
      },
    };
  }
  if (section.kind === 'listener' && typeof entry['arn'] === 'string') {
    const { read, outputs } = kindOf(section.kind);
    return {
      address,
      position,
      outputs: { id: entry['arn'], arn: entry['arn'] },
      lookup: {
        op: read.op,
        input: { ListenerArns: [entry['arn']] },
        list: read.list,
        outputs: { id: outputs['id'] ?? '', loadBalancer: 'LoadBalancerArn', protocol: 'Protocol', port: 'Port' },
      },
    };
  }
  if (typeof entry['acm'] === 'string') return { address, position, outputs: { id: entry['acm'], arn: entry['acm'] } };
  if (typeof entry['iam'] === 'string') {
    return {
      address,
      position,
      outputs: { id: entry['iam'] },
      lookup: {
        op: 'iam:GetServerCertificate',
        input: { ServerCertificateName: entry['iam'] },
        list: 'ServerCertificate',
        outputs: { arn: 'ServerCertificateMetadata.Arn', ends: 'ServerCertificateMetadata.Expiration' },
      },
    };
  }
  return undefined;
}

/** What is said beside an id would be said of something that is not ours to change. */
function besideId(entry: SpecObject, path: readonly string[], at: At): readonly Problem[] {
  return Object.keys(entry)
    .filter((key) => key !== 'id')
    .map((key) =>
      oneProblem(
        at([...path, key], 'key'),
        formatPath([...path, key]),
        `\`${key}\` cannot be set together with \`id\`: albedo does not change an existing resource.`,
        `Leave out \`${key}\`, or leave out \`id\` so that albedo creates the resource.`,
      ),
    );
}

interface Context {
  readonly shared: Readonly<Record<string, string>>;
  readonly deferred: Map<string, string>;
  readonly problems: Problem[];
  readonly edge: Edge;
  readonly file: string;
}

function draft(section: Section, entry: SpecObject, address: Address, path: readonly string[], at: At, context: Context): Draft {
  const kind = kindOf(section.kind);
  const under = section.under;
  const said = under !== undefined && entry[under] !== undefined ? asObject(entry[under]) : entry;
  const base = under !== undefined && entry[under] !== undefined ? [...path, under] : path;
  const made: Draft = {
    kind,
    address,
    values: {},
    path,
    position: at(path, 'key'),
    positions: {},
    tags: { ...context.shared, ...stringMap(asObject(entry['tags'])) },
  };
  for (const [name, field] of fieldsOf(kind)) {
    if (field.internal) continue;
    const written = field.spread ? said : valueAt(said, name);
    if (written !== undefined) {
      made.values[name] = field.codec.parse(written);
      made.positions[name] = at(field.spread ? base : [...base, ...name.split('.')]);
    } else if (typeof field.default !== 'symbol') {
      const grouped = field.groupDefault !== undefined && valueAt(said, name.slice(0, name.lastIndexOf('.'))) !== undefined;
      const other = field.defaultWhen?.find(({ when }) => Object.entries(when).every((rule) => matches(rule, made.values)))?.value;
      made.values[name] = field.codec.parse(grouped ? (field.groupDefault ?? null) : (other ?? field.default));
    }
  }
  if (kind.name === 'instance') bootScript(entry, made, context);
  if (kind.name === 'certificate') certificateSource(entry, made, at, context);
  for (const [name, field] of fieldsOf(kind)) {
    if (holds(field, made.values)) continue;
    const position = made.positions[name];
    if (position !== undefined)
      context.problems.push(
        oneProblem(
          position,
          formatPath([...base, ...name.split('.')]),
          `\`${name}\` cannot be set here: it ${conditionOf(field, ['applies only with', 'does not apply with'])}.`,
          'Leave it out, or change the other field.',
        ),
      );
    delete made.values[name];
  }
  for (const [name, field] of fieldsOf(kind)) {
    if (
      (field.when === undefined && field.unless === undefined) ||
      field.default !== REQUIRED ||
      made.values[name] !== undefined ||
      !holds(field, made.values)
    )
      continue;
    context.problems.push(
      oneProblem(
        at(path, 'key'),
        formatPath([...base, ...name.split('.')]),
        `\`${name}\` is missing in \`${formatPath(path)}\`: it is required ${conditionOf(field, ['with', 'unless'])}.`,
        field.doc,
      ),
    );
  }
  return made;
}

/** When the field may be set, after two phrases: one before what has to be, one before what may not be. */
const conditionOf = (field: Field, [when, unless]: readonly [string, string]): string => {
  const words = (rules: Field['when']) =>
    Object.entries(rules ?? {})
      .map(([name, values]) => `\`${name}: ${values.join(' or ')}\``)
      .join(' and ');
  return [
    field.when === undefined ? '' : `${when} ${words(field.when)}`,
    field.unless === undefined ? '' : `${unless} ${words(field.unless)}`,
  ]
    .filter((part) => part !== '')
    .join(' and ');
};

/** `userData` becomes its hash, the text a deferred value. `app` waits for `renderApps`, which knows the ports. */
function bootScript(entry: SpecObject, made: Draft, context: Context): void {
  const own = entry['userData'];
  if (typeof own === 'string') made.values['userData'] = keepScript(own, context.deferred, context.edge);
  else if (typeof entry['app'] === 'string') made.app = entry['app'];
}

function keepScript(script: string, deferred: Map<string, string>, edge: Edge): string {
  const hash = edge.sha256(script);
  deferred.set(`user-data:${hash}`, script);
  return hash;
}

function certificateSource(entry: SpecObject, made: Draft, at: At, context: Context): void {
  const files = entry['files'];
  if (files === undefined) {
    made.values['keyAlgorithm'] = 'RSA-2048';
    made.values['validFor'] ??= 365;
    made.values['renewBefore'] ??= usualRenewal(Number(made.values['validFor']));
    made.values['renewal'] = 'not due';
    made.values['subjectAlternativeNames'] ??= [made.values['commonName'] ?? null];
    return;
  }
  certificateFromFiles(asObject(files), made, at, context);
}

/** Gives every instance with `app` its script, once it is known on which port its target group expects it. */
function renderApps(drafts: readonly Draft[], deferred: Map<string, string>, edge: Edge): void {
  const targets = drafts.flatMap((draft) =>
    draft.kind.name === 'targetGroup' ? ((draft.values['targets'] ?? []) as readonly SpecObject[]) : [],
  );
  for (const made of drafts) {
    if (made.app === undefined) continue;
    const own = targets.find((target) => asObject(target['id'])['$ref'] === `${made.address}.id`);
    made.values['userData'] = keepScript(flaskWebserver(Number(own?.['port'] ?? 8080)), deferred, edge);
  }
}

function finish(made: Draft, ignored: readonly string[]): Desired {
  const unmanaged = fieldsOf(made.kind)
    .filter(
      ([name, field]) => !field.internal && made.values[name] === undefined && (field.default === UNMANAGED || field.default === DERIVED),
    )
    .map(([name]) => name);
  return {
    address: made.address,
    kind: made.kind.name,
    values: made.values,
    tags: made.tags,
    positions: made.positions,
    unmanaged,
    ignored,
    ...(made.position === undefined ? {} : { position: made.position }),
  };
}

/** What is passed on without being understood. */
function rawNotes(drafts: readonly Draft[]): readonly Note[] {
  return drafts.flatMap((made): Note[] => {
    const keys = Object.keys(asObject(made.values['attributes']));
    const position = made.positions['attributes'];
    return keys.length === 0
      ? []
      : [
          {
            kind: 'unchecked',
            address: made.address,
            text: `this version does not know ${keys.join(', ')}: passed on as written`,
            ...(position === undefined ? {} : { position }),
          },
        ];
  });
}

/** Days; a certificate of one day is made anew once it has ended. */
const usualRenewal = (validFor: number): number => Math.min(30, Math.ceil(validFor / 3), validFor - 1);

const stringMap = (value: SpecObject): { [key: string]: string } =>
  Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, String(entry)]));
