/** `adopt:` in a spec: every mistake at its line and column, and what is right becomes part of the stack. */

import * as assert from 'uvu/assert';
import { GOOD } from '../../support/spec-text.ts';
import { problemsOf, stackOf } from '../../support/stacks.ts';
import { suite } from '../../support/suite.ts';

const t = suite('spec/adopt');

const arn = (resource: string, region = 'us-east-1'): string => `arn:aws:elasticloadbalancing:${region}:123456789012:${resource}`;
const WEB = arn('targetgroup/web/0123456789abcdef');
const adopting = (...lines: readonly string[]): string => `${GOOD}adopt:\n${lines.map((line) => `  ${line}\n`).join('')}`;
const LAST = GOOD.split('\n').length;

/** `line:column message | hint` of the only mistake. */
function mistake(...lines: readonly string[]): string {
  const found = problemsOf(adopting(...lines));
  assert.is(found.length, 1, JSON.stringify(found));
  return `${(found[0]?.line ?? 0) - LAST}:${found[0]?.column} ${found[0]?.message} | ${found[0]?.hint}`;
}

t('each kind that can be adopted', () => {
  const { adopt } = stackOf(
    adopting(
      `loadBalancer/main: ${arn('loadbalancer/app/webserver/0123456789abcdef')}`,
      `targetGroup/web: ${WEB}`,
      `listener/http: ${arn('listener/app/webserver/0123456789abcdef/0123456789abcdef')}`,
    ),
  );
  assert.equal(
    adopt.map(({ address, position }) => [address, position.line - LAST]),
    [
      ['loadBalancer/main', 1],
      ['targetGroup/web', 2],
      ['listener/http', 3],
    ],
  );
  assert.equal(stackOf(GOOD).adopt, []);
});

t('an address that is not in the file', () => {
  assert.is(mistake(`targetGroup/wep: ${WEB}`), '1:3 There is no `targetGroup/wep` in this file. | Did you mean `targetGroup/web`?');
  assert.match(mistake(`nothing: ${WEB}`), /^1:3 There is no `nothing` in this file\. \| There are: .*targetGroup\/web/);
});

t('a kind that cannot be adopted says how it is pointed to', () => {
  assert.is(
    mistake('vpc/main: vpc-0123456789abcdef0'),
    '1:3 A VPC cannot be adopted. | To use an existing one, set `id` under `network.vpc`.',
  );
  assert.match(
    mistake(`certificate/site: ${WEB}`),
    /A certificate cannot be adopted\. \| To use an existing one, set `iam` under `certificates`/,
  );
  assert.match(mistake('routeTable/public: rtb-0123456789abcdef0'), /A route table cannot be adopted\. \| albedo creates it\./);
});

t('a malformed ARN, one of another kind, one of another type of load balancer', () => {
  for (const wrong of ['web', WEB.slice(4), `${WEB} x`, arn('loadbalancer/app/web/0123456789abcdef'), WEB.replace('123456789012', '12')])
    assert.match(
      mistake(`targetGroup/web: "${wrong}"`),
      /^1:20 .* is not the ARN of a target group\. \| It looks like `arn:aws:.*targetgroup\//,
    );
  assert.match(mistake(`loadBalancer/main: ${arn('loadbalancer/net/web/0123456789abcdef')}`), /not the ARN of a load balancer/);
  assert.equal(problemsOf(adopting(`targetGroup/web: ${WEB.replace('arn:aws:', 'arn:aws-cn:')}`)), []);
});

t('another region', () => {
  assert.is(
    mistake(`targetGroup/web: ${arn('targetgroup/web/0123456789abcdef', 'eu-west-1')}`),
    '1:20 This target group is in eu-west-1, but the stack is in us-east-1. | A stack is in one region.',
  );
});

t('one id at two addresses', () => {
  const text = adopting(`targetGroup/web: ${WEB}`, `targetGroup/green: ${WEB}`).replace(
    'targetGroups:\n',
    'targetGroups:\n  green: { port: 8080 }\n',
  );
  const [found, ...more] = problemsOf(text);
  assert.equal(more, []);
  assert.match(found?.message ?? '', /is also adopted as `targetGroup\/web`/);
});

t('what is no map of texts', () => {
  assert.ok(problemsOf(`${GOOD}adopt: [${WEB}]\n`).length > 0);
  assert.ok(problemsOf(adopting('targetGroup/web: 7')).length > 0);
});

t.run();
