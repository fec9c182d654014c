/** Specs drawn at random, of all that makes calls depend on each other: protocols, sign-in, address types, zones, empty groups. */

import fc from 'fast-check';
import type { Spec } from './contract-bench.ts';
import type { GivenNetwork } from './contract-given.ts';

const GROUPS = ['blue', 'green', 'six', 'fast'] as const;
type Group = (typeof GROUPS)[number];

interface DrawnRule {
  readonly path: 'x' | 'y' | 'z';
  readonly does: Action;
  readonly priority: number | undefined;
}

interface Action {
  readonly check: 'none' | 'oidc' | 'jwt';
  readonly then: 'forward' | 'shares' | 'fixed' | 'redirect';
  readonly to: Group;
  readonly beside: Group;
  readonly weight: 0 | 1;
}

export interface Drawn {
  readonly internal: boolean;
  readonly addresses: 'ipv4' | 'dualstack' | 'dualstack-without-public-ipv4';
  readonly pool: boolean;
  readonly subnets: readonly (keyof GivenNetwork)[];
  readonly https: boolean;
  readonly port: number;
  readonly trust: 'off' | 'passthrough' | 'verify';
  readonly extra: boolean;
  readonly does: Action;
  readonly rules: Readonly<Record<string, DrawnRule>>;
  readonly second: boolean;
  readonly targets: 'none' | 'ip';
  readonly version: 'HTTP2' | 'GRPC';
}

const action = fc.record<Action>({
  check: fc.constantFrom('none', 'none', 'oidc', 'jwt'),
  then: fc.constantFrom('forward', 'forward', 'shares', 'fixed', 'redirect'),
  to: fc.constantFrom(...GROUPS),
  beside: fc.constantFrom(...GROUPS),
  weight: fc.constantFrom(0, 1),
});

const rule = fc.record<DrawnRule>({
  path: fc.constantFrom('x', 'y', 'z'),
  does: action,
  priority: fc.constantFrom(undefined, undefined, 3, 7),
});

export const SPECS: fc.Arbitrary<Drawn> = fc
  .record<Drawn>({
    internal: fc.constantFrom(false, false, true),
    addresses: fc.constantFrom('ipv4', 'dualstack', 'dualstack-without-public-ipv4'),
    pool: fc.constantFrom(false, false, true),
    subnets: fc.constantFrom<readonly (keyof GivenNetwork)[]>(
      ['a', 'b'],
      ['a2', 'b'],
      ['c', 'd'],
      ['a', 'b', 'c'],
      ['v4a', 'v4b'],
      ['v4a', 'c'],
    ),
    https: fc.boolean(),
    port: fc.constantFrom(80, 443),
    trust: fc.constantFrom('off', 'passthrough', 'verify'),
    extra: fc.boolean(),
    does: action,
    rules: fc.dictionary(fc.constantFrom('p', 'q', 'r'), rule, { maxKeys: 3 }),
    second: fc.boolean(),
    targets: fc.constantFrom('none', 'ip'),
    version: fc.constantFrom('HTTP2', 'GRPC'),
  })
  .map(sound);

/** What contradicts itself is brought in line: few draws would be valid else. */
function sound(drawn: Drawn): Drawn {
  const v4 = drawn.internal || drawn.subnets.some((name) => name.startsWith('v4'));
  const addresses = v4 ? 'ipv4' : drawn.addresses;
  const pool = drawn.pool && !drawn.internal && addresses !== 'dualstack-without-public-ipv4';
  const fits = (group: Group): Group => ((group === 'six' && addresses === 'ipv4') || (group === 'fast' && !drawn.https) ? 'blue' : group);
  const settled = (does: Action): Action => {
    const to = fits(does.to);
    const beside = fits(does.beside);
    const then = (does.then === 'shares' && to === beside) || (does.then === 'redirect' && drawn.https) ? 'forward' : does.then;
    return { ...does, to, beside, then, check: drawn.https ? does.check : 'none' };
  };
  const taken = new Set<number>();
  const rules = Object.fromEntries(
    Object.entries(drawn.rules).map(([name, each]) => {
      const priority = each.priority === undefined || taken.has(each.priority) ? undefined : each.priority;
      if (priority !== undefined) taken.add(priority);
      return [name, { ...each, does: settled(each.does), priority }];
    }),
  );
  return { ...drawn, addresses, pool, does: settled(drawn.does), rules };
}

const OIDC: Spec = {
  issuer: 'https://idp.example.com',
  authorizationEndpoint: 'https://idp.example.com/authorize',
  tokenEndpoint: 'https://idp.example.com/token',
  userInfoEndpoint: 'https://idp.example.com/userinfo',
  clientId: 'client-1',
  clientSecret: { env: 'ALBEDO_SECRET_OIDC' },
};

function actionOf({ check, then, to, beside, weight }: Action): Spec {
  const first: Spec =
    check === 'oidc'
      ? { authenticateOidc: OIDC }
      : check === 'jwt'
        ? { jwtValidation: { issuer: 'i', jwksEndpoint: 'https://e.example/k' } }
        : {};
  const last: Spec =
    then === 'forward'
      ? { forward: to }
      : then === 'shares'
        ? {
            forward: {
              targetGroups: [
                { targetGroup: to, weight: 1 },
                { targetGroup: beside, weight },
              ],
            },
          }
        : then === 'fixed'
          ? { fixedResponse: { statusCode: '404' } }
          : { redirect: { protocol: 'HTTPS', port: '443', statusCode: 'HTTP_301' } };
  return { ...first, ...last };
}

export function drawnSpec(drawn: Drawn, net: GivenNetwork): Spec {
  const { internal, addresses, pool, subnets, https, port, trust, extra, does, rules, second, targets, version } = drawn;
  const used = new Set<Group>();
  const use = (each: Action): Spec => {
    if (each.then === 'forward' || each.then === 'shares') used.add(each.to);
    if (each.then === 'shares') used.add(each.beside);
    return actionOf(each);
  };
  const web: Spec = {
    protocol: https ? 'HTTPS' : 'HTTP',
    port,
    ...(https
      ? { certificate: 'c1', mutualAuthentication: trust === 'verify' ? { mode: 'verify', trustStore: 't1' } : { mode: trust } }
      : {}),
    ...(https && extra ? { additionalCertificates: ['c2'] } : {}),
    ...use(does),
    rules: Object.fromEntries(
      Object.entries(rules).map(([name, each]) => [
        name,
        { if: { path: [`/${each.path}`] }, ...use(each.does), ...(each.priority === undefined ? {} : { priority: each.priority }) },
      ]),
    ),
  };
  const ip: Spec = { port: 80, targetType: 'ip', deregistrationDelay: '1s' };
  const groups: Readonly<Record<Group, Spec>> = {
    blue: { port: 80, deregistrationDelay: '1s' },
    green: targets === 'ip' ? { ...ip, port: 81 } : { port: 81, deregistrationDelay: '1s' },
    six: { ...ip, ipAddressType: 'ipv6' },
    fast: { port: 80, deregistrationDelay: '1s', protocolVersion: version },
  };
  const withTrust = https && trust === 'verify';
  used.add('blue');
  return {
    stack: 'drawn',
    region: 'us-east-1',
    lint: { silence: ['plain-http'] },
    network: { vpc: { id: net.vpc }, subnets: Object.fromEntries(subnets.map((name) => [name, { id: net[name] }])) },
    targetGroups: Object.fromEntries([...used].sort().map((name) => [name, groups[name]])),
    loadBalancer: {
      name: 'drawn',
      scheme: internal ? 'internal' : 'internet-facing',
      ipAddressType: addresses,
      ...(pool ? { ipamPool: 'ipam-pool-0123456789abcdef0' } : {}),
      subnets: [...subnets],
      securityGroups: [net.group],
    },
    ...(https ? { certificates: { c1: { iam: 'c1' }, ...(extra ? { c2: { iam: 'c2' } } : {}) } } : {}),
    ...(withTrust ? { trustStores: { t1: { bundle: { bucket: 'trust', key: 't1.pem' } } } } : {}),
    listeners: {
      web,
      ...(second ? { side: { protocol: 'HTTP', port: 8080, fixedResponse: { statusCode: '503' } } } : {}),
    },
  };
}
