/** The scenarios of the sweep: a state of the account that is kept warm, a command that is run on it, and what must stand afterwards. */
import { IAMClient } from '@aws-sdk/client-iam';
import * as assert from 'uvu/assert';
import { faultsOf } from '../../reconciler/chaos/experiments.ts';
import { leftoversIn } from '../../reconciler/chaos/leftovers.ts';
import type { ReadySpec } from '../../reconciler/config/read.ts';
import { CloudError, ReconcileError } from '../../reconciler/errors.ts';
import { importBalancer } from '../../reconciler/import/import.ts';
import type { ChaosSettings } from '../../reconciler/load/types.ts';
import { withLock } from '../../reconciler/run/lock.ts';
import { explainCloudError, openSession, preview, type Session } from '../../reconciler/run/pipeline.ts';
import { runInTurn } from '../../reconciler/verify/in-turn.ts';
import { undoLeftovers } from '../../reconciler/verify/leftovers.ts';
import { verifyTarget } from '../../reconciler/verify/target.ts';
import { choose } from '../../reconciler/verify/victims.ts';
import { type Bench, fastClock, type Outcome, type RunOptions, readStackText, runOnce, stackText } from './faults-bench.ts';
import { makeScheduleRole } from './schedule-role.ts';

export interface Scenario {
  readonly name: string;
  /** What stands before; undefined: nothing. */
  readonly from: ReadySpec | undefined;
  /** What a plan is made of afterwards, which must be empty; in `mode`. */
  readonly to: ReadySpec;
  readonly mode: 'apply' | 'destroy';
  /** Whether a run brings the account to what a plan wants. */
  readonly applies: boolean;
  /** Tried at these calls; absent: at all. */
  only?(position: { readonly action: string }): boolean;
  /** `again`: the run after one that failed, which takes over the lock that one may have left. */
  run(bench: Bench, options: Pick<RunOptions, 'clock' | 'limits'> & { readonly again?: boolean }): Promise<Outcome>;
}

export const SCHEDULE_ROLE = 'albedo-schedule';

/** The role by which faults of the scenarios are undone on schedule. Before any of them. */
export async function makeScenarioRole(): Promise<void> {
  const iam = new IAMClient({ region: 'us-east-1' });
  assert.is(await makeScheduleRole(iam, plain), SCHEDULE_ROLE);
  iam.destroy();
}

/** The tutorial's stack with two rules, that are given in this order, and one more instance where wanted. */
function shop(more: Parameters<typeof stackText>[0] & { readonly rules?: string; readonly third?: boolean } = {}): ReadySpec {
  const { rules, third, ...variant } = more;
  let text = stackText(variant);
  if (rules !== undefined) text = text.replace('port: 80, forward: web }', `port: 80, forward: web, rules: { ${rules} } }`);
  if (third === true)
    text = text
      .replace(/( +)web-2: (.*)\n/, (line, indent: string, value: string) => `${line}${indent}web-3: ${value}\n`)
      .replace('targets: [web-1, web-2]', 'targets: [web-1, web-2, web-3]');
  return readStackText(text);
}

const applying = (name: string, from: ReadySpec | undefined, to: ReadySpec, mode: Scenario['mode'] = 'apply'): Scenario => ({
  ...{ name, from, to, mode, applies: true },
  run: (_bench, { again = false, ...options }) => runOnce(to, { ...options, mode, lock: { force: again } }),
});

const plain = shop();
const A = 'a: { if: { path: [/a/*] }, forward: web }';
const B = 'b: { if: { path: [/b/*] }, forward: web }';
const C = 'b: { if: { path: [/c/*] }, fixedResponse: { statusCode: "404" } }';

/** A run that is no apply, in the shape of one. */
async function told(options: Pick<RunOptions, 'clock' | 'limits'>, work: (session: Session) => Promise<void>): Promise<Outcome> {
  const begun = Date.now();
  const shown: string[] = [];
  const calls: Outcome['calls'][number][] = [];
  const session = openSession({
    region: 'us-east-1',
    env: process.env,
    clock: options.clock ?? fastClock(),
    ...(options.limits === undefined ? {} : { limits: options.limits }),
    emit: (event) => void shown.push(JSON.stringify(event)),
    log: (line) => void calls.push(line),
  });
  const end = (failures: Outcome['failures']): Outcome => ({
    ...{ ok: failures.length === 0, failures, calls, shown: shown.join('\n'), ms: Date.now() - begun },
  });
  try {
    await work(session);
    return end([]);
  } catch (thrown) {
    const error = thrown instanceof CloudError ? explainCloudError(thrown) : thrown;
    if (error instanceof ReconcileError) return end([{ code: error.code, message: error.message }]);
    return end([{ code: `not explained: ${String(thrown)}`, message: '' }]);
  }
}

const importing: Scenario = {
  ...{ name: 'import', from: plain, to: plain, mode: 'apply', applies: false },
  run: (_bench, options) =>
    told(options, async (session) => {
      const { text } = await importBalancer('webserver', { region: 'us-east-1', file: 'imported.yaml', schema: 'x' }, session);
      if (!/listeners:/.test(text)) throw new ReconcileError('Internal', 'the imported spec has no listeners');
    }),
};

const LOCK = { holder: 'test', run: 'test', wait: 0 };

/**
 * What verify calls by itself: it mends what an earlier run left, chooses, asks the safety lever, makes the schedule, breaks, mends and
 * watches, all under the lock. Load needs no AWS.
 */
const verifying = (name: string, seconds: number, experiments: readonly ChaosSettings[], only?: Scenario['only']): Scenario => ({
  ...{ name, from: plain, to: plain, mode: 'apply', applies: false, ...(only === undefined ? {} : { only }) },
  run: (_bench, { again = false, ...options }) =>
    told(options, (session) =>
      withLock('webserver', session, { ...LOCK, force: again }, async (held) => {
        const { observation } = await preview(plain, held);
        await undoLeftovers(leftoversIn(observation.raws), held);
        const target = verifyTarget(plain.stack, observation, {});
        const faults = faultsOf({ experiments });
        const [first] = faults;
        if (first === undefined) throw new ReconcileError('Internal', 'there is no experiment');
        const turns = await runInTurn(
          { faults, first: await choose(first, { stack: 'webserver', target, session: held }) },
          {
            ...{ stack: 'webserver', target, session: held, signal: held.signal, loadOver: new AbortController().signal },
            ...{ startedAt: Promise.resolve(held.clock.now()), duration: seconds, objectives: {} },
            schedule: { role: SCHEDULE_ROLE, notNeeded: false },
          },
        );
        for (const { disruption, refusal, why = '' } of turns)
          if (disruption?.outcome !== 'recovered')
            throw new ReconcileError('LoadFailed', `${disruption?.outcome ?? 'no fault'}: ${disruption?.problem || refusal || why}`);
      }),
    ),
});

const isRead = ({ action }: { readonly action: string }): boolean => /^(Describe|Get|List)/.test(action);
const stopOne = { stopInstance: { from: 'web', at: 2, for: 10 } } as const;

export const SCENARIOS: readonly Scenario[] = [
  applying('create', undefined, plain),
  applying('no-op', plain, plain),
  applying('update', plain, shop({ path: '/' })),
  applying('replace', plain, shop({ port: 8081 })),
  applying('rule change', shop({ rules: `${A}, ${B}` }), shop({ rules: `${C}, ${A}` })),
  applying('rule order', shop({ rules: `${A}, ${B}` }), shop({ rules: `${B}, ${A}` })),
  applying('rotation', shop({ commonName: 'one.example' }), shop({ commonName: 'two.example' })),
  // The longest of all, most of it waits: its reads are those of the others.
  { ...applying('roll-out', shop({ script: 'one' }), shop({ script: 'two' })), only: (position) => !isRead(position) },
  applying('scale', plain, shop({ third: true })),
  applying('destroy', plain, plain, 'destroy'),
  importing,
  verifying("verify's own calls", 30, [stopOne]),
  // The reads between two experiments are as many as there is time for.
  verifying('experiments in turn', 240, [{ deregisterTarget: { from: 'web', at: 2, for: 10 } }, stopOne], (position) => !isRead(position)),
];
