import type { Address, Json, Note, Position, Risk } from '../model/json.ts';
import { place, riskText, visible } from './format.ts';
import { columns, type Palette, PLAIN } from './text-columns.ts';

/** What differs between AWS and a spec. Plain JSON; `version` changes when a key changes its meaning or goes. */
export interface DriftReport {
  readonly version: 1;
  readonly stack: string;
  readonly account: string;
  readonly region: string;
  readonly file: string;
  /** Worst first. */
  readonly differences: readonly Difference[];
  /** Objects of others beside ours, things left alone, certificates that end. */
  readonly notes: readonly Note[];
  /** What a policy would refuse of going back by `albedo apply`. */
  readonly refusals: readonly { readonly address: string; readonly reason: string; readonly remedy: string }[];
}

export interface Difference {
  readonly address: Address;
  readonly label: string;
  /** `missing`: the spec says it, nothing live carries its tags. `extra`: live, of this stack, and not in the spec. */
  readonly state: 'changed' | 'missing' | 'extra';
  /** AWS id, ARN or name of the live object; absent when it is missing. */
  readonly physicalId?: string;
  readonly fields: readonly FieldDrift[];
  /** The worst of its own and its fields' grades. */
  readonly grade: DriftGrade;
  readonly reason: string;
  /** What clients lose as long as it stays like this. */
  readonly losses?: readonly string[];
  /** Objects that are probably it and have lost the tags by which albedo knows its own, with the command that puts them back. */
  readonly lost?: readonly { readonly physicalId: string; readonly command: string }[];
  readonly position?: Position;
}

export interface FieldDrift {
  readonly field: string;
  /** In the notation of the spec where it has one, else in the normal form. Absent: not there. */
  readonly live?: Json;
  readonly spec?: Json;
  /** Of a set: members that only one side has. */
  readonly added?: readonly Json[];
  readonly removed?: readonly Json[];
  readonly grade: DriftGrade;
  readonly reason: string;
}

/** `alarm`: dangerous as it is. `drop`: requests are lost now, or by going back; the others say what going back does to traffic. */
export const DRIFT_GRADES = ['none', 'shift', 'drop', 'alarm'] as const;
export type DriftGrade = (typeof DRIFT_GRADES)[number];

const flow = (value: Json): string => {
  if (Array.isArray(value)) return `[${value.map((entry: Json) => flow(entry)).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return visible(value === '' ? '""' : String(value));
  const ref = (value as { readonly [key: string]: Json })['$ref'];
  if (typeof ref === 'string') return ref;
  return `{ ${Object.entries(value)
    .map(([key, entry]) => `${key}: ${flow(entry)}`)
    .join(', ')} }`;
};

/** The report for a terminal, ending with both ways out; ends with a line end. */
export function renderDrift(report: DriftReport, command: string, palette: Palette = PLAIN): string {
  const lines = [`${palette.bold(visible(report.stack))} ${palette.dim(`· ${visible(report.account)} ${visible(report.region)}`)}`, ''];
  const unfinished = report.notes.filter(({ kind }) => kind === 'unfinished');
  if (report.differences.length === 0)
    lines.push(
      unfinished.length === 0 ? '  No drift: AWS matches the spec.' : '  AWS matches the spec, but not all of it is in service:',
      '',
    );
  for (const difference of report.differences) lines.push(...differenceLines(difference, palette), '');
  const notes = report.notes.map((note) => [note.kind, note.address ?? '', visible(note.text)]);
  if (notes.length > 0) lines.push(...columns(notes, palette.dim).map((row) => `  ${row}`), '');
  const count = report.differences.length;
  if (count > 0) lines.push(...waysOut(report, command, palette));
  else lines.push(unfinished.length === 0 ? `  ${palette.good('no drift')}` : `  ${palette.bad('not in service')}: ${unfinished.length}`);
  return `${lines.join('\n')}\n`;
}

const STATES = {
  changed: 'differs from the spec',
  missing: 'is missing',
  extra: 'exists in AWS, but is not in the spec',
} as const;

function differenceLines(
  { label, address, state, fields, grade, reason, losses, lost, position, physicalId }: Difference,
  palette: Palette,
): string[] {
  const name = address.slice(address.indexOf('/') + 1);
  const where = position === undefined ? '' : `  ${palette.dim(place(position))}`;
  const id = state === 'extra' && physicalId !== undefined ? ` (${visible(physicalId)})` : '';
  const head = `  ${palette[state === 'changed' ? 'update' : state === 'missing' ? 'destroy' : 'create'](`${label} ${visible(name)}`)} ${STATES[state]}${id}`;
  const own =
    (fields.length === 0 && (losses ?? []).length === 0) || reason !== ''
      ? gradeText(grade, reason, palette, state === 'missing' ? '' : 'going back: ')
      : '';
  const rows = fields.map((field) => [field.field, sentence(field), gradeText(field.grade, field.reason, palette)]);
  const found = (lost ?? []).flatMap(({ physicalId: id2, command }) => [
    `      ${palette.doubt('!')} ${visible(id2)} is probably this resource without its tags: an apply would create a second one. Put the tags back:`,
    `        ${visible(command)}`,
  ]);
  const now = (losses ?? []).map((loss) => `      ${palette.bad('now')}  ${visible(loss)}`);
  return [`${head}${where}${own === '' ? '' : `  ${own}`}`, ...now, ...columns(rows).map((row) => `      ${row}`), ...found];
}

/** From the live side: "is 75s, the spec says 1m". */
function sentence({ live, spec, added, removed }: FieldDrift): string {
  if (added !== undefined && removed !== undefined) {
    const parts = [
      added.length === 0 ? '' : `has ${added.map(flow).join(', ')}, which is not in the spec`,
      removed.length === 0 ? '' : `lacks ${removed.map(flow).join(', ')}`,
    ];
    return parts.filter((part) => part !== '').join('; ');
  }
  if (live === undefined) return `is not set, but the spec sets ${spec === undefined ? 'nothing' : flow(spec)}`;
  return spec === undefined ? `is ${flow(live)}, but the spec does not set it` : `is ${flow(live)}, but the spec sets ${flow(spec)}`;
}

function gradeText(grade: DriftGrade, reason: string, palette: Palette, lead = 'going back: '): string {
  const why = reason === '' ? '' : visible(reason);
  if (grade === 'alarm') return palette.bad(`alarm: ${why}`);
  if (grade === 'none') return why === '' ? '' : palette.dim(`(${why})`);
  return palette.doubt(`(${lead}${why === '' ? riskText(grade as Risk) : why})`);
}

function waysOut({ refusals, differences }: DriftReport, command: string, palette: Palette): string[] {
  const count = differences.length;
  const lines = [
    `  ${palette.bad('drift')}: ${count} ${count === 1 ? 'resource' : 'resources'}`,
    `  back to the spec:      albedo apply ${command}`,
    `  into the spec instead: albedo drift ${command} --accept`,
  ];
  return [
    ...lines,
    ...refusals.map(({ address, reason, remedy }) => `  ${palette.doubt('guard')}  ${address}: ${visible(reason)}. ${visible(remedy)}`),
  ];
}
