/** Runs trials on a stack without traffic: a value set alone, changed alone and taken away, each time with an empty second plan. */
import * as assert from 'uvu/assert';
import type { Json } from '../../reconciler/model/json.ts';
import { fieldsOf } from '../../reconciler/model/kinds.ts';
import { type Bench, changesOf, converge, namesOf, type Spec } from './contract-bench.ts';
import { withEdits } from './contract-in-place.ts';
import type { Edit, Writable } from './contract-trials.ts';
import { at, viewOf } from './contract-view.ts';

export interface WideTrial {
  /** The resource it is tried on, by its name in the spec: `https.one` for a rule. */
  readonly on: string;
  /** What must be so before, where the stack is otherwise. */
  readonly existing?: readonly Edit[];
  /** Where it is written, below the resource. Default: what the key says. */
  readonly at?: string;
  /** Written one after the other: the first sets it, each further one changes it. */
  readonly values: readonly Json[];
  /** The fields of the resource that each of these writings changes, where it is not the field alone. */
  readonly fields?: readonly string[];
  /** What else each plan names, as `verb address fields…`. */
  readonly also?: readonly string[];
  readonly verb?: 'update' | 'replace';
  /** A path of keys into what AWS describes, and what is there after the last of the values. */
  readonly shows?: readonly [path: readonly (string | number)[], value: unknown];
  /** Taking it away changes nothing, since what is omitted is left alone. */
  readonly stays?: true;
  /** The plan says a value that is not in the spec (a hash, a reference with its port). */
  readonly opaque?: true;
}

/** Where a resource stands in the spec, as path parts. */
export function entryOf({ section }: Writable, on: string): readonly string[] {
  if (section.single !== undefined) return section.path;
  const names = section.path.includes('*') ? [on.slice(0, on.indexOf('.')), on.slice(on.indexOf('.') + 1)] : [on];
  const parts = section.path.map((part) => (part === '*' ? (names.shift() ?? '') : part));
  return [...parts, ...names, ...(section.under === undefined ? [] : [section.under])];
}

/** `listener defaultActions redirect.host` is written at `redirect/host`, `trustStore bundle key` at `bundle/key`. */
export function placeOf({ kind, key, name, field }: Writable): string {
  const inner = key.slice(`${kind.name} ${name}`.length).trim();
  const parts = [...(field.spread === true ? [] : [name]), ...(inner === '' ? [] : [inner])];
  return parts.join('.').replaceAll('.', '/');
}

/** What a trial writes, from the top of the spec: for each of its values the edits that lead there. */
export const editsOf = (writable: Writable, trial: WideTrial): readonly (readonly Edit[])[] =>
  trial.values.map((value) => [
    ...(trial.existing ?? []),
    [[...entryOf(writable, trial.on), trial.at ?? placeOf(writable)].join('/'), value],
  ]);

/** The whole field as the model says it, from what is written. */
function normalised({ field, name }: Writable, entry: unknown): Json | undefined {
  const written = field.spread === true ? entry : at(entry, name.split('.'));
  return written === undefined ? undefined : field.codec.parse(written as Json);
}

export async function runWideTrial(bench: Bench, base: Spec, writable: Writable, trial: WideTrial): Promise<void> {
  const before = withEdits(base, trial.existing ?? []);
  const entry = entryOf(writable, trial.on);
  const place = [...entry, trial.at ?? placeOf(writable)].join('/');
  const address = `${writable.kind.name}/${trial.on}`;
  await converge(bench, before);
  for (const [index, value] of trial.values.entries()) {
    const spec = withEdits(before, [[place, value]]);
    const done = await converge(bench, spec);
    const own = `${trial.verb ?? 'update'} ${address} ${trial.fields?.[index] ?? writable.name}`;
    assert.equal(
      namesOf(done.plan).toSorted(),
      [own, ...(trial.also ?? [])].toSorted(),
      `the plan of ${JSON.stringify(value)}: ${JSON.stringify(changesOf(done.plan))}`,
    );
    const change = done.plan.changes.find((one) => one.address === address)?.fields.find(({ field }) => field === writable.name);
    if (trial.opaque !== true) assert.equal(change?.after, normalised(writable, at(spec, entry)), 'the value after');
  }
  if (trial.shows !== undefined) {
    const [path, value] = trial.shows;
    assert.equal(at(await viewOf(bench, address), path), value, `AWS shows at ${path.join('.')}`);
  }
  const back = await converge(bench, before);
  if (trial.stays) assert.equal(changesOf(back.plan), [], 'what is omitted is left alone');
  else assert.ok(back.plan.changes.length > 0, 'taking it away was a change too');
}

/** The one value that AWS takes. */
export function assertLone({ field, name, kind }: Writable): void {
  const { schema } = field.codec;
  const count = 'const' in schema ? 1 : (schema['enum'] as readonly unknown[]).length;
  assert.is(count, 1, 'there is another value by now: give it a trial');
  assert.ok(fieldsOf(kind).some(([one]) => one === name));
}
