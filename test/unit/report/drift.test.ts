import * as assert from 'uvu/assert';
import { ALARMS } from '../../../reconciler/model/alarms.ts';
import type { Json } from '../../../reconciler/model/json.ts';
import { fieldsOf, kindOf } from '../../../reconciler/model/kinds.ts';
import { type DriftReport, renderDrift } from '../../../reconciler/report/drift.ts';
import { unifiedDiff } from '../../../reconciler/report/unified-diff.ts';
import { suite } from '../../support/suite.ts';

const t = suite('report/drift');

const REPORT: DriftReport = {
  version: 1,
  stack: 'web',
  account: '123456789012',
  region: 'us-east-1',
  file: 'web.yaml',
  differences: [
    {
      address: 'securityGroup/own',
      label: 'security group',
      state: 'changed',
      physicalId: 'sg-1',
      fields: [
        {
          field: 'ingress',
          added: [{ port: 22, from: '0.0.0.0/0' }],
          removed: [],
          grade: 'alarm',
          reason: 'open to the whole internet on port 22',
        },
      ],
      grade: 'alarm',
      reason: '',
    },
    {
      address: 'listener/http',
      label: 'listener',
      state: 'missing',
      fields: [],
      grade: 'drop',
      reason: 'its port refuses clients',
      position: { file: 'web.yaml', line: 30, column: 3 },
    },
    {
      address: 'loadBalancer/main',
      label: 'load balancer',
      state: 'changed',
      fields: [
        { field: 'idleTimeout', live: '75s', spec: '1m', grade: 'none', reason: '' },
        { field: 'tags.team', live: 'ops', grade: 'none', reason: '' },
        { field: 'tags.cost', spec: '4711', grade: 'none', reason: '' },
      ],
      grade: 'none',
      reason: '',
    },
    {
      address: 'vpc/main',
      label: 'VPC',
      state: 'missing',
      fields: [],
      grade: 'none',
      reason: '',
      lost: [{ physicalId: 'vpc-1', command: 'aws ec2 create-tags' }],
    },
  ],
  notes: [{ kind: 'foreign', text: 'listener HTTP 9000 is not of this stack' }],
  refusals: [{ address: 'listener/http', reason: 'it would drop', remedy: 'Say so.' }],
};

t('drift is told from the live side, with both ways out', () => {
  assert.is(
    renderDrift(REPORT, 'web.yaml'),
    `web · 123456789012 us-east-1

  security group own differs from the spec
      ingress  has { port: 22, from: 0.0.0.0/0 }, which is not in the spec  alarm: open to the whole internet on port 22

  listener http is missing  web.yaml:30  (its port refuses clients)

  load balancer main differs from the spec
      idleTimeout  is 75s, but the spec sets 1m
      tags.team    is ops, but the spec does not set it
      tags.cost    is not set, but the spec sets 4711

  VPC main is missing
      ! vpc-1 is probably this resource without its tags: an apply would create a second one. Put the tags back:
        aws ec2 create-tags

  foreign    listener HTTP 9000 is not of this stack

  drift: 4 resources
  back to the spec:      albedo apply web.yaml
  into the spec instead: albedo drift web.yaml --accept
  guard  listener/http: it would drop. Say so.
`,
  );
  assert.match(renderDrift({ ...REPORT, differences: [], refusals: [], notes: [] }, 'web.yaml'), /No drift/);
});

t('every alarm is of a field that there is', () => {
  for (const key of Object.keys(ALARMS)) {
    const [kind = '', name = ''] = key.split(' ');
    assert.ok(
      fieldsOf(kindOf(kind)).some(([field]) => field === name),
      key,
    );
  }
});

const alarm = (key: string, live: Json, spec: Json): string | undefined => ALARMS[key]?.(live, spec);
const ssh = (cidr: string, port = 22): Json => ({ protocol: 'tcp', fromPort: port, toPort: port, cidr });

t('what is dangerous is an alarm, and what is not is none', () => {
  const key = 'securityGroup ingress';
  assert.is(alarm(key, [ssh('0.0.0.0/0'), ssh('::/0')], []), 'open to the whole internet on port 22');
  assert.is(alarm(key, [{ protocol: '-1', cidr: '0.0.0.0/0' }], []), 'open to the whole internet on all ports');
  assert.is(alarm(key, [ssh('10.0.0.0/8')], []), undefined);
  assert.is(alarm(key, [ssh('0.0.0.0/0', 80)], [ssh('0.0.0.0/0', 80), ssh('0.0.0.0/0', 443)]), undefined, 'less open than said');
  assert.ok(alarm('loadBalancer deletionProtection', false, true));
  assert.is(alarm('loadBalancer deletionProtection', true, false), undefined);
  const oidc: Json = { type: 'authenticate-oidc' };
  const forward: Json = { type: 'forward' };
  assert.is(alarm('rule actions', [forward], [oidc, forward]), 'requests pass without authenticate-oidc');
  assert.is(alarm('rule actions', [oidc, forward], [forward]), undefined);
  assert.ok(alarm('listener mutualAuthentication', { mode: 'off' }, { mode: 'verify' }));
  assert.is(alarm('listener mutualAuthentication', { mode: 'verify' }, { mode: 'off' }), undefined);
});

t('a difference of texts is one that `patch` takes', () => {
  const before = `${Array.from({ length: 20 }, (_, n) => `line ${n + 1}`).join('\n')}\n`;
  const after = before.replace('line 3\n', 'line three\n').replace('line 18\n', '').replace('line 4\n', 'line 4\nnew\n');
  assert.is(
    unifiedDiff('a.yaml', before, after),
    `--- a.yaml
+++ a.yaml
@@ -1,7 +1,8 @@
 line 1
 line 2
-line 3
+line three
 line 4
+new
 line 5
 line 6
 line 7
@@ -15,6 +16,5 @@
 line 15
 line 16
 line 17
-line 18
 line 19
 line 20
`,
  );
  assert.is(unifiedDiff('a', before, before), '');
  assert.is(unifiedDiff('a', 'x', 'y\n'), '--- a\n+++ a\n@@ -1,1 +1,1 @@\n-x\n\\ No newline at end of file\n+y\n');
});

t.run();
