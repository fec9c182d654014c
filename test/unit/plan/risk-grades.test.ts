import * as assert from 'uvu/assert';
import type { Grade, Occasion } from '../../../reconciler/model/grades.ts';
import type { Address, Json } from '../../../reconciler/model/json.ts';
import { fieldsOf, KINDS, kindOf } from '../../../reconciler/model/kinds.ts';
import type { Live } from '../../../reconciler/model/model.ts';
import type { Delta, FieldDelta } from '../../../reconciler/plan/delta.ts';
import { fill, gradeField, gradeWhole } from '../../../reconciler/plan/grade.ts';
import { suite } from '../../support/suite.ts';

const t = suite('plan/risk grades');

type Values = Readonly<Record<string, Json>>;

const live = (kind: string, values: Values, outputs: Readonly<Record<string, string>> = {}): Live => ({
  address: `${kind}/x`,
  kind,
  id: 'x',
  outputs,
  values,
  tags: {},
  handles: {},
});

/** The grade of one field that goes from one value in the normal form to another: `drop: reason`. */
function graded(kind: string, name: string, before: Json | undefined, after: Json, values: Values = {}, because?: Address): string {
  const field = fieldsOf(kindOf(kind)).find(([each]) => each === name)?.[1];
  if (field === undefined) throw new Error(`no field ${kind}.${name}`);
  const change: FieldDelta = {
    name,
    field,
    after,
    impact: 'update',
    ...(before === undefined ? {} : { before }),
    ...(because === undefined ? {} : { because }),
  };
  const grade = gradeField({ live: live(kind, values) }, change);
  return grade === undefined ? 'none' : `${grade.risk}: ${grade.reason}`;
}

const ref = (address: string, output = 'id'): Json => ({ $ref: `${address}.${output}` });
const target = (name: string): Json => ({ id: ref(`instance/${name}`), port: 80 });
const from = (cidr: string, port: number, more: Values = {}): Json => ({ protocol: 'tcp', fromPort: port, toPort: port, cidr, ...more });

const TWO = [target('web-1'), target('web-2')];
const at80 = { port: 80, deregistrationDelay: 300 };

for (const [kind, name, before, after, expected, values] of [
  ['targetGroup', 'targets', TWO, [target('web-2')], 'shift: requests under way to web-1 get up to 5m to finish', at80],
  ['targetGroup', 'targets', TWO, [], 'shift: requests under way to web-1 and web-2 get up to 5m to finish', at80],
  ['targetGroup', 'targets', TWO, [], 'shift: requests under way to web-1 and web-2 get time to finish', { port: 80 }],
  [
    'targetGroup',
    'targets',
    TWO,
    [target('web-2')],
    'drop: requests under way to web-1 are cut off: deregistrationDelay is 0',
    { port: 80, deregistrationDelay: 0 },
  ],
  ['targetGroup', 'targets', [target('web-2')], TWO, 'none', at80],
  [
    'targetGroup',
    'targets',
    [{ id: 'arn:one', port: null }],
    [{ id: 'arn:two', port: null }],
    'drop: no function answers until the new one is registered',
    { targetType: 'lambda' },
  ],
  ['targetGroup', 'healthCheck.timeout', 5, 2, 'shift: targets that take more than 2s to answer a health check get no more requests'],
  ['targetGroup', 'healthCheck.timeout', 2, 5, 'none'],
  ['targetGroup', 'deregistrationDelay', 300, 0, 'none'],
  ['listener', 'port', 80, 81, 'drop: clients of port 80 are refused'],
  ['listener', 'protocol', 'HTTP', 'HTTPS', 'drop: clients that speak HTTP on port 80 are refused', { port: 80 }],
  ['listener', 'sslPolicy', 'A', 'B', 'drop: clients without a TLS version and cipher of B are refused'],
  [
    'listener',
    'certificate',
    ref('certificate/a', 'arn'),
    ref('certificate/b', 'arn'),
    'shift: new connections get the certificate b: it must contain the host names of a',
  ],
  [
    'listener',
    'additionalCertificates',
    [ref('certificate/a', 'arn')],
    [],
    'drop: clients that ask for a host name of a get another certificate',
  ],
  ['listener', 'additionalCertificates', [], [ref('certificate/a', 'arn')], 'none'],
  ['listener', 'mutualAuthentication', { mode: 'off' }, { mode: 'verify' }, 'drop: clients without an accepted certificate are refused'],
  ['listener', 'mutualAuthentication', { mode: 'verify' }, { mode: 'off' }, 'none'],
  ['listener', 'responseHeaders.server', true, false, 'none'],
  ['loadBalancer', 'idleTimeout', 60, 120, 'none'],
  [
    'loadBalancer',
    'idleTimeout',
    120,
    60,
    'shift: connections that are idle for 1m are closed, even while a request waits for its response',
  ],
  ['loadBalancer', 'clientKeepAlive', 3600, 60, 'shift: client connections end after 1m, between two requests'],
  ['loadBalancer', 'clientKeepAlive', 60, 3600, 'none'],
  ['loadBalancer', 'ipAddressType', 'ipv4', 'dualstack', 'none'],
  ['loadBalancer', 'ipAddressType', 'dualstack', 'ipv4', 'drop: clients that reach it over IPv6 are cut off'],
  [
    'loadBalancer',
    'ipAddressType',
    'dualstack',
    'dualstack-without-public-ipv4',
    'drop: clients that reach it over public IPv4 addresses are cut off',
  ],
  [
    'loadBalancer',
    'subnets',
    [ref('subnet/a'), ref('subnet/b')],
    [ref('subnet/b')],
    'shift: its addresses in a leave DNS, and close within minutes',
  ],
  ['loadBalancer', 'subnets', [ref('subnet/b')], [ref('subnet/a'), ref('subnet/b')], 'none'],
  ['loadBalancer', 'http2', false, true, 'none'],
  ['loadBalancer', 'http2', true, false, 'drop: clients that speak only HTTP/2, such as gRPC, are refused'],
  ['loadBalancer', 'desyncMitigationMode', 'defensive', 'strictest', 'drop: requests that do not follow RFC 7230 exactly are refused'],
  ['loadBalancer', 'desyncMitigationMode', 'monitor', 'defensive', 'drop: requests that could smuggle another request are refused'],
  ['loadBalancer', 'desyncMitigationMode', 'strictest', 'defensive', 'none'],
  ['loadBalancer', 'securityGroups', ['sg-1'], ['sg-1', 'sg-2'], 'none'],
  ['loadBalancer', 'securityGroups', ['sg-1', 'sg-2'], ['sg-2'], 'drop: new connections that only sg-1 allowed are refused'],
  ['securityGroup', 'ingress', [from('0.0.0.0/0', 80)], [from('0.0.0.0/0', 80), from('0.0.0.0/0', 443)], 'none'],
  ['securityGroup', 'ingress', [from('0.0.0.0/0', 80)], [], 'drop: new connections by port 80 from 0.0.0.0/0 are refused'],
  ['securityGroup', 'ingress', [from('0.0.0.0/0', 80)], [from('0.0.0.0/0', 80, { description: 'the world' })], 'none'],
  [
    'securityGroup',
    'egress',
    [1, 2, 3, 4, 5].map((port) => from('10.0.0.0/8', port)),
    [],
    'drop: new connections by port 1 to 10.0.0.0/8, port 2 to 10.0.0.0/8, port 3 to 10.0.0.0/8 and 2 more are refused',
  ],
] as readonly (readonly [string, string, Json, Json, string, Values?])[]) {
  t(
    `${kind}.${name}: ${JSON.stringify(before)} to ${JSON.stringify(after)}${values === undefined ? '' : ` with ${JSON.stringify(values)}`}`,
    () => assert.is(graded(kind, name, before, after, values), expected),
  );
}

t('the same thing made anew loses less than another one', () => {
  const site = ref('certificate/site', 'arn');
  assert.is(graded('listener', 'certificate', site, site, {}, 'certificate/site'), 'none');
  const verify = { mode: 'verify', trustStore: ref('trustStore/a', 'arn') };
  assert.is(graded('listener', 'mutualAuthentication', verify, verify, {}, 'trustStore/a'), 'none');
  const subnets = [ref('subnet/a')];
  assert.match(graded('loadBalancer', 'subnets', subnets, subnets, {}, 'subnet/a'), /^shift: its addresses there/);
});

t('what albedo derives of a security group is closed when nothing uses it, what the spec says when it says so', () => {
  const [, field] = fieldsOf(kindOf('securityGroup')).find(([name]) => name === 'ingress') ?? [];
  if (field === undefined) throw new Error('no field');
  const change: FieldDelta = { name: 'ingress', field, before: [from('0.0.0.0/0', 80)], after: [], impact: 'update' };
  const desired = { address: 'securityGroup/x', kind: 'securityGroup', values: {}, tags: {}, ignored: [], unmanaged: [] } as const;
  const said = { ingress: { file: 'a.yaml', line: 1, column: 1 } };
  assert.is(gradeField({ desired: { ...desired, positions: {} } }, change)?.risk, 'none');
  assert.is(gradeField({ desired: { ...desired, positions: said } }, change)?.risk, 'drop');
});

t('what goes as a whole', () => {
  const whole = (kind: string, values: Values, outputs = {}) =>
    gradeWhole({ live: live(kind, values, outputs) } satisfies Pick<Delta, 'live'>, kindOf(kind).risk?.destroy);
  assert.equal(whole('listener', { port: 443 }), { risk: 'drop', reason: 'its port 443 refuses clients' });
  assert.is(
    whole('loadBalancer', {}, { dnsName: 'web.example' })?.reason,
    'the DNS name web.example is deleted, so its clients lose access',
  );
  assert.is(whole('loadBalancer', {})?.reason, 'the DNS name of it is deleted, so its clients lose access');
  assert.is(whole('targetGroup', { targets: [], deregistrationDelay: 5 })?.risk, 'none');
  assert.is(whole('targetGroup', { targets: TWO, deregistrationDelay: 5 })?.reason, 'requests under way get up to 5s to finish');
  assert.is(whole('securityGroup', {}), undefined);
});

t('every reason of the table speaks of values that there are', () => {
  const grades = KINDS.flatMap((kind): (readonly [string, Grade, readonly string[]])[] => {
    const own = [...fieldsOf(kind).map(([name]) => name), ...Object.keys(kind.outputs)];
    const risk: { readonly replace?: unknown; readonly destroy?: unknown } = 'risk' in kind ? kind.risk : {};
    const whole = [risk.replace, risk.destroy].flat().filter((grade): grade is Grade => grade !== undefined);
    const members = ['before', 'after', 'added', 'removed'];
    return [
      ...whole.map((grade) => [kind.name, grade, own] as const),
      ...fieldsOf(kind).flatMap(([name, field]) =>
        (field.risk === undefined ? [] : [field.risk].flat()).map(
          (grade) => [`${kind.name}.${name}`, grade, [...own, ...members]] as const,
        ),
      ),
    ];
  });
  assert.ok(grades.length > 50);
  for (const [where, { risk, reason, when }, known] of grades) {
    for (const [, name] of reason.matchAll(/\{([^}]+)\}/g)) assert.ok(known.includes(name ?? ''), `${where}: {${name}}`);
    for (const name of Object.keys((when as Occasion | undefined)?.values ?? {})) assert.ok(known.includes(name), `${where}: ${name}`);
    assert.ok(risk === 'none' || reason.length > 10, where);
    assert.not.match(reason, /\.$/, where);
  }
});

t('a part of a reason whose values are not known gives way', () => {
  const known = (name: string) => (name === 'a' ? '1' : undefined);
  assert.is(fill('x [up to {a} s|time] y', known), 'x up to 1 s y');
  assert.is(fill('x [up to {b} s|time] y', known), 'x time y');
  assert.is(fill('x [up to {a} {b}|{a}] y', known), 'x 1 y');
});

t.run();
