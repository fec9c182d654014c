/** Load balancers without targets: those that redirect, that say they are closed for maintenance, or that have no listener yet. */
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import { type Bench, changesOf, contractSuite, converge, look, namesOf, type Spec, withAt } from '../support/contract-bench.ts';
import { handMadeBalancer, handMadeListener, handMadeNetwork, handMadeRule } from '../support/hand-made.ts';
import { applied, imported, planned } from '../support/importing.ts';

const t = contractSuite('no target group, no listener', { dataplane: false, fresh: true });

const bare: Spec = {
  stack: 'bare',
  region: 'us-east-1',
  network: {
    vpc: { cidrBlock: '10.0.0.0/16' },
    subnets: {
      a: { availabilityZone: 'us-east-1a', cidrBlock: '10.0.1.0/24' },
      b: { availabilityZone: 'us-east-1b', cidrBlock: '10.0.2.0/24' },
    },
  },
  loadBalancer: { subnets: ['a', 'b'] },
};
const redirect = { host: 'www.example.com', protocol: 'HTTPS', port: '443', statusCode: 'HTTP_301' };
const closed = { statusCode: '503', contentType: 'text/html', messageBody: '<h1>Closed for maintenance</h1>' };
const http = (more: Spec): Spec => ({ ...bare, listeners: { http: { protocol: 'HTTP', port: 80, ...more } } });

const VARIANTS: readonly (readonly [string, Spec])[] = [
  ['a redirect and nothing else', http({ redirect })],
  ['a maintenance page with a way in', http({ fixedResponse: closed, rules: { in: { if: { path: ['/health'] }, redirect } } })],
  ['empty sections', { ...bare, targetGroups: {}, listeners: {} }],
  ['no listener', bare],
];

for (const [name, spec] of VARIANTS)
  t(`${name}: made, then nothing to do, then destroyed`, async (bench) => {
    await converge(bench, spec);
    const gone = await converge(bench, spec, 'destroy');
    assert.ok(gone.plan.changes.every(({ verb }) => verb === 'destroy'));
    assert.equal(changesOf((await look(bench, spec, 'destroy')).plan), []);
    assert.equal(bench.sandbox.elbv2.targetGroups(), []);
  });

t('a load balancer gets its first listener and its first group, and loses them again', async (bench) => {
  await converge(bench, bare);
  const serving = withAt(http({ forward: 'web' }), ['targetGroups'], { web: { port: 8080, targets: [] } });
  const grown = await converge(bench, serving);
  assert.ok(namesOf(grown.plan).includes('create targetGroup/web'));
  assert.ok(namesOf(grown.plan).includes('create listener/http'));
  const shut = await converge(bench, http({ fixedResponse: closed }));
  assert.ok(namesOf(shut.plan).includes('destroy targetGroup/web'));
  const empty = await converge(bench, bare);
  assert.ok(namesOf(empty.plan).includes('destroy listener/http'));
});

const HAND_MADE: readonly (readonly [string, (bench: Bench, balancer: string) => Promise<unknown>, Spec | undefined])[] = [
  ['no listener', async () => undefined, undefined],
  [
    'a redirect and a rule that answers',
    async (bench, balancer) => {
      const listener = await handMadeListener(bench, balancer, 80, {
        Type: 'redirect',
        RedirectConfig: { Host: 'www.shop.example', Protocol: 'HTTPS', Port: '443', StatusCode: 'HTTP_301' },
      });
      await handMadeRule(
        bench,
        listener,
        5,
        [{ Field: 'path-pattern', PathPatternConfig: { Values: ['/closed'] } }],
        [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '503' } }],
      );
    },
    {
      http: {
        protocol: 'HTTP',
        port: 80,
        redirect: { protocol: 'HTTPS', host: 'www.shop.example', port: '443', statusCode: 'HTTP_301' },
        rules: { closed: { priority: 5, if: { path: ['/closed'] }, fixedResponse: { statusCode: '503' } } },
      },
    },
  ],
];

for (const [name, make, listeners] of HAND_MADE)
  t(`imported: ${name}`, async (bench) => {
    const network = await handMadeNetwork(bench);
    await make(bench, await handMadeBalancer(bench, network, 'redirector'));
    const found = await imported(bench, 'redirector');
    assert.equal([found.lost, found.problems, found.differences], [[], [], []]);
    const text = parse(found.text) as Spec;
    assert.is(text['targetGroups'], undefined);
    assert.equal(text['listeners'], listeners);
    await applied(bench, found.text, { allowAdopt: true });
    assert.equal(changesOf((await planned(bench, found.text)).plan), []);
  });

t.run();
