/** Pairs of specs whose calls AWS takes in one order only: each way is applied, and the second plan is empty. */
import { DescribeLoadBalancersCommand, SetSubnetsCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import * as assert from 'uvu/assert';
import type { Plan } from '../../reconciler/plan/types.ts';
import { createAuthority } from '../support/certificate-authority.ts';
import { type Bench, contractSuite, converge, type Spec } from '../support/contract-bench.ts';
import { type GivenNetwork, givenCertificate, givenNetwork, givenSpec } from '../support/contract-given.ts';
import { SECRETS } from '../support/contract-wide-auth.ts';

const t = contractSuite('preconditions', { fresh: true });

let net: GivenNetwork;
t.before.each(async (bench) => {
  Object.assign(process.env, SECRETS);
  net = await givenNetwork(bench);
});

/** There, back, and gone; each plan after its apply is empty. */
async function thereAndBack(bench: Bench, before: Spec, after: Spec): Promise<void> {
  for (const spec of [before, after, before]) await converge(bench, spec);
  await converge(bench, before, 'destroy');
}

const writesOf = (plan: Plan): readonly string[] => plan.steps.filter(({ effect }) => effect !== 'await').map(({ id }) => id);

const SIGN_IN: Spec = {
  issuer: 'https://idp.example.com',
  authorizationEndpoint: 'https://idp.example.com/authorize',
  tokenEndpoint: 'https://idp.example.com/token',
  userInfoEndpoint: 'https://idp.example.com/userinfo',
  clientId: 'client-1',
  clientSecret: { env: 'ALBEDO_SECRET_OIDC' },
};
const HTTPS: Spec = { protocol: 'HTTPS', port: 443, certificate: 'c1' };
const C1: Spec = { certificates: { c1: { iam: 'c1' } } };
const plain = (path: string): Spec => ({ if: { path: [path] }, forward: 'blue' });
const signed = (path: string): Spec => ({ if: { path: [path] }, authenticateOidc: SIGN_IN, forward: 'blue' });

const INTERNAL: Spec = { scheme: 'internal' };
const rulesOf = (rules: Spec, https: boolean): Spec =>
  givenSpec(net, { a: net.a, b: net.b }, { balancer: INTERNAL, rules, ...(https ? { listener: HTTPS, top: C1 } : {}) });

const RULES: readonly (readonly [string, Spec, Spec])[] = [
  ['on a rule that is there', { r: plain('/x') }, { r: signed('/x') }],
  ['on a rule that comes', { q: plain('/q') }, { q: plain('/q'), r: signed('/x') }],
  ['on a rule that comes in the place of another', { q: plain('/q') }, { r: signed('/x') }],
  ['on one of several that change', { q: plain('/q'), r: plain('/r') }, { r: signed('/q'), q: plain('/r') }],
  ['on one before others', { q: plain('/q'), s: plain('/s') }, { r: signed('/x'), q: plain('/q') }],
];
for (const [name, before, after] of RULES)
  t(`HTTP to HTTPS together with sign-in ${name}, and back`, async (bench) => {
    await givenCertificate(bench, 'c1');
    await thereAndBack(bench, rulesOf(before, false), rulesOf(after, true));
  });

t('HTTP to HTTPS together with a token check, further certificates and attributes of HTTPS', async (bench) => {
  await givenCertificate(bench, 'c1');
  await givenCertificate(bench, 'c2');
  const before = rulesOf({ r: plain('/x') }, false);
  const after = givenSpec(
    net,
    { a: net.a, b: net.b },
    {
      balancer: INTERNAL,
      rules: { r: { if: { path: ['/x'] }, jwtValidation: { issuer: 'i', jwksEndpoint: 'https://e.example/k' }, forward: 'blue' } },
      listener: { ...HTTPS, additionalCertificates: ['c2'], requestHeaders: { tlsVersion: 'X-Tls' } },
      top: { certificates: { c1: { iam: 'c1' }, c2: { iam: 'c2' } } },
    },
  );
  await thereAndBack(bench, before, after);
});

t('subnets without IPv6 to subnets with, together with dualstack', async (bench) => {
  const all = { a: net.v4a, b: net.v4b, c: net.c, d: net.d };
  await thereAndBack(
    bench,
    givenSpec(net, all, { uses: ['a', 'b'] }),
    givenSpec(net, all, { uses: ['c', 'd'], balancer: { ipAddressType: 'dualstack' } }),
  );
  const { LoadBalancers } = await bench.elb.send(new DescribeLoadBalancersCommand({}));
  assert.equal(LoadBalancers, []);
});

t('the same in the zones that it has', async (bench) => {
  await thereAndBack(
    bench,
    givenSpec(net, { a: net.v4a, b: net.v4b }),
    givenSpec(net, { a: net.a, b: net.b }, { balancer: { ipAddressType: 'dualstack' } }),
  );
});

t('a zone less together with dualstack and groups of IPv6 targets', async (bench) => {
  const all = { a: net.v4a, b: net.b, c: net.c };
  await thereAndBack(
    bench,
    givenSpec(net, all, { group: { targetType: 'ip' } }),
    givenSpec(net, all, { uses: ['b', 'c'], group: { targetType: 'ip', ipAddressType: 'ipv6' }, balancer: { ipAddressType: 'dualstack' } }),
  );
});

t('ipv4 to dualstack and back together with the group, behind listener and rule', async (bench) => {
  const subnets = { a: net.a, b: net.b };
  for (const rules of [undefined, { r: plain('/x') }]) {
    const more = rules === undefined ? {} : { rules };
    await thereAndBack(
      bench,
      givenSpec(net, subnets, { ...more, group: { targetType: 'ip', deregistrationDelay: '1s' } }),
      givenSpec(net, subnets, {
        ...more,
        group: { targetType: 'ip', deregistrationDelay: '1s', ipAddressType: 'ipv6' },
        balancer: { ipAddressType: 'dualstack' },
      }),
    );
  }
});

t('a rule before a group of IPv6 targets comes and goes with dualstack', async (bench) => {
  const subnets = { a: net.a, b: net.b };
  const six = { targetGroups: { blue: { port: 80 }, six: { port: 80, targetType: 'ip', ipAddressType: 'ipv6' } } };
  await thereAndBack(
    bench,
    givenSpec(net, subnets),
    givenSpec(net, subnets, {
      balancer: { ipAddressType: 'dualstack' },
      rules: { six: { if: { path: ['/six'] }, forward: 'six' } },
      top: six,
    }),
  );
});

t('a subnet given by id is changed for another one of its zone', async (bench) => {
  const before = givenSpec(net, { a: net.a, b: net.b });
  await thereAndBack(bench, before, givenSpec(net, { a: net.a2, b: net.b }));
  const all = { a: net.a, a2: net.a2, b: net.b };
  await thereAndBack(bench, givenSpec(net, all, { uses: ['a', 'b'] }), givenSpec(net, all, { uses: ['a2', 'b'] }));
});

t('a subnet that somebody changed for another one of its zone is changed back', async (bench) => {
  const spec = givenSpec(net, { a: net.a, b: net.b });
  await converge(bench, spec);
  const LoadBalancerArn = (await bench.elb.send(new DescribeLoadBalancersCommand({}))).LoadBalancers?.[0]?.LoadBalancerArn;
  await bench.elb.send(new SetSubnetsCommand({ LoadBalancerArn, Subnets: [net.a2, net.b] }));
  const done = await converge(bench, spec);
  assert.equal(writesOf(done.plan), ['loadBalancer/main:set.subnets']);
});

t('a zone that is left is left last, also where the old subnet is not in the spec any more', async (bench) => {
  await converge(bench, givenSpec(net, { a: net.a, b: net.b }));
  const done = await converge(bench, givenSpec(net, { c: net.c, b: net.b }));
  assert.equal(writesOf(done.plan), ['loadBalancer/main:set.subnets', 'loadBalancer/main:set.subnets.narrow']);
});

t('an IPAM pool and the address type that excludes it', async (bench) => {
  const subnets = { a: net.a, b: net.b };
  await thereAndBack(
    bench,
    givenSpec(net, subnets, { balancer: { ipamPool: 'ipam-pool-0123456789abcdef0' } }),
    givenSpec(net, subnets, { balancer: { ipAddressType: 'dualstack-without-public-ipv4' } }),
  );
});

t('mutual TLS waits for its trust store', async (bench) => {
  await givenCertificate(bench, 'c1');
  bench.sandbox.objects.put('trust', 't1.pem', (await createAuthority('ca')).pem);
  const spec = (listener: Spec, top: Spec): Spec =>
    givenSpec(net, { a: net.a, b: net.b }, { balancer: INTERNAL, listener: { ...HTTPS, ...listener }, top: { ...C1, ...top } });
  const verify = { mutualAuthentication: { mode: 'verify', trustStore: 't1' } };
  const stores = { trustStores: { t1: { bundle: { bucket: 'trust', key: 't1.pem' } } } };
  await thereAndBack(bench, spec({}, {}), spec(verify, stores));
  await converge(bench, spec(verify, stores));
});

t('a stack with more further certificates than the executor is wide is destroyed', async (bench) => {
  const names = Array.from({ length: 14 }, (_, number) => `c${number + 1}`);
  const spec = givenSpec(
    net,
    { a: net.a, b: net.b },
    {
      balancer: INTERNAL,
      listener: { ...HTTPS, additionalCertificates: names.slice(1) },
      top: { certificates: Object.fromEntries(names.map((name) => [name, { selfSigned: { commonName: `${name}.example.com` } }])) },
    },
  );
  await converge(bench, spec);
  const done = await converge(bench, spec, 'destroy');
  const place = (id: string): number => done.run?.steps.find((step) => step.id === id)?.endedAt ?? 0;
  for (const name of names) {
    const step = done.run?.steps.find(({ id }) => id === `certificate/${name}:destroy`);
    assert.ok((step?.startedAt ?? 0) >= place('loadBalancer/main:destroy'), `${name} goes before the listener that shows it`);
    assert.is(step?.attempts, 1);
  }
});

t.run();
