import * as assert from 'uvu/assert';
import { makeSelfSigned } from '../../../reconciler/deferred/self-signed.ts';
import { checkExisting } from '../../../reconciler/observe/given.ts';
import { decodeCertificate, fingerprintOf } from '../../../reconciler/observe/x509.ts';
import { changed, NOTHING, stackOf } from '../../support/stacks.ts';
import { suite } from '../../support/suite.ts';

const t = suite('observe/given');

const VPC = 'vpc-0123456789abcdef0';
const [A, B] = ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'];
const STACK = stackOf(changed((spec) => (spec.network = { vpc: { id: VPC }, subnets: { a: { id: A }, b: { id: B } } })));
type Outputs = Readonly<Record<string, string>>;
const check = (a: Outputs, b: Outputs, vpc: Outputs = { id: VPC }) =>
  checkExisting(STACK, {
    ...NOTHING,
    existing: {
      'vpc/main': vpc,
      'subnet/a': { id: A, vpc: VPC, availabilityZone: 'us-east-1a', free: '250', ...a },
      'subnet/b': { id: B, vpc: VPC, availabilityZone: 'us-east-1b', free: '250', ...b },
    },
  }).map((problem) => `${problem.path}: ${problem.message}`);

t('subnets of this VPC, in two zones, with room: right', () => assert.equal(check({}, {}), []));

t('a subnet of another VPC', () => assert.equal(check({ vpc: 'vpc-9' }, {}), [`subnet/a: \`${A}\` is in vpc-9, not in ${VPC}.`]));

t('two subnets of one zone', () => assert.equal(check({}, { availabilityZone: 'us-east-1a' }), ['subnet/b: `a` is also in us-east-1a.']));

t('an instance that exists already, and a VPC that is made here', () => {
  const id = 'i-0123456789abcdef0';
  const stack = stackOf(changed((spec) => (spec.instances['web-2'] = { id })));
  const told = (vpc: string, live: readonly { readonly id: string }[]) =>
    checkExisting(stack, {
      ...NOTHING,
      live: live.map((one) => ({
        ...{ address: 'vpc/main', kind: 'vpc', outputs: {}, values: {}, tags: {}, handles: {} },
        ...one,
      })),
      existing: { 'instance/web-2': { id, vpc } },
    }).map((problem) => `${problem.path}: ${problem.message}`);
  assert.equal(told('vpc-9', []), [`instance/web-2: \`${id}\` is in vpc-9, but the VPC of this stack does not exist yet.`]);
  assert.equal(told('vpc-9', [{ id: VPC }]), [`instance/web-2: \`${id}\` is in vpc-9, not in ${VPC}.`]);
  assert.equal(told(VPC, [{ id: VPC }]), []);
});

t('a VPC without an IPv6 block, of which a subnet is to have a part', () => {
  const stack = stackOf(
    changed((spec) => {
      spec.network = {
        vpc: { id: VPC },
        subnets: Object.fromEntries(
          ['a', 'b'].map((zone, index) => [
            zone,
            { availabilityZone: `us-east-1${zone}`, cidrBlock: `10.0.${index}.0/24`, ...(index === 0 ? { ipv6: 1 } : {}) },
          ]),
        ),
      };
    }),
  );
  const of = (vpc: Outputs) => checkExisting(stack, { ...NOTHING, existing: { 'vpc/main': vpc } }).map(({ message }) => message);
  const told = [`\`${VPC}\` has no IPv6 block, but subnet \`a\` needs a part of it.`];
  assert.equal(of({ id: VPC }), told);
  assert.equal(of({ id: VPC, ipv6: '2001:db8::/56', ipv6State: 'disassociated' }), told);
  assert.equal(of({ id: VPC, ipv6: '2001:db8::/56', ipv6State: 'associated' }), []);
  assert.equal(of({}), [], 'while it is not known');
  assert.equal(
    checkExisting(STACK, { ...NOTHING, existing: { 'vpc/main': { id: VPC } } }).filter(({ path }) => path === 'vpc/main'),
    [],
    'nobody wants one',
  );
});

t('a subnet without room', () => {
  assert.equal(check({ free: '7' }, {}), [`subnet/a: \`${A}\` has only 7 free addresses.`]);
  assert.equal(check({ free: '8' }, {}), []);
});

t('a subnet without room, in which the load balancer stands already', () => {
  const inZone = (zone: string) => ({ availabilityZone: zone });
  const outputs = { 'vpc/main': { id: VPC }, 'subnet/a': { id: A, vpc: VPC, ...inZone('us-east-1a'), free: '0' } };
  const of = (subnets: readonly string[]) => {
    const live = {
      address: 'loadBalancer/main',
      kind: 'loadBalancer',
      id: 'x',
      outputs: {},
      values: { subnets },
      tags: {},
      handles: {},
    } as const;
    return checkExisting(STACK, {
      ...NOTHING,
      live: [live],
      existing: { ...outputs, 'subnet/b': { id: B, vpc: VPC, ...inZone('us-east-1b') } },
    }).length;
  };
  assert.equal([of([A, B]), of([B])], [0, 1]);
});

t('one subnet given beside one that is made', () => {
  const stack = stackOf(
    changed(
      (spec) =>
        (spec.network = { vpc: { id: VPC }, subnets: { a: { id: A }, b: { availabilityZone: 'us-east-1b', cidrBlock: '10.0.2.0/24' } } }),
    ),
  );
  const of = (zone: string) =>
    checkExisting(stack, { ...NOTHING, existing: { 'subnet/a': { id: A, availabilityZone: zone } } }).map((problem) => problem.message);
  assert.equal(of('us-east-1a'), []);
  assert.equal(of('us-east-1b'), ['`b` is also in us-east-1b.']);
});

t('a stack that takes nothing for granted', () => assert.equal(checkExisting(stackOf(changed(() => {})), NOTHING), []));

t('a certificate tells what the spec says of one', async () => {
  const now = Date.UTC(2026, 0, 1);
  const { body, key } = await makeSelfSigned('web.example', ['web.example', '*.web.example'], 90, now);
  const read = decodeCertificate(body);
  assert.equal(
    { ...read, fingerprint: '' },
    {
      commonName: 'web.example',
      subjectAlternativeNames: ['web.example', '*.web.example'],
      validDays: 90,
      keyAlgorithm: 'RSA-2048',
      chainFingerprints: '',
      fingerprint: '',
      validTo: '2026-03-31T23:00:00.000Z',
    },
  );
  assert.match(String(read['fingerprint']), /^[0-9a-f]{64}$/);
  assert.is(fingerprintOf(body), read['fingerprint']);
  assert.match(key, /^-----BEGIN PRIVATE KEY-----\n[\s\S]+\n-----END PRIVATE KEY-----\n$/);
  const other = (await makeSelfSigned('b', ['b'], 1, now)).body;
  assert.is(fingerprintOf(`${body}${other}`), read['fingerprint'], 'the first of a chain');
  const chained = decodeCertificate(body, `Subject: CN=b\n${other}\n${body}`)['chainFingerprints'];
  assert.is(chained, `${fingerprintOf(other)} ${fingerprintOf(body)}`, 'each of the chain, in order');
});

t('what is no certificate is like none', () => {
  assert.equal(decodeCertificate('-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n'), {});
  assert.equal(decodeCertificate(''), {});
  assert.throws(() => fingerprintOf('nonsense'));
});

t.run();
