import type { Schema } from '../../reconciler/model/codec.ts';
import { type Field, type Kind, listFields } from '../../reconciler/model/field.ts';
import type { Json } from '../../reconciler/model/json.ts';
import { TAGGING } from '../../reconciler/model/tags.ts';
import { leavesOf, samplesOf, withSecrets } from './sample.ts';

/** One name of the ELBv2 write API, with the calls that take it. */
export interface Row {
  readonly resource: string;
  /** A path into the input of the calls; `Attributes[key]` for an attribute; words in parentheses part two rows of one name. */
  readonly field: string;
  readonly api: readonly string[];
  readonly appliesToAlb: boolean;
}

export interface Judged {
  readonly row: Row;
  /** What of the table says it; nothing when it is not covered. */
  readonly by: readonly string[];
  /** Why it counts although no call of ours says it under this name, or why it is left out. */
  readonly remark?: string;
}

/** Names that mean what another name means. They count when that one is covered. */
const SAME: readonly { readonly resource: string; readonly field: string; readonly as: string; readonly remark: string }[] = [
  {
    resource: 'loadBalancer',
    field: 'SubnetMappings[].SubnetId',
    as: 'Subnets[]',
    remark: 'for an Application Load Balancer a mapping holds nothing but its subnet',
  },
];

interface Shown {
  readonly resource: string;
  readonly field: string;
  readonly remark: string;
  /** What AWS may answer, and what must be read as the same by every field that is written at `param`. */
  readonly param: string;
  readonly answer: Json;
  readonly same: Json;
}

const CERTIFICATE = 'arn:aws:acm:us-east-1:123456789012:certificate/sample';
const VERIFY = { Mode: 'verify', TrustStoreArn: 'arn:aws:elasticloadbalancing:us-east-1:123456789012:truststore/sample/0123456789abcdef' };

/**
 * What AWS shows and we never send (Certificate, MutualAuthenticationAttributes, RuleCondition; ELBv2 API reference): facts that nobody
 * can set, and second notations. They count when the table reads an answer with them as it reads one without.
 */
const SHOWN: readonly Shown[] = [
  {
    resource: 'listener',
    field: 'Certificates[].IsDefault',
    remark: 'only shown: tells the default certificate from the others',
    param: 'Certificates',
    answer: [{ CertificateArn: CERTIFICATE, IsDefault: true }],
    same: [],
  },
  {
    resource: 'listener',
    field: 'MutualAuthentication.TrustStoreAssociationStatus',
    remark: 'only shown: makes no difference',
    param: 'MutualAuthentication',
    answer: { ...VERIFY, TrustStoreAssociationStatus: 'active' },
    same: VERIFY,
  },
  {
    resource: 'rule',
    field: 'Conditions[].Values[]',
    remark: 'the older notation of HostHeaderConfig.Values[] and PathPatternConfig.Values[]: read as the newer one',
    param: 'Conditions',
    answer: [
      { Field: 'host-header', Values: ['a.example'] },
      { Field: 'path-pattern', Values: ['/a'], PathPatternConfig: { Values: ['/a'] } },
    ],
    same: [
      { Field: 'host-header', HostHeaderConfig: { Values: ['a.example'] } },
      { Field: 'path-pattern', PathPatternConfig: { Values: ['/a'] } },
    ],
  },
  {
    resource: 'rule',
    field: 'Conditions[].RegexValues[]',
    remark: 'the short notation of HostHeaderConfig.RegexValues[] and PathPatternConfig.RegexValues[]: read as the longer one',
    param: 'Conditions',
    answer: [
      { Field: 'host-header', RegexValues: ['^a'] },
      { Field: 'path-pattern', RegexValues: ['^/a'], PathPatternConfig: { RegexValues: ['^/a'] } },
    ],
    same: [
      { Field: 'host-header', HostHeaderConfig: { RegexValues: ['^a'] } },
      { Field: 'path-pattern', PathPatternConfig: { RegexValues: ['^/a'] } },
    ],
  },
];

/** Rows of Application Load Balancers that are left out on purpose: `resource field` -> reason. */
const LEFT_OUT: Readonly<Record<string, string>> = {};

/** Whether the table covers each row that applies to an Application Load Balancer. */
export function judgeRows(rows: readonly Row[], kinds: readonly Kind[]): readonly Judged[] {
  const said = new Map(kinds.map((kind) => [kind.name, writtenBy(kind)]));
  const by = (resource: string, field: string, api: readonly string[]): readonly string[] => {
    const names = said.get(resource) ?? new Map<string, Set<string>>();
    return [...new Set(api.flatMap((op) => [...(names.get(`${op} ${field}`) ?? [])]))];
  };
  return rows
    .filter((row) => row.appliesToAlb)
    .map((row): Judged => {
      const field = row.field.replace(/^\(.*\) /, '');
      const direct = by(row.resource, field, row.api);
      if (direct.length > 0) return { row, by: direct };
      const of = (entry: { readonly resource: string; readonly field: string }): boolean =>
        entry.resource === row.resource && entry.field === row.field;
      const same = SAME.find(of);
      if (same !== undefined) return { row, by: by(row.resource, same.as, row.api), remark: `${same.as}: ${same.remark}` };
      const shown = SHOWN.find(of);
      if (shown !== undefined) return { row, by: readersOf(shown, kinds), remark: shown.remark };
      const reason = LEFT_OUT[`${row.resource} ${row.field}`];
      return { row, by: [], ...(reason === undefined ? {} : { remark: reason }) };
    });
}

/** `Operation path` -> the fields that say it in that call. */
function writtenBy(kind: Kind): ReadonlyMap<string, ReadonlySet<string>> {
  const names = new Map<string, Set<string>>();
  const add = (ops: readonly (string | undefined)[], paths: readonly string[], by: string): void => {
    for (const op of ops) {
      for (const path of op === undefined ? [] : paths) {
        const key = `${op?.split(':')[1]} ${path}`;
        names.set(key, (names.get(key) ?? new Set()).add(by));
      }
    }
  };
  const tagging = TAGGING[kind.service];
  add([kind.create.op, tagging.add], ['Tags[].Key', 'Tags[].Value'], 'tags');
  add([kind.create.op], leavesOf(kind.create.constants ?? {}, ''), 'always said');
  for (const [name, field] of listFields(kind.fields)) {
    const { wire, empty } = field;
    if (wire.how === 'attribute') add([kind.attributes?.op], [`Attributes[${wire.key}]`], name);
    if (wire.how === 'create' && wire.param !== undefined) add([kind.create.op], wiresOf(field, wire.param), name);
    if (wire.how === 'modify') {
      add([kind.create.op, kind.modify?.op], wiresOf(field, wire.param), name);
      if (empty !== undefined) add([kind.modify?.op], leavesOf(empty.value, empty.param), name);
    }
    if (wire.how === 'setter') {
      if (wire.param !== undefined) add([kind.create.op], wiresOf(field, wire.param), name);
      add([wire.op], wiresOf(field, wire.setParam), name);
      if (empty !== undefined) add([wire.op], leavesOf(empty.value, empty.param), name);
    }
    if (wire.how === 'rank') add([kind.create.op, wire.op], wiresOf(field, wire.param), name);
    if (wire.how === 'member') {
      const { member } = wire;
      add([member.add, ...(member.handle === undefined ? [member.remove] : [])], wiresOf(field, member.batch ?? member.each ?? ''), name);
      if (member.handleParam !== undefined) add([member.remove], [`${member.handleParam}[]`], name);
    }
  }
  return names;
}

/** The paths that a field's codec writes for any of the values its schema takes. `*` stands for several parameters side by side. */
function wiresOf(field: Field, param: string): readonly string[] {
  const values = samplesOf(field.codec.schema as Schema).map((sample) => field.codec.parse(sample));
  return [...values, ...values.flatMap(withSecrets)].flatMap((value) => leavesOf(field.codec.write(value), param === '*' ? '' : param));
}

/** Fields that read an answer with what is only shown as if it were not there. None as soon as one of them is misled. */
function readersOf(shown: Shown, kinds: readonly Kind[]): readonly string[] {
  const kind = kinds.find((one) => one.name === shown.resource);
  if (kind === undefined) return [];
  const context = { refer: (id: string): Json => id };
  const fields = listFields(kind.fields).filter(
    ([, { wire }]) => (wire.how === 'modify' && wire.param === shown.param) || (wire.how === 'member' && wire.member.each === shown.param),
  );
  // Where one field takes the first of a list and another the rest, the one with the rest is asked.
  const members = fields.filter(([, { wire }]) => wire.how === 'member');
  const judged = members.length > 0 ? members : fields;
  const right = judged.every(
    ([, field]) => JSON.stringify(field.codec.read(shown.answer, context)) === JSON.stringify(field.codec.read(shown.same, context)),
  );
  return right ? judged.map(([name]) => name) : [];
}

/** Summed up for people: the figure first, then what is left out, then what needs a word. */
export function renderCoverage(judged: readonly Judged[]): { readonly text: string; readonly unexplained: number } {
  const name = ({ row }: Judged): string => `${row.resource} ${row.field}`;
  const covered = judged.filter((one) => one.by.length > 0);
  const left = judged.filter((one) => one.by.length === 0);
  const remarked = covered.filter((one) => one.remark !== undefined);
  const lines = [
    `${covered.length} / ${judged.length} settable names of Application Load Balancers are covered by the field table.`,
    ...(left.length === 0 ? [] : ['', 'Left out:', ...left.map((one) => `  ${name(one)}: ${one.remark ?? 'NO REASON GIVEN'}`)]),
    ...(remarked.length === 0
      ? []
      : ['', 'Covered under another name:', ...remarked.map((one) => `  ${name(one)} (${one.by.join(', ')}): ${one.remark}`)]),
  ];
  return { text: `${lines.join('\n')}\n`, unexplained: left.filter((one) => LEFT_OUT[name(one)] === undefined).length };
}
