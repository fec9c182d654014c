/** A listener that owns all its rules: those of others are planned to be removed, each with consent. */
import { DescribeListenersCommand, DescribeRulesCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import * as assert from 'uvu/assert';
import { stringify } from 'yaml';
import { type Bench, contractSuite, converge, look, namesOf, type Spec, withAt } from '../support/contract-bench.ts';
import { handMadeRule } from '../support/hand-made.ts';
import { planned } from '../support/importing.ts';

const t = contractSuite('a listener that owns its rules', { dataplane: false, fresh: true });

const answer = { fixedResponse: { statusCode: '200', messageBody: 'ours' } };
const spec: Spec = {
  stack: 'whole',
  region: 'us-east-1',
  network: {
    vpc: { cidrBlock: '10.0.0.0/16' },
    subnets: {
      a: { availabilityZone: 'us-east-1a', cidrBlock: '10.0.1.0/24' },
      b: { availabilityZone: 'us-east-1b', cidrBlock: '10.0.2.0/24' },
    },
  },
  loadBalancer: { subnets: ['a', 'b'] },
  listeners: {
    http: { protocol: 'HTTP', port: 80, ownsRules: true, ...answer, rules: { a: { priority: 7, if: { path: ['/a'] }, ...answer } } },
  },
};

async function listenerOf({ elb, sandbox }: Bench): Promise<string> {
  const [balancer] = sandbox.elbv2.loadBalancers();
  const { Listeners = [] } = await elb.send(new DescribeListenersCommand({ LoadBalancerArn: balancer?.arn ?? '' }));
  return Listeners[0]?.ListenerArn ?? '';
}

async function meddle(bench: Bench, priority: number, path: string): Promise<string> {
  return handMadeRule(
    bench,
    await listenerOf(bench),
    priority,
    [{ Field: 'path-pattern', PathPatternConfig: { Values: [path] } }],
    [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '404' } }],
  );
}

async function pathsOf(bench: Bench): Promise<readonly (string | undefined)[]> {
  const { Rules = [] } = await bench.elb.send(new DescribeRulesCommand({ ListenerArn: await listenerOf(bench) }));
  return Rules.filter(({ IsDefault }) => IsDefault !== true)
    .map(({ Conditions = [] }) => Conditions[0]?.PathPatternConfig?.Values?.[0])
    .sort();
}

t('rules of others are in the plan, refused without consent and removed with it; without the word they are left alone', async (bench) => {
  await converge(bench, spec);
  await meddle(bench, 3, '/theirs');
  // The same conditions as one of ours: it is removed, not taken over.
  await meddle(bench, 9, '/a');
  const alone = await look(bench, withAt(spec, ['listeners', 'http', 'ownsRules'], undefined));
  assert.equal(namesOf(alone.plan), []);
  assert.is(alone.plan.notes.filter(({ kind }) => kind === 'foreign').length, 2);
  const refused = await planned(bench, stringify(spec));
  assert.equal([...namesOf(refused.plan)].sort(), ['destroy rule/http.foreign.3', 'destroy rule/http.foreign.9']);
  assert.equal(refused.refusals.map(({ rule, address }) => `${rule} ${address}`).sort(), [
    'destroy rule/http.foreign.3',
    'destroy rule/http.foreign.9',
  ]);
  const one = await planned(bench, stringify(spec), { allowDestroy: ['rule/http.foreign.3'] });
  assert.equal(
    one.refusals.map(({ address }) => address),
    ['rule/http.foreign.9'],
  );
  await converge(bench, spec);
  assert.equal(await pathsOf(bench), ['/a']);
});

t('a rule of others on a priority of ours makes room in the same plan', async (bench) => {
  await converge(bench, spec);
  await meddle(bench, 20, '/theirs');
  const more = withAt(spec, ['listeners', 'http', 'rules', 'b'], { priority: 20, if: { path: ['/b'] }, ...answer });
  await converge(bench, more);
  assert.equal(await pathsOf(bench), ['/a', '/b']);
  await converge(bench, more, 'destroy');
});

t.run();
