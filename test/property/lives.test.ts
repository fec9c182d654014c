/**
 * Whole lives of a stack as sequences of commands: apply, an apply that is interrupted, changes by somebody else, looks and destroys, in
 * any order. What a look must find is known from a model of one line: which spec AWS matches, or that nobody knows.
 */

import fc from 'fast-check';
import * as assert from 'uvu/assert';
import type { Cloud } from '../../reconciler/run/port.ts';
import { converge, failures, planFor, WRITES } from '../support/converge.ts';
import { EDIT_NAMES, edited } from '../support/edits.ts';
import { seed } from '../support/seed.ts';
import { problemsOf } from '../support/stacks.ts';
import { suite } from '../support/suite.ts';
import { type TinyAws, tinyAws } from '../support/tiny-aws.ts';

const t = suite('property/lives');
const RUNS = Number(process.env['ALBEDO_RUNS'] ?? (process.env['ALBEDO_ALL'] === '1' ? 200 : 12));

type Edits = readonly string[];
interface Model {
  /** The spec that AWS matches; `nothing` before the first apply and after a destroy, `unknown` after an interrupted run. */
  live: Edits | 'nothing' | 'unknown';
}
type Life = fc.AsyncCommand<Model, TinyAws>;

const same = (a: Edits, b: Edits): boolean => [...a].sort().join() === [...b].sort().join();
/** What a spec does not set is left alone, so the way back to its default is no change. */
const LEFT_ALONE = ['key of an instance', 'group name'];

/** Also the way by which somebody else brings the stack elsewhere: a look at another spec then finds that. */
class Apply implements Life {
  readonly edits: Edits;
  constructor(edits: Edits) {
    this.edits = edits;
  }
  check = () => true;
  async run(model: Model, aws: TinyAws): Promise<void> {
    const { run, check } = await converge(aws, edited(this.edits));
    assert.is(failures(run), '');
    assert.equal([check.changes, check.steps], [[], []], 'the plan after an apply is empty');
    model.live = this.edits;
  }
  toString = () => `apply(${this.edits.join(', ')})`;
}

/** An apply that is ended at a write: what is half made is taken up by the next one. */
class Interrupt implements Life {
  readonly edits: Edits;
  readonly after: number;
  constructor(edits: Edits, after: number) {
    this.edits = edits;
    this.after = after;
  }
  check = () => true;
  async run(model: Model, aws: TinyAws): Promise<void> {
    const stop = new AbortController();
    let writes = 0;
    const cloud: Cloud = {
      ...aws,
      call: (op, input, how) => {
        if (WRITES.has(op) && ++writes === this.after) stop.abort(new Error('interrupted'));
        return aws.call(op, input, how);
      },
    };
    const { run } = await converge(cloud, edited(this.edits), 'apply', stop.signal);
    // With fewer writes than that, it was never interrupted.
    model.live = run.outcome === 'done' ? this.edits : writes === 0 ? model.live : 'unknown';
    if (run.outcome !== 'done') assert.is(run.outcome, 'cancelled');
  }
  toString = () => `interrupt(${this.edits.join(', ')}; at write ${this.after})`;
}

class Look implements Life {
  readonly edits: Edits;
  constructor(edits: Edits) {
    this.edits = edits;
  }
  check = () => true;
  async run(model: Model, aws: TinyAws): Promise<void> {
    const readOnly: Cloud = {
      ...aws,
      call: (op, input, how) => {
        assert.not.ok(WRITES.has(op), `a look calls ${op}`);
        return aws.call(op, input, how);
      },
    };
    const [first, second] = [await planFor(readOnly, edited(this.edits)), await planFor(readOnly, edited(this.edits))];
    assert.is(first.digest, second.digest, 'two looks see the same');
    if (model.live === 'unknown') return;
    if (model.live === 'nothing') return assert.is(first.summary.create, first.changes.length, 'all is to be made');
    const told = [...this.edits, ...model.live].filter((name) => !(this.edits.includes(name) && (model.live as Edits).includes(name)));
    if (same(this.edits, model.live)) assert.equal(first.changes, [], 'what matches is no drift');
    else if (told.length === 1 && !told.some((name) => LEFT_ALONE.includes(name))) assert.ok(first.changes.length > 0, `drift by ${told}`);
  }
  toString = () => `look(${this.edits.join(', ')})`;
}

class Destroy implements Life {
  check = () => true;
  async run(model: Model, aws: TinyAws): Promise<void> {
    const { run, check } = await converge(aws, edited([]), 'destroy');
    assert.is(failures(run), '');
    assert.equal(check.changes, [], 'nothing is left to destroy');
    const left = [...aws.objects.values()].filter((object) => object.State?.Name !== 'terminated');
    assert.equal(
      left.map(({ id }) => id),
      [],
    );
    model.live = 'nothing';
  }
  toString = () => 'destroy';
}

const edits = fc.subarray(EDIT_NAMES, { maxLength: 3 }).filter((names) => problemsOf(edited(names)).length === 0);
const life = fc.commands(
  [
    edits.map((names) => new Apply(names)),
    edits.map((names) => new Look(names)),
    fc.tuple(edits, fc.integer({ min: 1, max: 40 })).map(([names, after]) => new Interrupt(names, after)),
    fc.constant(new Destroy()),
  ],
  { size: 'small' },
);

t('whatever happens in whatever order, an apply gets there, a look sees what is, and a destroy leaves nothing', async () => {
  await fc.assert(
    fc.asyncProperty(life, (commands) => fc.asyncModelRun(() => ({ model: { live: 'nothing' } as Model, real: tinyAws() }), commands)),
    { numRuns: RUNS, seed },
  );
});

t.run();
