/** `listeners.NAME.arn`: what may stand beside it. */

import * as assert from 'uvu/assert';
import { stringify } from 'yaml';
import { readSpec } from '../../../reconciler/config/read.ts';
import { hashing } from '../../../reconciler/run/pipeline.ts';
import { suite } from '../../support/suite.ts';

const t = suite('config/check-foreign-listener');

const arn = 'arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/platform/0123456789abcdef/0123456789abcdef';
const rules = { a: { if: { path: ['/a'] }, fixedResponse: { statusCode: '200' } } };
const spec = (shared: object, more: object = {}) => ({
  stack: 'guest',
  region: 'us-east-1',
  network: { vpc: { id: 'vpc-0123456789abcdef0' } },
  listeners: { shared: { arn, priorities: '100-199', rules, ...shared } },
  ...more,
});
const told = (wanted: object) =>
  readSpec(Buffer.from(stringify(wanted)), 'guest.yaml', hashing).problems.map(({ path, message }) => `${path}: ${message}`);

for (const wanted of [spec({}), spec({ rules: {} }), spec({ priorities: '7-7' }), spec({ rules: { a: { ...rules.a, priority: 199 } } })])
  t(`right: ${JSON.stringify(wanted.listeners.shared).slice(arn.length + 10, 120)}`, () => assert.equal(told(wanted), []));

for (const [wanted, pattern] of [
  [spec({ priorities: undefined }), /^listeners\.shared\.priorities: `priorities` is missing/],
  [spec({ priorities: '199-100' }), /`199-100` is not a range of priorities/],
  [spec({ priorities: '1-50001' }), /not a range of priorities/],
  [spec({ priorities: '0-5' }), /not a range of priorities/],
  [spec({ priorities: 'low' }), /a range such as 100-199/],
  [spec({ port: 80 }), /`port` cannot be set together with `arn`/],
  [spec({ forward: 'web' }, { targetGroups: { web: { port: 80 } } }), /`forward` cannot be set together with `arn`/],
  [spec({ rules: { a: { ...rules.a, priority: 200 } } }), /Priority 200 is outside 100-199/],
  [spec({ priorities: '5-5', rules: { a: rules.a, b: { ...rules.a, if: { path: ['/b'] } } } }), /2 rules do not fit into 1 priorities/],
  [spec({ arn: 'arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/0123456789abcdef' }), /the ARN of a listener/],
  [
    { ...spec({}), listeners: { own: { protocol: 'HTTP', port: 80, fixedResponse: { statusCode: '200' } } } },
    /`loadBalancer` is missing in the spec/,
  ],
  [{ ...spec({}), listeners: {} }, /`loadBalancer` is missing in the spec/],
  [spec({}, { loadBalancer: { subnets: ['a', 'b'] } }), /`subnets` is missing in `network`/],
  [
    spec(
      { arn: undefined, protocol: 'HTTP', port: 80, fixedResponse: { statusCode: '200' } },
      { loadBalancer: { subnets: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'] } },
    ),
    /`priorities` applies only with `arn`/,
  ],
] as const)
  t(`wrong: ${pattern.source}`, () => {
    const found = told(wanted);
    assert.ok(
      found.some((line) => pattern.test(line)),
      found.join('\n') || 'no problem',
    );
  });

t.run();
