/** Every permission, route, VPC and subnet that AWS was seen to answer goes there and back; and so does what chance makes of the same parts. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { saySpec, sayValue } from '../../reconciler/config/say.ts';
import { type Codec, canonical } from '../../reconciler/model/codec.ts';
import type { Kind } from '../../reconciler/model/field.ts';
import type { Json, JsonObject } from '../../reconciler/model/json.ts';
import { fieldsOf, kindOf } from '../../reconciler/model/kinds.ts';
import { permissions } from '../../reconciler/model/nested/permissions.ts';
import { routes } from '../../reconciler/model/nested/routes.ts';
import { decode } from '../../reconciler/observe/decode.ts';
import { suite } from '../support/suite.ts';

const t = suite('recorded answers of EC2');
const FOLDER = join(import.meta.dirname, '../../../shared/recorded');
const context = (object: Json) => ({ refer: (id: string): Json => id, object });

/** Every object of the answers of one operation, with the recording's name. */
function recorded(op: string, list: string): readonly (readonly [string, JsonObject])[] {
  const file = join(FOLDER, `ec2.${op}.json`);
  if (!existsSync(file)) return [];
  const all = JSON.parse(readFileSync(file, 'utf8')) as { readonly [name: string]: { readonly answer: Json } };
  return Object.entries(all).flatMap(([name, { answer }]) =>
    (Array.isArray(answer) ? (answer as readonly Json[]) : [answer]).flatMap((each: Json) =>
      (((each as JsonObject)[list] ?? []) as readonly JsonObject[]).map((object) => [name, object] as const),
    ),
  );
}

/** One peer each, as it is written: what EC2 groups, and in which order, says nothing. */
function peersOf(list: Json | undefined, owner: Json | undefined, vpc: Json | undefined): readonly string[] {
  return ((list ?? []) as readonly JsonObject[])
    .flatMap((permission) =>
      Object.entries(permission).flatMap(([key, peers]) =>
        Array.isArray(peers)
          ? (peers as readonly JsonObject[]).map((peer) => {
              const { UserId, VpcId, PeeringStatus: _, Description, ...plain } = peer;
              const ports = ['FromPort', 'ToPort'].map((port) => permission[port] ?? null);
              const far = UserId !== undefined && UserId !== owner ? { UserId } : {};
              const remark = Description === undefined || Description === '' ? {} : { Description };
              const place = VpcId === undefined || VpcId === vpc ? {} : { VpcId };
              return canonical([permission['IpProtocol'] ?? null, ...ports, key, { ...plain, ...far, ...place, ...remark } as Json]);
            })
          : [],
      ),
    )
    .sort();
}

const canonicalPeers = (list: Json): Json =>
  JSON.parse(
    JSON.stringify(list, (key, value) =>
      key === 'CidrIp' || key === 'CidrIpv6'
        ? (((permissions('from') as Codec).parse([{ protocol: 'all', from: value }]) as readonly JsonObject[])[0]?.['cidr'] ?? value)
        : value,
    ),
  ) as Json;

const GROUPS = recorded('DescribeSecurityGroups', 'SecurityGroups');
const TABLES = recorded('DescribeRouteTables', 'RouteTables');
const there = GROUPS.length > 0;
if (!there) process.stdout.write('skipped: ../shared/recorded is not here\n');

if (there) {
  t('there are recordings', () => assert.ok(GROUPS.length > 50 && TABLES.length > 50, `${GROUPS.length} groups, ${TABLES.length} tables`));

  t('every recorded permission is read and written as it was', () => {
    for (const [name, group] of GROUPS)
      for (const [direction, key] of [
        ['from', 'IpPermissions'],
        ['to', 'IpPermissionsEgress'],
      ] as const) {
        const wire = group[key] ?? [];
        const codec: Codec = permissions(direction);
        const value = codec.read(wire, context(group)) ?? null;
        assert.equal(
          peersOf(codec.write(value), group['OwnerId'], group['VpcId']),
          peersOf(canonicalPeers(wire), group['OwnerId'], group['VpcId']),
          `${name} ${String(group['GroupId'])}`,
        );
        assert.equal(codec.read(codec.write(value), context(group)), value, name);
      }
  });

  t('every recorded permission is said so that a spec says the same', () => {
    const field = (name: string) => fieldsOf(kindOf('securityGroup')).find(([other]) => other === name)?.[1];
    for (const [name, group] of GROUPS)
      for (const [key, wire] of [
        ['ingress', 'IpPermissions'],
        ['egress', 'IpPermissionsEgress'],
      ] as const) {
        const own = field(key);
        // Some recordings have made-up short ids, which no reference takes.
        const real = JSON.parse(
          JSON.stringify(group[wire] ?? []).replaceAll(/"sg-(?![0-9a-f]{8,17}")[^"]*"/g, '"sg-0123456789abcdef0"'),
        ) as Json;
        const value = own?.codec.read(real, context(group));
        if (own === undefined || value === undefined) throw new Error('no field');
        assert.is.not(sayValue(own, value), undefined, `${name} ${String(group['GroupId'])} ${canonical(value)}`);
      }
  });

  t('every recorded route made by hand is read and written as it was', () => {
    const codec: Codec = routes();
    let seen = 0;
    for (const [name, table] of TABLES)
      for (const route of (table['Routes'] ?? []) as readonly JsonObject[]) {
        const own =
          route['GatewayId'] === 'local' ||
          route['Origin'] === 'EnableVgwRoutePropagation' ||
          (String(route['GatewayId']).startsWith('vpce-') && route['DestinationPrefixListId'] !== undefined);
        const value = codec.read([route], context(table)) as readonly JsonObject[];
        if (own) {
          assert.equal(value, [], name);
          continue;
        }
        seen++;
        assert.is(value.length, 1, `${name} ${canonical(route)}`);
        const [back] = codec.write(value) as readonly JsonObject[];
        for (const [key, said] of Object.entries(back ?? {}))
          assert.is(route[key] ?? (key === 'VpcEndpointId' ? route['GatewayId'] : undefined), said, `${name} ${canonical(route)}`);
        assert.ok(
          Object.keys(back ?? {}).length >= (route['State'] === 'blackhole' ? 1 : 2),
          `${name} ${canonical(route)} ${canonical(back)}`,
        );
      }
    assert.ok(seen > 50, `${seen} routes`);
  });

  for (const [op, list, kind] of [
    ['DescribeVpcs', 'Vpcs', 'vpc'],
    ['DescribeSubnets', 'Subnets', 'subnet'],
    ['DescribeRouteTables', 'RouteTables', 'routeTable'],
    ['DescribeInternetGateways', 'InternetGateways', 'internetGateway'],
    ['DescribeSecurityGroups', 'SecurityGroups', 'securityGroup'],
  ] as const)
    t(`${op}: every object decodes, with all that its kind must have`, () => {
      const row: Kind = kindOf(kind);
      const all = recorded(op, list);
      assert.ok(all.length > 5);
      for (const [name, object] of all) {
        const live = decode({ kind: row, address: `${kind}/x`, object, tags: {} }, { refer: (id) => id });
        assert.is.not(live.id, '', name);
        for (const [field, { wire }] of fieldsOf(row))
          if (wire.how === 'create' && wire.param !== undefined && object[wire.param] !== undefined)
            assert.is.not(live.values[field], undefined, `${name} ${field}`);
        saySpec({ stack: 'x', region: 'us-east-1', resources: [{ address: live.address, values: live.values, tags: {} }], existing: [] });
      }
    });
}

const hex = (prefix: string) => fc.stringMatching(/^[0-9a-f]{17}$/).map((text) => `${prefix}-${text}`);
const remark = fc.option(fc.stringMatching(/^[a-zA-Z0-9 ._:/()#,@[\]+=&;{}!$*-]{1,40}$/), { nil: undefined });
const described = (peer: fc.Arbitrary<JsonObject>): fc.Arbitrary<JsonObject> =>
  fc.tuple(peer, remark).map(([own, text]) => (text === undefined ? own : { ...own, Description: text }));
const peers = (peer: fc.Arbitrary<JsonObject>) => fc.array(described(peer), { maxLength: 3 });
const network = fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 })).map(([address, prefix]) => `${address}/${prefix}`);
const network6 = fc
  .tuple(
    fc.ipV6().filter((address) => !address.includes('.')),
    fc.integer({ min: 0, max: 128 }),
  )
  .map(([address, prefix]) => `${address}/${prefix}`);
const ports = fc
  .tuple(fc.integer({ min: 0, max: 65535 }), fc.integer({ min: 0, max: 65535 }))
  .map(([a, b]) => ({ FromPort: Math.min(a, b), ToPort: Math.max(a, b) }));
const types = fc
  .tuple(fc.integer({ min: 0, max: 255 }), fc.integer({ min: -1, max: 255 }))
  .map(([FromPort, ToPort]) => ({ FromPort, ToPort }));
const protocol: fc.Arbitrary<JsonObject> = fc.oneof(
  fc.tuple(fc.constantFrom('tcp', 'udp'), ports).map(([IpProtocol, both]) => ({ IpProtocol, ...both })),
  fc.tuple(fc.constantFrom('icmp', 'icmpv6'), types).map(([IpProtocol, both]) => ({ IpProtocol, ...both })),
  fc.constantFrom('icmp', 'icmpv6').map((IpProtocol) => ({ IpProtocol, FromPort: -1, ToPort: -1 })),
  fc.constantFrom('-1', '50', '51', '47', '2').map((IpProtocol) => ({ IpProtocol })),
);
const OBJECT = { OwnerId: '111111111111', VpcId: 'vpc-0000000000000000a' };
const permission: fc.Arbitrary<JsonObject> = fc
  .record({
    protocol,
    IpRanges: peers(network.map((CidrIp) => ({ CidrIp }))),
    Ipv6Ranges: peers(network6.map((CidrIpv6) => ({ CidrIpv6 }))),
    PrefixListIds: peers(hex('pl').map((PrefixListId) => ({ PrefixListId }))),
    UserIdGroupPairs: peers(
      fc.oneof(
        hex('sg').map((GroupId): JsonObject => ({ GroupId, UserId: OBJECT.OwnerId })),
        hex('sg').map((GroupId): JsonObject => ({ GroupId, UserId: '222222222222' })),
        fc.tuple(hex('sg'), hex('vpc'), hex('pcx')).map(
          ([GroupId, VpcId, VpcPeeringConnectionId]): JsonObject => ({
            GroupId,
            UserId: '222222222222',
            VpcId,
            VpcPeeringConnectionId,
            PeeringStatus: 'active',
          }),
        ),
      ),
    ),
  })
  .map(({ protocol: own, ...lists }) => ({ ...own, ...lists }));

t('whatever permissions there are: written as they were read, said as a spec takes them, and the same again', () => {
  fc.assert(
    fc.property(fc.array(permission, { maxLength: 4 }), fc.constantFrom('from' as const, 'to' as const), (wire, direction) => {
      const codec: Codec = permissions(direction);
      const value = codec.read(wire, context(OBJECT)) as readonly Json[];
      const back = codec.write(value);
      assert.equal(
        [...new Set(peersOf(back, OBJECT.OwnerId, OBJECT.VpcId))],
        [...new Set(peersOf(canonicalPeers(wire), OBJECT.OwnerId, OBJECT.VpcId))],
      );
      assert.equal(codec.read(back, context(OBJECT)), value);
      const said = codec.say?.(value, {}) as readonly Json[];
      const plain = (list: Json): Json =>
        JSON.parse(JSON.stringify(list).replaceAll(/\{"\$ref":"securityGroup\/(sg-[0-9a-f]+)\.id"\}/g, '"$1"')) as Json;
      assert.equal(codec.read(codec.write(plain(codec.parse(said))), context(OBJECT)), value);
    }),
  );
});

t('a peer of a kind that is not known yet is kept, differs from all that can be said, and can be written back', () => {
  const wire = [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [], MoonBases: [{ MoonBaseId: 'mb-1', Description: 'x' }] }];
  const codec: Codec = permissions('from');
  const [value] = codec.read(wire, context(OBJECT)) as readonly Json[];
  assert.equal(value, { protocol: 'tcp', fromPort: 22, toPort: 22, unknown: { MoonBases: [{ MoonBaseId: 'mb-1', Description: 'x' }] } });
  assert.equal(codec.write([value ?? null]), [
    { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, MoonBases: [{ MoonBaseId: 'mb-1', Description: 'x' }] },
  ]);
  assert.is(codec.equal?.([], [value ?? null]), false);
});

t.run();
