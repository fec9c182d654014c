/** One full report of a synthetic run, for the renderers. */

import { judge } from '../../../reconciler/load/judge.ts';
import type { LoadReport, ProbeResult } from '../../../reconciler/load/types.ts';
import type { Change, Plan, Run, StepRun } from '../../../reconciler/plan/types.ts';
import { buildReport, type Report, type ReportInput } from '../../../reconciler/report/report.ts';
import { at, judgeInput, T0, usual, VICTIM } from '../load/samples.ts';

const position = (line: number) => ({ file: 'environments/sandbox/webserver.yaml', line, column: 3 });

export const changes: readonly Change[] = [
  {
    address: 'instance/web-1',
    label: 'instance',
    verb: 'create',
    fields: [
      { field: 'instanceType', after: 't3.micro', impact: 'create', risk: 'none' },
      { field: 'subnet', after: { $ref: 'subnet/a.id' }, impact: 'create', risk: 'none' },
      { field: 'userData', after: `#!/bin/sh\n${'echo hello\n'.repeat(40)}`, impact: 'create', risk: 'none' },
    ],
    impact: 'create',
    risk: 'none',
    position: position(12),
  },
  {
    address: 'targetGroup/web',
    label: 'target group',
    verb: 'update',
    physicalId: 'arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/1',
    fields: [
      { field: 'healthCheck.path', before: '/', after: '/status', impact: 'update', risk: 'none' },
      {
        field: 'stickiness.duration',
        before: 86400,
        after: 3600,
        impact: 'update',
        risk: 'shift',
        reason: 'sessions may move to another instance',
      },
    ],
    impact: 'update',
    risk: 'shift',
    position: position(22),
  },
  {
    address: 'loadBalancer/main',
    label: 'load balancer',
    verb: 'replace',
    fields: [
      { field: 'scheme', before: 'internal', after: 'internet-facing', impact: 'replace', risk: 'drop', reason: 'the DNS name changes' },
    ],
    impact: 'replace',
    risk: 'drop',
    position: position(35),
  },
  {
    address: 'securityGroup/old',
    label: 'security group',
    verb: 'destroy',
    physicalId: 'sg-1',
    fields: [],
    impact: 'destroy',
    risk: 'none',
  },
];

export const plan: Plan = {
  version: 1,
  mode: 'apply',
  stack: 'webserver',
  account: '••••9012',
  region: 'us-east-1',
  changes,
  steps: [],
  notes: [
    { kind: 'unmanaged', address: 'loadBalancer/main', text: 'accessLogs is left as it is', position: position(36) },
    { kind: 'warning', text: 'health check interval is longer than the objective for detection' },
  ],
  summary: { create: 1, adopt: 0, update: 1, replace: 1, destroy: 1, unchanged: 14, risk: 'drop' },
  specDigest: 'a'.repeat(64),
  liveDigest: 'b'.repeat(64),
  digest: '9f3c21a7be04d1e2'.padEnd(64, '0'),
};

const step = (id: string, title: string, from: number, to: number, more: Partial<StepRun> = {}): StepRun => ({
  id,
  address: 'targetGroup/web',
  title,
  effect: 'create',
  outcome: 'done',
  attempts: 1,
  startedAt: T0 - 60_000 + from,
  endedAt: T0 - 60_000 + to,
  ...more,
});
export const run: Run = {
  outcome: 'done',
  steps: [
    step('1', 'create VPC main', 0, 400),
    step('2', 'create subnet a', 400, 700),
    step('3', 'run instance web-1', 800, 2300),
    step('4', 'create target group web', 900, 1200),
    step('5', 'wait for healthy targets of web', 2400, 31_000, { effect: 'await' }),
  ],
  startedAt: T0 - 60_000,
  endedAt: T0 - 28_600,
};

export const probes: readonly ProbeResult[] = [
  {
    name: 'http: answers',
    outcome: 'pass',
    detail: 'GET / over HTTP on port 80 answered 200.',
    expected: 'status 200 to 399',
    got: 'status 200',
  },
  {
    name: 'https: certificate',
    outcome: 'pass',
    detail: 'The served certificate is the one of the spec.',
    expected: 'sha256 0011…',
    got: 'sha256 0011…',
  },
  {
    name: 'http: stickiness',
    outcome: 'pass',
    detail: '13 requests with the cookie were answered by 1 instance.',
    expected: 'one instance',
    got: VICTIM,
  },
];

export const objectives = { errorRate: 0.05, p95: 300, p99: 3000, failover: 25, recovery: 15, detection: 5 };
export const load: LoadReport = judge(judgeInput(usual, { objectives }));

export const reportOf = (more: Partial<ReportInput> = {}): Report =>
  buildReport({
    stack: 'webserver',
    account: '••••9012',
    region: 'us-east-1',
    createdAt: at(70),
    plan,
    run,
    calls: { calls: 51, writes: 22, polls: 31, refused: 0, byOperation: { 'ec2:CreateVpc': 1 } },
    checkAfter: { changes: [] },
    load,
    victim: judgeInput().victim,
    probes,
    timings: [
      { name: 'plan', ms: 900 },
      { name: 'apply', ms: 31_400 },
      { name: 'load', ms: 61_000 },
    ],
    links: [{ text: 'run 118', url: 'https://github.example/run/118' }],
    ...more,
  });
