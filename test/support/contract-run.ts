/** Runs one trial on the live stack: there, the plan's words, AWS's own view, and back again. */
import * as assert from 'uvu/assert';
import type { Json } from '../../reconciler/model/json.ts';
import type { Reconciled } from '../../reconciler/run/pipeline.ts';
import { type Bench, changesOf, converge, namesOf, type Spec } from './contract-bench.ts';
import { withEdits } from './contract-in-place.ts';
import type { Edit, Trial, Writable } from './contract-trials.ts';
import { at, viewOf } from './contract-view.ts';

export const immutable = ({ field }: Writable): boolean => field.wire.how === 'create' || field.wire.how === 'link';

const addressOf = ({ kind }: Writable, trial: Trial): string => `${kind.name}/${trial.on}`;

/** Where the field stands in the spec. */
export function pathOf({ section, name }: Writable, trial: Trial): string {
  const entry = section.single === undefined ? [...section.path, trial.on] : section.path;
  return [...entry, ...(section.under === undefined ? [] : [section.under]), ...name.split('.')].join('/');
}

export interface TrialSpecs {
  readonly before: Spec;
  readonly after: Spec;
}

export function specsOf(live: Spec, writable: Writable, trial: Trial): TrialSpecs {
  const before = withEdits(live, trial.existing ?? []);
  const main: readonly Edit[] = trial.to === undefined ? [] : [[pathOf(writable, trial), trial.to]];
  return { before, after: withEdits(before, [...main, ...(trial.edits ?? [])]) };
}

/** What the plan must name, all of it. */
function expectedNames(writable: Writable, trial: Trial): readonly string[] {
  const own = `${trial.verb ?? (immutable(writable) ? 'replace' : 'update')} ${addressOf(writable, trial)} ${writable.name}`;
  const also = trial.also ?? [];
  const address = addressOf(writable, trial);
  return (also.some((line) => line.split(' ')[1] === address) ? also : [own, ...also]).toSorted();
}

function normalised(writable: Writable, spec: Spec, trial: Trial): Json | undefined {
  const written = at(spec, pathOf(writable, trial).split('/')) as Json | undefined;
  const { field } = writable;
  if (written !== undefined) return field.codec.parse(written);
  return typeof field.default === 'symbol' ? undefined : field.codec.parse(field.default);
}

/** The plan names the field alone (with what the trial says follows from it), with its old and its new value. */
export function checkPlan(done: Reconciled, writable: Writable, trial: Trial, specs: TrialSpecs): void {
  assert.equal(namesOf(done.plan).toSorted(), expectedNames(writable, trial), `the plan: ${JSON.stringify(changesOf(done.plan))}`);
  const change = done.plan.changes
    .find(({ address }) => address === addressOf(writable, trial))
    ?.fields.find(({ field }) => field === writable.name);
  const before = 'before' in trial ? trial.before : normalised(writable, specs.before, trial);
  if (before instanceof RegExp) assert.match(String(change?.before), before);
  else assert.equal(change?.before, before, 'the value before');
  const after = 'after' in trial ? trial.after : normalised(writable, specs.after, trial);
  if (after instanceof RegExp) assert.match(JSON.stringify(change?.after), after);
  else assert.equal(change?.after, after, 'the value after');
}

export async function runTrial(bench: Bench, live: Spec, writable: Writable, trial: Trial): Promise<void> {
  const specs = specsOf(live, writable, trial);
  if (trial.existing !== undefined) await converge(bench, specs.before);
  const done = await converge(bench, specs.after);
  checkPlan(done, writable, trial, specs);
  if (trial.shows !== undefined) {
    const [path, value] = trial.shows;
    assert.equal(at(await viewOf(bench, addressOf(writable, trial)), path), value, `AWS shows at ${path.join('.')}`);
  }
  const back = await converge(bench, specs.before);
  if (trial.stays) assert.equal(changesOf(back.plan), [], 'what is omitted is left alone');
  else assert.ok(back.plan.changes.length > 0, 'taking it back was a change too');
  if (trial.existing !== undefined) await converge(bench, live);
}
