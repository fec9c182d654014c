/** What the walk over the whole ELBv2 surface is made of: one case per field, and the world that each case runs in. */
import * as assert from 'uvu/assert';
import { createObjects, type Objects } from '../../sandbox/objects.ts';
import { type Authority, createAuthority } from './certificate-authority.ts';
import { type Bench, createBench, type Params } from './elbv2-bench.ts';
import { CERTIFICATES, SUBNETS } from './sandbox-network.ts';

/** One field: a legal value that is set and read back, and a value that is refused with AWS's code. Each runs in a fresh world. */
export interface SurfaceCase {
  readonly row: string;
  readonly works: (world: World) => void;
  readonly refused: (world: World) => void;
}

/** CA certificates are slow to make: once for all. */
export interface Authorities {
  readonly one: Authority;
  readonly two: Authority;
  /** A list of `one` with three entries. */
  readonly list: string;
}

export async function createAuthorities(): Promise<Authorities> {
  const [one, two] = await Promise.all([createAuthority('one'), createAuthority('two')]);
  return { one, two, list: await one.crl(3) };
}

export interface World extends Bench {
  readonly objects: Objects;
  readonly authorities: Authorities;
  /** Past the provisioning of what was just made. */
  settle(): void;
  /** A HTTPS listener on a load balancer of its own, with more of the call's parameters. */
  https(params?: Params): string;
  /** An active trust store with one certificate. */
  trustStore(params?: Params): string;
  /** A condition, an action and a priority beside `params` of CreateRule, on a listener of its own; answers the rule's ARN. */
  ownRule(params?: Params): string;
}

/** `list.pem` is a revocation list with three entries, `one.pem` a bundle; both lie in the bucket `trust`. */
export function createWorld(authorities: Authorities): World {
  const objects = createObjects();
  const bench = createBench({ objects });
  objects.put('trust', 'one.pem', authorities.one.pem);
  objects.put('trust', 'list.pem', authorities.list);
  // Zones a and b have IPv6.
  for (const id of [SUBNETS.a, SUBNETS.b]) {
    const facts = bench.network.subnet(id);
    if (facts !== undefined) bench.network.subnetFacts.set(id, { ...facts, ipv6CidrBlock: `2001:db8:0:${id === SUBNETS.a ? 1 : 2}::/64` });
  }
  let made = 0;
  const world: World = {
    ...bench,
    objects,
    authorities,
    settle: () => bench.clock.advance(10_000),
    https: (params = {}) =>
      bench
        .call('CreateListener', {
          LoadBalancerArn: bench.loadBalancer(`secure${made++}`),
          Port: 443,
          Protocol: 'HTTPS',
          Certificates: [{ CertificateArn: CERTIFICATES.site }],
          DefaultActions: [LAST],
          ...params,
        })
        .text('Listeners.0.ListenerArn'),
    trustStore(params = {}) {
      const arn = bench.call('CreateTrustStore', { ...TRUST_STORE, ...params }).text('TrustStores.0.TrustStoreArn');
      world.settle();
      return arn;
    },
    ownRule: (params = {}) =>
      bench
        .call('CreateRule', { ListenerArn: world.https(), Priority: 1, Conditions: [PATH], Actions: [LAST], ...params })
        .text('Rules.0.RuleArn'),
  };
  return world;
}

export const PATH: Params = { Field: 'path-pattern', Values: ['/a'] };
export const LAST: Params = { Type: 'fixed-response', Order: 50_000, FixedResponseConfig: { StatusCode: '404' } };
export const TRUST_STORE: Params = { Name: 'clients', CaCertificatesBundleS3Bucket: 'trust', CaCertificatesBundleS3Key: 'one.pem' };

/** The value at `path` of what `Describe…` answers, as text; numbers and flags are text on the wire. */
export function reads(answer: { get(path: string): unknown }, path: string, expected: unknown): void {
  const wanted = typeof expected === 'object' ? expected : String(expected);
  assert.equal(answer.get(path), wanted, path);
}

/** Cases of attributes: key, legal value, illegal value, code. Legal and illegal go through Modify…Attributes. */
export function attributeCases(
  resource: 'LoadBalancer' | 'TargetGroup' | 'Listener',
  make: (world: World, key: string) => string,
  rows: readonly (readonly [key: string, legal: string, illegal: string, code?: string, beside?: Readonly<Record<string, string>>])[],
): SurfaceCase[] {
  return rows.map(([key, legal, illegal, code = 'ValidationError', beside = {}]) => {
    const modify = (arn: string, value: string): Params => ({
      [`${resource}Arn`]: arn,
      Attributes: Object.entries({ ...beside, [key]: value }).map(([Key, Value]) => ({ Key, Value })),
    });
    return {
      row: `${resource.charAt(0).toLowerCase()}${resource.slice(1)}.Attributes[${key}]`,
      works(world) {
        const arn = make(world, key);
        world.call(`Modify${resource}Attributes`, modify(arn, legal));
        const all = world.call(`Describe${resource}Attributes`, { [`${resource}Arn`]: arn }).list('Attributes');
        assert.equal(
          all.find((one) => (one as { Key: string }).Key === key),
          { Key: key, Value: legal },
        );
      },
      refused: (world) => {
        world.refused(code, `Modify${resource}Attributes`, modify(make(world, key), illegal));
      },
    };
  });
}

/** `Tags[].Key` and `Tags[].Value` of a resource that is created by `action` with `params`. */
export function tagCases(resource: string, action: string, params: (world: World) => Params, arnPath: string): SurfaceCase[] {
  const works = (world: World): void => {
    const arn = world.call(action, { ...params(world), Tags: [{ Key: 'team', Value: 'web' }] }).text(arnPath);
    world.call('AddTags', { ResourceArns: [arn], Tags: [{ Key: 'stage', Value: '' }] });
    world.call('RemoveTags', { ResourceArns: [arn], TagKeys: ['none'] });
    reads(world.call('DescribeTags', { ResourceArns: [arn] }), 'TagDescriptions.0.Tags', [
      { Key: 'team', Value: 'web' },
      { Key: 'stage', Value: '' },
    ]);
  };
  const refused = (tag: Params) => (world: World) => {
    world.refused('ValidationError', action, { ...params(world), Tags: [tag] });
  };
  return [
    { row: `${resource}.Tags[].Key`, works, refused: refused({ Key: 'aws:x', Value: '' }) },
    { row: `${resource}.Tags[].Value`, works, refused: refused({ Key: 'x', Value: 'v'.repeat(257) }) },
  ];
}
