/** A create whose answer was lost: looked for before it is sent again, and what is left of it in no later apply's way. */
import {
  CreateRuleCommand,
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  DescribeRulesCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import * as assert from 'uvu/assert';
import { openSession, preview, reconcile } from '../../reconciler/run/pipeline.ts';
import type { FaultRule } from '../../sandbox/faults.ts';
import { createAuthority } from '../support/certificate-authority.ts';
import { type Bench, contractSuite, converge, ready, type Spec } from '../support/contract-bench.ts';
import { paceClock } from '../support/contract-clock.ts';
import { type GivenNetwork, givenNetwork, givenSpec } from '../support/contract-given.ts';
import { PERMISSIVE } from '../support/policies.ts';

const t = contractSuite('lost-create', { fresh: true });

let net: GivenNetwork;
t.before.each(async (bench) => {
  net = await givenNetwork(bench);
});

const rule = (path: string, code: string, more: Spec = {}): Spec => ({
  if: { path: [path] },
  fixedResponse: { statusCode: code },
  ...more,
});
const specOf = (rules: Spec): Spec => givenSpec(net, { a: net.a, b: net.b }, { balancer: { scheme: 'internal' }, rules });

const BEFORE: Spec = { r: rule('/r', '404'), s: rule('/s', '404') };
const AFTER: Spec = { r: rule('/s', '410'), s: rule('/t', '503') };
const PINNED = (rules: Spec): Spec =>
  Object.fromEntries(Object.entries(rules).map(([name, each], index) => [name, { ...(each as Spec), priority: 7 + index }]));

async function applied({ sandbox }: Bench, spec: Spec, faults: readonly FaultRule[]) {
  const session = openSession({ region: 'us-east-1', env: process.env, clock: paceClock(sandbox.clock) });
  const planned = await preview(ready(spec), session, PERMISSIVE);
  sandbox.faults.set(faults);
  const done = await reconcile(ready(spec), planned, session);
  sandbox.faults.set([]);
  return done;
}

const LOST: Readonly<Record<string, readonly FaultRule[]>> = {
  'an error after the effect': [{ match: { action: 'CreateRule' }, fault: 'error-after' }],
  'a connection that breaks after the effect': [{ match: { action: 'CreateRule' }, fault: 'reset-after' }],
  'the second of two': [{ match: { action: 'CreateRule', nth: 2 }, fault: 'reset-after' }],
  'an error before the effect': [{ match: { action: 'CreateRule' }, fault: 'error-before' }],
};
for (const [name, faults] of Object.entries(LOST))
  for (const pinned of [false, true])
    t(
      `rules with other conditions and actions${pinned ? ' and priorities of their own' : ''}, ${name}: one run is enough`,
      async (bench) => {
        const of = (rules: Spec): Spec => specOf(pinned ? PINNED(rules) : rules);
        await converge(bench, of(BEFORE));
        const done = await applied(bench, of(AFTER), faults);
        assert.is(done.run?.outcome, 'done', JSON.stringify(done.run?.steps.filter(({ error }) => error !== undefined)));
        assert.equal(done.check?.changes, []);
        await converge(bench, of(AFTER));
      },
    );

t('where nothing is answered any more, the next apply finds what was made', async (bench) => {
  for (const pinned of [false, true]) {
    const of = (rules: Spec): Spec => specOf(pinned ? PINNED(rules) : rules);
    await converge(bench, of(BEFORE));
    const down = ['CreateRule', 'DescribeRules', 'DescribeTags'].map(
      (action): FaultRule => ({ match: { action }, fault: action === 'CreateRule' ? 'reset-after' : 'error-before', times: 40 }),
    );
    const done = await applied(bench, of(AFTER), down);
    assert.is(done.run?.outcome, 'failed');
    await converge(bench, of(AFTER));
    await converge(bench, of(BEFORE));
  }
});

async function listenerOf({ elb }: Bench): Promise<string | undefined> {
  const { LoadBalancers } = await elb.send(new DescribeLoadBalancersCommand({}));
  const { Listeners } = await elb.send(new DescribeListenersCommand({ LoadBalancerArn: LoadBalancers?.[0]?.LoadBalancerArn }));
  return Listeners?.[0]?.ListenerArn;
}

/** A rule of somebody else at priority 7. */
const theirs = (ListenerArn: string | undefined): CreateRuleCommand =>
  new CreateRuleCommand({
    ListenerArn,
    Priority: 7,
    Conditions: [{ Field: 'path-pattern', Values: ['/theirs'] }],
    Actions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '200' } }],
  });

t("somebody else's rule in the place is not taken for ours", async (bench) => {
  await converge(bench, specOf({ r: rule('/r', '404') }));
  const session = openSession({ region: 'us-east-1', env: process.env, clock: paceClock(bench.sandbox.clock) });
  const spec = ready(specOf({ r: rule('/r', '404'), n: rule('/n', '404', { priority: 7 }) }));
  const planned = await preview(spec, session, PERMISSIVE);
  const ListenerArn = await listenerOf(bench);
  await bench.elb.send(theirs(ListenerArn));
  const done = await reconcile(spec, planned, session);
  assert.is(done.run?.steps.find(({ id }) => id === 'rule/web.n:create')?.error?.code, 'PriorityInUse');
  const { Rules } = await bench.elb.send(new DescribeRulesCommand({ ListenerArn }));
  assert.is(Rules?.length, 3);
});

t("a priority that somebody else's rule holds is told before anything is written", async (bench) => {
  await converge(bench, specOf({ r: rule('/r', '404', { priority: 3 }) }));
  await bench.elb.send(theirs(await listenerOf(bench)));
  const wanted = specOf({ r: rule('/r', '404', { priority: 3 }), n: rule('/n', '404', { priority: 7 }) });
  const session = openSession({ region: 'us-east-1', env: process.env, clock: paceClock(bench.sandbox.clock) });
  const told = await preview(ready(wanted), session, PERMISSIVE).then(
    () => undefined,
    (thrown: unknown) =>
      thrown as { readonly code: string; readonly cause: readonly { readonly path: string; readonly message: string }[] },
  );
  assert.is(told?.code, 'SpecInvalid');
  assert.equal(
    told?.cause.map(({ path }) => path),
    ['rule/web.n.priority'],
  );
  assert.match(told?.cause[0]?.message ?? '', 'Priority 7 is used by a rule that does not belong to this stack');
  await converge(bench, specOf({ r: rule('/r', '404', { priority: 3 }), n: rule('/n', '404') }));
});

t('a trust store whose answer was lost is found by its name and tags', async (bench) => {
  bench.sandbox.objects.put('trust', 't1.pem', (await createAuthority('ca')).pem);
  const spec = givenSpec(
    net,
    { a: net.a, b: net.b },
    {
      balancer: { scheme: 'internal' },
      top: { trustStores: { t1: { bundle: { bucket: 'trust', key: 't1.pem' } } } },
    },
  );
  const done = await applied(bench, spec, [{ match: { action: 'CreateTrustStore' }, fault: 'reset-after' }]);
  assert.is(done.run?.outcome, 'done', JSON.stringify(done.run?.steps.filter(({ error }) => error !== undefined)));
});

t.run();
