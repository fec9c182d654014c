import type { Schema } from '../../reconciler/model/codec.ts';
import { canonical, formatDuration } from '../../reconciler/model/codec.ts';
import { type Field, type Kind, REQUIRED, UNMANAGED } from '../../reconciler/model/field.ts';
import type { Grade } from '../../reconciler/model/grades.ts';
import type { Json } from '../../reconciler/model/json.ts';
import { fill } from '../../reconciler/plan/grade.ts';
import { leavesOf, samplesOf } from '../surface/sample.ts';
import { isNested, limitsOf, typeOf } from './nested.ts';

/** A text in a cell of a table. */
export const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

/** Type and limits in one cell. */
export function typeCell(schema: Schema, type = typeOf(schema)): string {
  const limits = isNested(schema) ? limitsOf(schema).filter((limit) => /^at (most|least)/.test(limit)) : limitsOf(schema);
  return cell([type, ...limits].join('; '));
}

/** A value as a spec says it: time spans in their short form. */
export function valueCell(schema: Schema, value: Json): string {
  if (schema['x-seconds'] !== undefined && typeof value === 'number') return `\`${formatDuration(value)}\``;
  return cell(`\`${JSON.stringify(value)}\``);
}

type When = Readonly<Record<string, readonly Json[]>>;

const whenText = (when: When): string =>
  Object.entries(when)
    .map(([name, values]) => `\`${name}: ${values.join(' or ')}\``)
    .join(' and ');

const plainOf = (field: Field): Json | undefined => (typeof field.default === 'symbol' ? undefined : field.default);

/** The default, with those that count only beside other fields. */
export function defaultCell(field: Field): string {
  const { schema } = field.codec;
  const others = [
    ...(field.groupDefault === undefined ? [] : [`${valueCell(schema, field.groupDefault)} once its group is set`]),
    ...(field.defaultWhen ?? []).map(({ when, value }) => `${valueCell(schema, value)} with ${whenText(when)}`),
    ...(field.awsDefault === undefined || canonical(field.awsDefault) === canonical(plainOf(field))
      ? []
      : [`AWS itself has ${valueCell(schema, field.awsDefault)}`]),
  ];
  return [basicDefault(field), ...others].join('; ');
}

function basicDefault(field: Field): string {
  if (field.default === REQUIRED) return '**required**';
  if (field.default === UNMANAGED) return '*not managed*';
  if (typeof field.default === 'symbol') return '*worked out*';
  return valueCell(field.codec.schema, field.default);
}

/** What the field is for, and beside which others it exists. */
export function meaningCell(field: Field): string {
  const only = field.when === undefined ? '' : ` Only with ${whenText(field.when)}.`;
  const never = field.unless === undefined ? '' : ` Not with ${whenText(field.unless)}.`;
  return `${cell(field.doc)}${only}${never}`;
}

/** What a change does: in place, moving requests or connections, dropping some, or a replacement. */
export function changeCell(field: Field, kind: Kind): string {
  const { how } = field.wire;
  if (how === 'policy') return 'nothing by itself';
  if (how === 'create' || how === 'link')
    return `replaces the ${kind.label}${kind.consent === undefined ? '' : `, with consent (${kind.consent})`}`;
  const place = how === 'rank' ? 'in place, all siblings in one call' : 'in place';
  const grades = field.risk === undefined ? [] : [field.risk].flat();
  return grades.length === 0 ? place : `${place}, ${grades.map(gradeText).join('; ')}`;
}

const DOES = { none: 'nothing is lost', shift: 'moves requests', drop: '**disturbs connections**' } as const;
const STANDS_FOR: Readonly<Record<string, string>> = {
  before: 'the old value',
  after: 'the new value',
  added: 'what is added',
  removed: 'what is removed',
};

/** One grade with the names of its values instead of them, and when it holds. */
function gradeText({ risk, reason, reconnect, when }: Grade): string {
  const on = [
    ...(when?.from ?? []).map((value) => `from ${cell(JSON.stringify(value))}`),
    ...(when?.to ?? []).map((value) => `to ${cell(JSON.stringify(value))}`),
    ...(when?.change === 'lowered' || when?.change === 'raised' ? [`when ${when.change}`] : []),
    ...(when?.renewed === true ? ['when that is replaced'] : []),
    ...(when?.values === undefined ? [] : [`with ${whenText(when.values)}`]),
    ...(reconnect ? ['clients reconnect'] : []),
  ];
  const why = fill(reason, (name) => STANDS_FOR[name] ?? `\`${name}\``);
  return `${DOES[risk]}${on.length === 0 ? '' : ` (${on.join(', ')})`}: ${why}`;
}

const call = (op: string): string => op.split(':')[1] ?? op;

/** The name in the AWS API. */
export function wireCell(field: Field): string {
  const { wire } = field;
  switch (wire.how) {
    case 'attribute':
      return `\`${wire.key}\``;
    case 'member':
      return `\`${call(wire.member.add)}\`, \`${call(wire.member.remove)}\``;
    case 'setter':
      return `\`${wire.setParam}\` (${call(wire.op)})`;
    case 'rank':
      return `\`${wire.param}\` (${call(wire.op)})`;
    case 'link':
      return `\`${call(wire.link)}\``;
    case 'rawAttributes':
      return 'any key';
    case 'policy':
      return '';
    default:
      return wire.param === undefined ? '' : wire.param === '*' ? parameters(field) : `\`${wire.param}\``;
  }
}

/** The several parameters of a field that writes more than one. */
function parameters(field: Field): string {
  const names = samplesOf(field.codec.schema).flatMap((sample) => leavesOf(field.codec.write(field.codec.parse(sample)), ''));
  return [...new Set(names)].map((name) => `\`${name}\``).join(', ');
}
