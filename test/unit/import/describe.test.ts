/** From what is live to what a person would write, and what gets lost on the way: never in silence. */

import * as assert from 'uvu/assert';
import { describeLive } from '../../../reconciler/import/describe.ts';
import { NOWHERE_YET } from '../../../reconciler/import/discover.ts';
import { writeSpec } from '../../../reconciler/import/text.ts';
import type { Address, Json } from '../../../reconciler/model/json.ts';
import type { Live } from '../../../reconciler/model/model.ts';
import { NOTHING } from '../../support/stacks.ts';
import { suite } from '../../support/suite.ts';

const t = suite('import/describe');

type Values = Readonly<Record<string, Json>>;

const live = (address: string, values: Values, tags: Readonly<Record<string, string>> = {}): Live => ({
  address: address as Address,
  kind: address.slice(0, address.indexOf('/')),
  id: `id:${address}`,
  outputs: {},
  values,
  tags,
  handles: {},
});

const WEB = { name: 'web', targetType: 'instance', protocol: 'HTTP', port: 8080 } as const;
const LISTENER = { protocol: 'HTTP', port: 80 } as const;
const forward: Json = [{ type: 'forward', targetGroup: { $ref: 'targetGroup/web.arn' } }];
const BALANCER = { name: 'shop', scheme: 'internal', subnets: ['subnet-2', 'subnet-1'], securityGroups: ['sg-0123456789abcdef0'] } as const;

function describe(all: readonly Live[], scaled: ReadonlyMap<string, string> = new Map(), left: readonly string[] = []) {
  const adopt = all.map(({ address, id }) => ({ address, id, position: NOWHERE_YET }));
  const desired = all.map(({ address, kind }) => ({ address, kind, values: {}, tags: {}, positions: {}, ignored: [], unmanaged: [] }));
  const existing = [
    { address: 'vpc/main' as Address, position: NOWHERE_YET, outputs: { id: 'vpc-1' } },
    { address: 'subnet/a' as Address, position: NOWHERE_YET, outputs: { id: 'subnet-1' } },
    { address: 'subnet/b' as Address, position: NOWHERE_YET, outputs: { id: 'subnet-2' } },
  ];
  const discovery = { stack: { name: 'shop', region: 'us-east-1', desired, existing, adopt }, left };
  return describeLive(discovery, { observed: { ...NOTHING, live: all } }, scaled);
}

const BASE = [
  live('targetGroup/web', WEB),
  live('loadBalancer/main', BALANCER),
  live('listener/http', { ...LISTENER, defaultActions: forward }),
];

t('names stand in the place of ids, and what AWS sets by itself is not said', () => {
  const more = { ...BALANCER, denyAllIgwTraffic: true, minimumCapacity: 'none', attributes: {}, idleTimeout: 60 };
  const { spec, lost, advice } = describe([...BASE.slice(0, 1), live('loadBalancer/main', more), ...BASE.slice(2)]);
  assert.equal(spec['loadBalancer'], { name: 'shop', scheme: 'internal', subnets: ['a', 'b'], securityGroups: ['sg-0123456789abcdef0'] });
  assert.equal([lost, advice], [[], []]);
  const other = describe([
    ...BASE.slice(0, 1),
    live('loadBalancer/main', { ...more, denyAllIgwTraffic: false, minimumCapacity: 100, attributes: { 'a.b': 'c' } }),
  ]);
  assert.equal(other.spec['loadBalancer'], {
    name: 'shop',
    scheme: 'internal',
    subnets: ['a', 'b'],
    securityGroups: ['sg-0123456789abcdef0'],
    minimumCapacity: 100,
    denyAllIgwTraffic: false,
  });
  assert.equal(other.advice, ['attributes that this version does not know are left unchanged: a.b']);
});

t('a rule that does what no spec can say is left out with its line of adopt, and named', () => {
  const values = { if: [{ field: 'path-pattern', list: 'Values', values: ['/x'] }], priority: 1, listener: { $ref: 'listener/http.arn' } };
  const strange: Json = [{ type: 'teleport', other: { Type: 'teleport' } }];
  const { spec, lost, adopt } = describe([
    ...BASE,
    live('rule/http.x', { ...values, actions: strange }),
    live('rule/http.y', { ...values, actions: forward }),
  ]);
  assert.equal(Object.keys((spec['listeners'] as { http: { rules: object } }).http.rules), ['y']);
  assert.equal(lost, ['rule/http.x does something that a spec cannot express (actions): left unchanged']);
  assert.not.ok(adopt.some(({ address }) => address === 'rule/http.x'));
  assert.ok(adopt.some(({ address }) => address === 'rule/http.y'));
});

t('a condition that no row knows keeps its rule out of the spec, a rewrite is left as it is: neither is written without it', () => {
  const values = { priority: 1, listener: { $ref: 'listener/http.arn' }, actions: forward };
  const path = { field: 'path-pattern', list: 'Values', values: ['/x'] };
  const country = { field: 'client-country', unknown: { Field: 'client-country' } };
  const header = { type: 'header-rewrite', unknown: { Type: 'header-rewrite' } };
  const { spec, lost, adopt } = describe([
    ...BASE,
    live('rule/http.x', { ...values, if: [country, path] }),
    live('rule/http.y', { ...values, if: [path], rewrite: [header] }),
  ]);
  assert.equal((spec['listeners'] as { http: { rules: Json } }).http.rules, { y: { priority: 1, if: { path: ['/x'] }, forward: 'web' } });
  assert.equal(spec['ignore'], ['listeners.http.rules.y.rewrite']);
  assert.equal(
    adopt.map(({ address }) => address).filter((address) => address.startsWith('rule/')),
    ['rule/http.y'],
  );
  assert.equal(lost, [
    'rule/http.x does something that a spec cannot express (if: client-country): left unchanged',
    'rule/http.y rewrite: [{"type":"header-rewrite","unknown":{"Type":"header-rewrite"}}], left unchanged (ignore)',
  ]);
});

t('the check of a JSON Web Token has no secret to ask for', () => {
  const jwt = { type: 'jwt-validation', jwksEndpoint: 'https://i/k', issuer: 'i', claims: [] };
  const { spec, advice } = describe([
    ...BASE.slice(0, 2),
    live('listener/http', { protocol: 'HTTPS', port: 443, defaultActions: [jwt, ...(forward as readonly Json[])] }),
  ]);
  assert.equal((spec['listeners'] as { http: { jwtValidation: Json } }).http.jwtValidation, { jwksEndpoint: 'https://i/k', issuer: 'i' });
  assert.equal(advice, []);
});

t('a listener that does what no spec can say takes its rules with it', () => {
  const rule = { if: [], priority: 1, actions: forward, listener: { $ref: 'listener/http.arn' } };
  const strange: Json = [{ type: 'teleport', other: { Type: 'teleport' } }];
  const { spec, adopt } = describe([
    ...BASE.slice(0, 2),
    live('listener/http', { ...LISTENER, defaultActions: strange }),
    live('rule/http.x', rule),
  ]);
  assert.is(spec['listeners'], undefined);
  assert.equal(
    adopt.map(({ address }) => address),
    ['targetGroup/web', 'loadBalancer/main'],
  );
});

t('what AWS keeps while it is not in use is listed', () => {
  const off = { ...BALANCER, 'accessLogs.enabled': false, 'accessLogs.bucket': 'old-logs', 'accessLogs.prefix': '' };
  assert.equal(describe([live('loadBalancer/main', off)]).lost, [
    'loadBalancer/main accessLogs.bucket: "old-logs", which AWS keeps although it is not in use',
  ]);
});

t("tags: all of a stranger's but AWS's own, of ours those that a spec said", () => {
  const tags = { 'aws:cloudformation:stack-name': 'shop-cfn', Team: 'shop', Name: 'x' };
  const theirs = describe([live('targetGroup/web', WEB, tags)]);
  assert.equal(theirs.spec['tags'], { Name: 'x', Team: 'shop' });
  assert.match(theirs.advice.join(), /CloudFormation manages it \(tag aws:cloudformation:stack-name: shop-cfn\)/);
  const ours = { ...tags, 'albedo:stack': 'shop', 'albedo:address': 'targetGroup/web', 'albedo:tags': 'Team' };
  assert.equal(describe([live('targetGroup/web', WEB, ours)]).spec['tags'], { Team: 'shop' });
});

t('targets of an Auto Scaling group are left to it', () => {
  const group = live('targetGroup/web', { ...WEB, targets: [{ id: 'i-0123456789abcdef0', port: 8080 }] });
  const scaled = describe([group, ...BASE.slice(1)], new Map([['i-0123456789abcdef0', 'web-asg']]));
  assert.equal(scaled.spec['ignore'], ['targetGroups.web.targets']);
  assert.match(scaled.advice.join(), /the Auto Scaling group web-asg registers the targets of targetGroup\/web/);
  const plain = describe([group, ...BASE.slice(1)]);
  assert.equal([plain.spec['ignore'], plain.advice], [undefined, []]);
});

t('certificates of ACM by ARN, of IAM by name, each once', () => {
  const acm = 'arn:aws:acm:us-east-1:123456789012:certificate/0123abcd-aaaa-bbbb-cccc-0123456789ab';
  const iam = 'arn:aws:iam::123456789012:server-certificate/site';
  const https = (address: string, port: number) =>
    live(address, { protocol: 'HTTPS', port, certificate: acm, additionalCertificates: [iam], defaultActions: forward });
  const { spec } = describe([...BASE.slice(0, 2), https('listener/https', 443), https('listener/more', 8443)]);
  assert.equal(spec['certificates'], { 'acm-0123abcd': { acm }, site: { iam: 'site' } });
});

t('the text: lines that are short enough, lists below each other, quotes where a reader could err', () => {
  const spec = {
    stack: 'shop',
    tags: { Version: '1_000', On: 'yes', Long: 'x'.repeat(100) },
    targetGroups: { web: { port: 80, matcher: '200' } },
  };
  const text = writeSpec(spec, [{ address: 'targetGroup/web', id: 'arn:x', position: NOWHERE_YET }], {
    modeline: 'mode',
    header: ['one', 'two'],
    comments: { adopt: 'taken' },
  });
  assert.is(
    text,
    `# mode
# one
# two
stack: shop
tags:
  Version: "1_000"
  "On": "yes"
  Long: ${'x'.repeat(100)}
targetGroups:
  web: { port: 80, matcher: "200" }
# taken
adopt:
  targetGroup/web: arn:x
`,
  );
});

t.run();
