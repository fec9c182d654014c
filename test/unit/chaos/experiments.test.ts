/** What must be true of every experiment, whatever it breaks. */
import { readdirSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { OPERATIONS } from '../../../reconciler/aws/operations.ts';
import { disrupt } from '../../../reconciler/chaos/carry-out/disrupt.ts';
import { NOTHING_KNOWN } from '../../../reconciler/chaos/experiments/experiment.ts';
import { EXPERIMENT_ROWS, EXPERIMENTS, experimentNamed, faultOf } from '../../../reconciler/chaos/experiments.ts';
import { readMark, writeMark } from '../../../reconciler/chaos/fault-mark.ts';
import type { Victim } from '../../../reconciler/chaos/types.ts';
import { compileSchema } from '../../../reconciler/config/ajv.ts';
import { readSettings } from '../../../reconciler/config/settings.ts';
import { CloudError } from '../../../reconciler/errors.ts';
import { rolePolicy } from '../../../reconciler/iam/role-policy.ts';
import { judge } from '../../../reconciler/load/judge.ts';
import { valueAt } from '../../../reconciler/model/paths.ts';
import { renderHtml } from '../../../reconciler/report/html.ts';
import { renderMarkdown } from '../../../reconciler/report/markdown.ts';
import { buildReport } from '../../../reconciler/report/report.ts';
import { renderText } from '../../../reconciler/report/text.ts';
import type { Cloud } from '../../../reconciler/run/port.ts';
import { undoFault } from '../../../reconciler/verify/undo-fault.ts';
import { suite } from '../../support/suite.ts';
import { judgeInput, usual } from '../load/samples.ts';
import { simulatedAws, simulatedClock } from './simulated.ts';

const t = suite('experiments');
const root = new URL('../../../', import.meta.url).pathname;
const check = { intervalSeconds: 10, timeoutSeconds: 5, healthyThreshold: 3, unhealthyThreshold: 2 };
/** What the undo of some has to know. */
const DETAILS: Readonly<Record<string, string>> = {
  ...{ killProcess: 'webserver', slowTarget: 'webserver', failRequests: 'webserver' },
  ...{ closeRule: 'sg-1:sgr-1:8080-8080', terminateInstance: '1' },
};
const victimOf = (experiment: string): Victim => ({
  ...{ experiment, instanceId: 'i-victim', name: 'web-1', zone: 'a', port: 8080 },
  ...{ group: 'web', groupArn: 'arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/1', seed: 's' },
  ...(DETAILS[experiment] === undefined ? {} : { detail: DETAILS[experiment] }),
});

t('each file of the folder is in the list, and names are unlike', () => {
  const files = readdirSync(`${root}reconciler/chaos/experiments`).filter((file) => file !== 'experiment.ts');
  const kebab = (name: string): string => `${name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}.ts`;
  assert.equal(files.sort(), EXPERIMENTS.map(({ name }) => kebab(name)).sort());
  assert.throws(() => experimentNamed('none'), 'none');
  assert.is(faultOf({}), undefined);
  assert.is(faultOf(null), undefined);
});

for (const experiment of EXPERIMENTS) {
  const { name, start, undo, look, words } = experiment;
  const namedRow = experiment.named === undefined ? {} : { [experiment.named]: 'web-1' };
  const length = experiment.refills === true ? {} : { for: '1m' };
  const defaults = Object.fromEntries(
    experiment.own.flatMap((row) => {
      const value = valueAt(experiment.schema, `properties.${row}.default`);
      return value === undefined ? [] : [[row, String(value)]];
    }),
  );
  const own = Object.keys(defaults).length === 0 ? {} : { own: defaults };

  t(`${name}: what a spec may say, with its defaults; anything else is refused`, () => {
    const valid = compileSchema({ type: 'object', properties: EXPERIMENT_ROWS });
    const fits = (said: object): boolean => valid({ [name]: said }) === true;
    assert.ok(fits({ from: 'web' }));
    assert.ok(fits({ from: 'web', ...namedRow, ...length, at: '5s', seed: 'x' }));
    assert.not.ok(fits({}));
    assert.not.ok(fits({ from: 'web', forever: true }));
    assert.not.ok(fits({ from: 'web', for: 7200 }), 'longer than it may last');
    const { chaos } = readSettings({ chaos: { [name]: { from: 'web', ...namedRow } } });
    assert.equal(chaos, { [name]: { from: 'web', at: 20, for: experiment.refills === true ? 0 : 20, ...namedRow, ...own } });
    assert.is(faultOf(chaos)?.experiment, experiment);
  });

  t(`${name}: its calls are in the table, and the chaos role may make them, with others only where a spec asks for them`, () => {
    for (const { op } of [start, undo, look]) assert.ok(Object.hasOwn(OPERATIONS, op), op);
    const actions = (experiments?: readonly string[]) =>
      rolePolicy({
        role: 'chaos',
        stacks: [],
        region: 'us-east-1',
        account: '123456789012',
        ...(experiments ? { experiments } : {}),
      }).flatMap(({ Statement }) => Statement.flatMap(({ Action }) => Action));
    const action = start.op.replace(/^elbv2:/, 'elasticloadbalancing:');
    assert.ok(actions([name]).includes(action));
    assert.ok(actions().includes(action));
    assert.not.ok(actions([]).includes(action));
  });

  t(`${name}: broken when it is due, mended after its time, and mended again after a lost answer`, async () => {
    for (const lost of [false, true]) {
      const clock = simulatedClock();
      const inner = simulatedAws(clock);
      const sent: string[] = [];
      const cloud: Cloud = {
        ...inner,
        call: async (op, input, options) => {
          // The undo is sent once a try; what is read besides is not.
          if ((op === start.op && sent.length === 0) || (op === undo.op && options?.once === true && options.poll !== true)) {
            sent.push(`${Math.floor((clock.now() - 1_000_000) / 1000)} ${op}`);
            if (lost && sent.length === 1) throw new CloudError(op, 'RequestTimeout', 'Transient', 'no answer');
          }
          if (/Tags$/.test(op)) return {};
          if (op === 'ssm:SendCommand') return { Command: { CommandId: 'c' } };
          if (op === 'ssm:GetCommandInvocation') return { Status: 'Success' };
          if (op === start.op) return {};
          return op === 'ec2:DescribeSecurityGroupRules'
            ? rule(8080)
            : op === undo.op && !/Describe/.test(op)
              ? {}
              : inner.call(op, input, options);
        },
      };
      const seconds = experiment.refills === true ? 0 : 15;
      const result = await clock.run(
        disrupt({
          ...{ cloud, clock, experiment, victim: victimOf(name), settings: { at: 20, for: seconds } },
          ...{ startedAt: 1_000_000, watchSeconds: 60, recoverWithinMs: 1000, emit: () => {} },
        }),
      );
      assert.is(sent[0], `20 ${start.op}`);
      assert.ok(sent[1]?.endsWith(undo.op), String(sent));
      if (!lost) assert.is(sent[1], `${20 + seconds} ${undo.op}`);
      assert.is(result.restored, true);
    }
  });

  t(`${name}: what it is told of a victim names it, and its tag tells enough to undo it`, () => {
    const victim = victimOf(name);
    const named = `${JSON.stringify(start.input(victim, { ...NOTHING_KNOWN, seen: rule(8080) }))} ${JSON.stringify(experiment.marked(victim))}`;
    assert.match(named, name === 'closeRule' ? 'sgr-1' : 'i-victim');
    const mark = readMark(
      writeMark({ experiment: name, since: 0, until: 0, run: '', victim: { ...victim, instanceId: 'i-0123456789abcdef0' } }),
    );
    assert.ok(mark);
    const about = { ...NOTHING_KNOWN, seen: rule(9) };
    const text = (of: Victim): string => JSON.stringify(undo.input(of, about)).replaceAll('i-0123456789abcdef0', 'i-victim');
    assert.is(text(mark.victim).replace(/a load test of [^"]*/, ''), text(victim).replace(/a load test of [^"]*/, ''));
  });

  t(`${name}: the command for a shell names what is to be mended`, () =>
    assert.match(undo.byHand(victimOf(name)), /i-victim|targetgroup|albedo halt --region us-east-1/),
  );

  t(`${name}: what it predicts are spans that grow with the thresholds`, () => {
    const some = experiment.predict(check);
    const slower = experiment.predict({ ...check, intervalSeconds: 60 });
    for (const span of [some.detection, some.recovery, ...some.besides]) assert.ok(span.from <= span.to && /\.$/.test(span.sentence));
    assert.ok(experiment.mayPass === true || slower.recovery.to > some.recovery.to);
  });

  t(`${name}: the report speaks of it in its own words`, () => {
    const input = judgeInput(usual, { chaos: { [name]: { from: 'web', at: 20, for: 20, ...own } } });
    const load = judge(input);
    const report = buildReport({ stack: 'web', account: '', region: 'us-east-1', createdAt: 0, load, victim: input.victim });
    assert.match(renderText(report), `detection (${words.verb} → not healthy)`);
    assert.match(renderMarkdown(report), `from the ${words.verb} call`);
    assert.match(renderHtml(report), `>${words.done}</span>`);
    assert.ok(load.events.some(({ text }) => text === `${start.op.split(':')[1]} sent`));
    const refused = judge({ ...input, victim: null, disruption: null, refusal: 'because' });
    assert.ok(refused.reasons.includes(`no ${words.thing} was ${words.done}: because`));
  });

  t(`${name}: a victim of a run that is no more is put right only where it has to be`, async () => {
    const clock = simulatedClock();
    const victim = victimOf(name);
    for (const state of experiment.refills === true ? (['fine', 'gone'] as const) : (['fine', 'broken', 'gone'] as const)) {
      const sent: string[] = [];
      const call = async (op: string) => {
        // Whole and healthy from the undo on.
        if (op === look.op) return ANSWERS[look.op]?.[sent.length > 0 ? 'fine' : state];
        if (op === 'elbv2:DescribeTargetHealth') return target('healthy');
        if (/Tags$/.test(op)) return void untagged.push(op);
        // Where the first look cannot know: the instance is there.
        if (op === look.then?.op) return instance('running');
        if (op === 'ssm:GetCommandInvocation') return { Status: 'Success' };
        sent.push(op);
        return { Command: { CommandId: 'c' } };
      };
      const untagged: string[] = [];
      const came = await clock.run(undoFault(victim, { cloud: { call }, clock, signal: new AbortController().signal } as never));
      // Where no look can tell, the undo is sent whatever it shows.
      const mends = state === 'broken' || (state === 'fine' && undo.op === 'ssm:SendCommand');
      assert.is(came, mends ? 'undone' : state);
      assert.equal(sent, mends ? [undo.op] : []);
      const staysWith = experiment.marked(victim).id === victim.instanceId;
      assert.is(untagged.length, state === 'gone' && staysWith ? 0 : 1, 'the tag goes with the fault, or with what carries it');
    }
  });
}

const instance = (state: string) => ({ Reservations: [{ Instances: [{ InstanceId: 'i-victim', State: { Name: state } }] }] });
const target = (State: string) => ({
  TargetHealthDescriptions: [{ Target: { Id: 'i-victim', Port: 8080 }, TargetHealth: { State } }],
});
const gone = (op: string): never => {
  throw new CloudError(op, 'TargetGroupNotFound', 'NotFound', 'gone');
};
const rule = (port: number) => ({
  SecurityGroupRules: [
    {
      ...{ SecurityGroupRuleId: 'sgr-1', GroupId: 'sg-1', IsEgress: false, IpProtocol: 'tcp', FromPort: port, ToPort: port },
      ...{ Description: 'from the load balancer', ReferencedGroupInfo: { GroupId: 'sg-lb' } },
    },
  ],
});
/** What AWS answers of a victim in each case, by the call that looks. */
const ANSWERS: Readonly<Record<string, { readonly fine: unknown; readonly broken: unknown; readonly gone: unknown }>> = {
  'ec2:DescribeSecurityGroupRules': { fine: rule(8080), broken: rule(9), gone: { SecurityGroupRules: [] } },
  'ec2:DescribeInstances': { fine: instance('running'), broken: instance('stopped'), gone: instance('terminated') },
  'elbv2:DescribeTargetHealth': {
    fine: target('healthy'),
    broken: target('draining'),
    get gone() {
      return gone('elbv2:DescribeTargetHealth');
    },
  },
};

t.run();
