/** AWS FIS as the one that breaks, on a simulated AWS and clock: the order of calls, what is done after each way to fail, and that nothing is left. */
import * as assert from 'uvu/assert';
import { disrupt } from '../../../reconciler/chaos/carry-out/disrupt.ts';
import { stopShare } from '../../../reconciler/chaos/experiments/stop-share.ts';
import { BY_FIS } from '../../../reconciler/chaos/fis.ts';
import type { Victim } from '../../../reconciler/chaos/types.ts';
import { CloudError } from '../../../reconciler/errors.ts';
import type { FisEnvironment } from '../../../reconciler/model/environment.ts';
import type { Json } from '../../../reconciler/model/json.ts';
import type { CallOptions, Cloud } from '../../../reconciler/run/port.ts';
import { clearFis, fisHands } from '../../../reconciler/verify/fis.ts';
import { undoFault } from '../../../reconciler/verify/undo-fault.ts';
import { rejects } from '../../support/rejects.ts';
import { suite } from '../../support/suite.ts';
import { type Behaviour, simulatedAws, simulatedClock } from '../chaos/simulated.ts';

const t = suite('a fault by AWS FIS');
const START = 1_000_000;
const victim: Victim = {
  ...{ experiment: 'stopShare', instanceId: 'i-victim', name: 'web-1', zone: 'a', port: 8080, group: 'web' },
  ...{ groupArn: 'arn:aws:elasticloadbalancing:x:targetgroup/web/1', seed: 's', detail: BY_FIS, stack: 'live' },
};
const TERMS: FisEnvironment = { role: 'team/albedo-fis', alarms: ['shop-5xx'] };

interface Fis extends Behaviour {
  readonly terms?: FisEnvironment;
  /** Milliseconds from the start at which it ends by itself, and how. */
  readonly endsMs?: number;
  readonly endsAs?: { readonly status: string; readonly reason: string };
  /** How it ends instead of beginning. */
  readonly fails?: { readonly status: string; readonly reason: string; readonly action: string };
  /** A template that a run left, with an experiment that goes on. */
  readonly left?: { readonly stack: string };
  readonly abortAt?: number;
}

function worldOf(given: Fis) {
  const clock = simulatedClock(START);
  const aws = simulatedAws(clock, given);
  const calls: string[] = [];
  const counts = new Map<string, number>();
  const templates = new Map<string, Json>();
  const states = new Map<string, { of: string; status: string; reason: string; action: string; beganAt?: number }>();
  let made: Json = null;
  if (given.left !== undefined) {
    templates.set('EXT0', { id: 'EXT0', tags: { 'albedo:stack': given.left.stack, 'albedo:fault': 'stopShare' } });
    states.set('EXP0', { of: 'EXT0', status: 'running', reason: '', action: 'running' });
  }
  const silent = { signal: new AbortController().signal };
  const answer = async (op: string, input: { readonly [key: string]: Json }): Promise<Json> => {
    const id = String(input['id']);
    const state = states.get(id);
    switch (op) {
      case 'fis:CreateExperimentTemplate':
        made = input;
        templates.set('EXT1', { id: 'EXT1', tags: input['tags'] ?? {} });
        return { experimentTemplate: { id: 'EXT1' } };
      case 'fis:DeleteExperimentTemplate':
        if (!templates.delete(id)) throw new CloudError(op, 'ResourceNotFoundException', 'NotFound', 'no such template');
        return {};
      case 'fis:ListExperimentTemplates':
        return { experimentTemplates: [...templates.values()] };
      case 'fis:ListExperiments':
        return {
          experiments: [...states]
            .filter(([, each]) => each.of === input['experimentTemplateId'])
            .map(([key, { status, reason }]) => ({ id: key, state: { status, reason } })),
        };
      case 'fis:StartExperiment': {
        const own = { of: String(input['experimentTemplateId']), status: 'pending', reason: '', action: 'pending' };
        states.set('EXP1', own);
        clock.at(clock.now() - START + 4000, () => {
          if (own.status !== 'pending') return;
          if (given.fails !== undefined) return void Object.assign(own, given.fails);
          Object.assign(own, { status: 'running', action: 'running', beganAt: clock.now() });
          void aws.call('ec2:StopInstances', { InstanceIds: ['i-victim'] }, silent);
        });
        if (given.endsMs !== undefined)
          clock.at(given.endsMs, () => {
            Object.assign(own, { status: 'stopped', action: 'stopped', reason: '', ...given.endsAs });
            void aws.call('ec2:StartInstances', { InstanceIds: ['i-victim'] }, silent);
          });
        return { experiment: { id: 'EXP1', state: own } };
      }
      case 'fis:GetExperiment':
        if (state === undefined) throw new CloudError(op, 'ResourceNotFoundException', 'NotFound', 'no such experiment');
        return {
          experiment: {
            id,
            state: { status: state.status, reason: state.reason },
            actions: { 'victims-1': { state: { status: state.action }, startTime: (state.beganAt ?? 0) / 1000 } },
          },
        };
      case 'fis:StopExperiment':
        if (state === undefined || !/pending|initiating|running|stopping/.test(state.status))
          throw new CloudError(op, 'ValidationException', 'Invalid', 'it has ended');
        Object.assign(state, { status: 'stopped', action: 'stopped' });
        return {};
      default:
        throw new Error(op);
    }
  };
  const cloud: Cloud = {
    call: async (op: string, input: Json, options: CallOptions = {}) => {
      if (options.poll !== true && !/^(ec2:Describe|elbv2:)/.test(op)) calls.push(op.slice(op.indexOf(':') + 1));
      if (!op.startsWith('fis:')) return aws.call(op, input, options);
      const count = (counts.get(op) ?? 0) + 1;
      counts.set(op, count);
      options.signal?.throwIfAborted();
      await clock.sleep(20, options.signal);
      const error = given.fail?.(op, count);
      // The call was taken, and its answer is lost.
      if (error?.awsCode === 'ECONNRESET') await answer(op, input as never);
      if (error !== undefined) throw error;
      return answer(op, input as never);
    },
  };
  return { clock, aws, cloud, calls, templates, states, made: () => made };
}

async function scene(given: Fis = {}) {
  const world = worldOf(given);
  const { clock, cloud } = world;
  const abort = new AbortController();
  if (given.abortAt !== undefined) clock.at(given.abortAt, () => abort.abort(new Error('Ctrl-C')));
  const warnings: string[] = [];
  const session = {
    ...{ cloud, clock, region: 'eu-west-1', signal: abort.signal, account: async () => '123456789012' },
    emit: (event: { kind: string; text?: string }) => void (event.kind === 'warning' && warnings.push(event.text ?? '')),
  };
  const terms = 'terms' in given ? given.terms : TERMS;
  const hands = fisHands({ experiment: stopShare, stack: 'live', terms }, session as never, (text) => void warnings.push(text));
  const result = await clock.run(
    disrupt({
      ...{ cloud, clock, experiment: stopShare, victim, startedAt: START, watchSeconds: 120, signal: abort.signal },
      ...{ settings: { at: 20, for: 60 }, guardian: hands, breaker: hands, emit: session.emit as never },
    }),
  );
  const sent = (kind: string) => (result.observations.find((each) => each.kind === kind)?.at ?? 0) - START;
  return { ...world, result, warnings, sent };
}

const refusal = (op: string, code: string, kind: CloudError['class']) => new CloudError(op, code, kind, `${code}: AWS says why`);
const FULL = [
  ...['ListExperimentTemplates', 'CreateExperimentTemplate', 'CreateTags', 'StartExperiment', 'StopExperiment', 'StartInstances'],
  ...['DeleteExperimentTemplate', 'DeleteTags'],
];

t('a template, an experiment of the length asked for, both put away; the start is sent all the same', async () => {
  const { result, calls, templates, states, aws, made, sent, warnings } = await scene();
  assert.equal([result.outcome, result.restored, result.problem, warnings], ['recovered', true, '', []]);
  assert.equal([...calls].sort(), [...FULL].sort());
  assert.ok(calls.indexOf('StopExperiment') < calls.indexOf('StartInstances'));
  assert.equal([templates.size, states.get('EXP1')?.status, aws.state()], [0, 'stopped', 'running']);
  // FIS began four seconds after it was asked to: from there the fault counts.
  assert.ok(sent('stop') >= 24_000 && sent('stop') < 26_000, String(sent('stop')));
  assert.ok(sent('start') >= 84_000 && sent('start') < 86_000, String(sent('start')));
  const { clientToken, ...template } = made() as { readonly [key: string]: Json };
  assert.match(String(clientToken), /^[0-9a-f]{32}$/);
  assert.equal(template, {
    description: 'albedo: stopShare in a load test of live: web-1 (i-victim)',
    roleArn: 'arn:aws:iam::123456789012:role/team/albedo-fis',
    stopConditions: [{ source: 'aws:cloudwatch:alarm', value: 'arn:aws:cloudwatch:eu-west-1:123456789012:alarm:shop-5xx' }],
    targets: {
      'victims-1': {
        ...{ resourceType: 'aws:ec2:instance', selectionMode: 'ALL' },
        resourceArns: ['arn:aws:ec2:eu-west-1:123456789012:instance/i-victim'],
      },
    },
    actions: {
      'victims-1': {
        actionId: 'aws:ec2:stop-instances',
        parameters: { startInstancesAfterDuration: 'PT60S' },
        targets: { Instances: 'victims-1' },
      },
    },
    tags: { 'albedo:stack': 'live', 'albedo:fault': 'stopShare' },
  });
});

t('without alarms nothing but its end stops it; without a role nothing is broken', async () => {
  const { made } = await scene({ terms: { role: 'r' } });
  assert.equal((made() as { stopConditions: Json }).stopConditions, [{ source: 'none' }]);
  const { result, calls } = await scene({ terms: undefined } as never);
  assert.is(result.outcome, 'not-started');
  assert.match(result.problem, 'environment.yaml names no role for it');
  assert.equal(
    calls.filter((call) => /Experiment|Stop/.test(call)),
    [],
  );
});

t('an alarm ends it: the start follows at once, and its reason is the problem of one that recovered', async () => {
  const { result, sent, aws, templates } = await scene({
    endsMs: 40_000,
    endsAs: { status: 'stopped', reason: 'Experiment halted by stop condition.' },
  });
  assert.equal([result.outcome, result.restored, aws.state(), templates.size], ['recovered', true, 'running', 0]);
  assert.match(result.problem, 'AWS FIS ended the experiment before its time: stopped: Experiment halted by stop condition');
  assert.ok(sent('start') < 45_000, String(sent('start')));
});

t('one that ends when its time is over is no problem', async () => {
  const { result } = await scene({ endsMs: 82_000, endsAs: { status: 'completed', reason: '' } });
  assert.equal([result.outcome, result.problem], ['recovered', '']);
});

t('one that does not begin: refused where no action has begun; else it is mended', async () => {
  const why = { status: 'failed', reason: 'Unable to assume role.' };
  const untouched = await scene({ fails: { ...why, action: 'cancelled' } });
  assert.equal([untouched.result.outcome, untouched.calls.includes('StartInstances'), untouched.templates.size], ['refused', false, 0]);
  assert.match(untouched.result.problem, 'its experiment in AWS FIS is failed: Unable to assume role');
  const touched = await scene({ fails: { ...why, action: 'failed' } });
  assert.equal([touched.result.restored, touched.calls.includes('StartInstances')], [true, true]);
  const denied = await scene({ fail: (op) => (op === 'fis:StartExperiment' ? refusal(op, 'AccessDeniedException', 'Denied') : undefined) });
  assert.equal([denied.result.outcome, denied.templates.size, denied.calls.includes('StartInstances')], ['refused', 0, false]);
});

t('lost answers: the template is found by its tags, the experiment by its template, and what was begun is ended and mended', async () => {
  const lost = (wanted: string) => (op: string) => (op === wanted ? refusal(op, 'ECONNRESET', 'Transient') : undefined);
  const template = await scene({ fail: lost('fis:CreateExperimentTemplate') });
  assert.equal([template.result.outcome, template.templates.size], ['not-started', 0]);
  const start = await scene({ fail: lost('fis:StartExperiment') });
  assert.equal([start.result.restored, start.templates.size, start.states.get('EXP1')?.status], [true, 0, 'stopped']);
  assert.ok(start.calls.indexOf('StopExperiment') < start.calls.indexOf('StartInstances'), start.calls.join());
  // What was begun is no refusal, whatever a look is answered.
  const look = await scene({ fail: (op) => (op === 'fis:GetExperiment' ? refusal(op, 'AccessDeniedException', 'Denied') : undefined) });
  assert.equal([look.result.restored, look.calls.includes('StartInstances'), look.states.get('EXP1')?.status], [true, true, 'stopped']);
});

t('an end that FIS refuses is said, and the start is sent all the same', async () => {
  const { result, warnings, aws } = await scene({
    fail: (op) => (op === 'fis:StopExperiment' ? refusal(op, 'AccessDeniedException', 'Denied') : undefined),
  });
  assert.equal([result.outcome, aws.state()], ['recovered', 'running']);
  assert.match(warnings.join('\n'), 'the call to end the experiment of AWS FIS failed');
  const undeleted = await scene({
    fail: (op) => (op === 'fis:DeleteExperimentTemplate' ? refusal(op, 'AccessDeniedException', 'Denied') : undefined),
  });
  assert.match(undeleted.warnings.join('\n'), 'a template of AWS FIS for live could not be deleted');
});

t('Ctrl-C before it is under way and while it is: ended and started at once', async () => {
  for (const abortAt of [22_000, 50_000]) {
    const { result, states, calls } = await scene({ abortAt });
    assert.equal([result.outcome, result.restored], ['aborted', true], String(abortAt));
    assert.is(states.get('EXP1')?.status, 'stopped');
    assert.ok(calls.includes('StartInstances'));
  }
});

t('what a run left is ended and deleted by the next of the stack; that of another stays', async () => {
  const own = await scene({ left: { stack: 'live' } });
  assert.equal([own.result.outcome, own.templates.size, own.states.get('EXP0')?.status], ['recovered', 0, 'stopped']);
  const other = await scene({ left: { stack: 'other' } });
  assert.equal([other.templates.size, other.states.get('EXP0')?.status], [1, 'running']);
  const { clock, cloud, templates } = worldOf({ left: { stack: 'other' } });
  assert.equal(await clock.run(clearFis(cloud, new AbortController().signal)), ['EXT0']);
  assert.is(templates.size, 0);
});

t('whoever mends for a run that is no more ends the experiment first; where it may not, it says so and mends', async () => {
  const mend = async (given: Fis, marked: Victim = victim) => {
    const { clock, cloud, aws, calls, templates, states } = worldOf({ left: { stack: 'live' }, ...given });
    await clock.run(aws.call('ec2:StopInstances', {}, {}));
    await clock.run(clock.sleep(5000));
    const notes: string[] = [];
    const session = { cloud, clock, signal: new AbortController().signal, note: (text: string) => void notes.push(text) };
    return { came: await clock.run(undoFault(marked, session as never)), calls, notes, templates, states };
  };
  const done = await mend({});
  assert.equal([done.came, done.templates.size, done.states.get('EXP0')?.status, done.notes], ['undone', 0, 'stopped', []]);
  assert.ok(done.calls.indexOf('StopExperiment') < done.calls.indexOf('StartInstances'));
  const refused = await mend({ fail: (op) => (op.startsWith('fis:List') ? refusal(op, 'AccessDeniedException', 'Denied') : undefined) });
  assert.is(refused.came, 'undone');
  assert.match(refused.notes.join('\n'), 'the call to end the experiment of AWS FIS on web-1 (i-victim) failed; FIS ends it by itself');
  const { detail: _, ...plain } = victim;
  assert.not.ok(
    (await mend({}, plain)).calls.some((call) => call.includes('Experiment')),
    'an account without FIS is not asked for it',
  );
});

t('five instances a target, fifty at once', async () => {
  const others = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ instanceId: `i-${index}`, name: `${index}`, zone: 'a', port: 1 }));
  const make = async (count: number): Promise<Json> => {
    const { clock, cloud, made } = worldOf({});
    const session = { cloud, clock, region: 'cn-north-1', signal: new AbortController().signal, account: async () => '1', emit: () => {} };
    const hands = fisHands({ experiment: stopShare, stack: 'live', terms: TERMS }, session as never, () => undefined);
    await clock.run(hands.arm({ ...victim, others: others(count) }, 0, { seconds: 60 } as never));
    return made();
  };
  const { targets, roleArn } = (await make(6)) as { targets: Record<string, { resourceArns: string[] }>; roleArn: string };
  assert.equal(
    Object.values(targets).map(({ resourceArns }) => resourceArns.length),
    [5, 2],
  );
  assert.is(roleArn, 'arn:aws-cn:iam::1:role/team/albedo-fis');
  assert.ok(await make(49));
  await rejects(() => make(50), /stops 50 instances at most at once, and these are 51/);
});

t.run();
