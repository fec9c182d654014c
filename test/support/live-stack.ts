/** The stack of load tests on the sandbox: webservers behind a load balancer, as small as they may be, and a whole load test of it. */

import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import type { Report } from '../../reconciler/report/report.ts';
import { openSession, preview, reconcile } from '../../reconciler/run/pipeline.ts';
import type { SessionOptions } from '../../reconciler/run/session.ts';
import { type VerifyStackOptions, verifyOrRollBack } from '../../reconciler/verify/verify-stack.ts';
import { type Bench, ready, type Spec } from './contract-bench.ts';

/** Each with its subnet (`a` or `b`) and its security group. */
export type Instances = Readonly<Record<string, { readonly subnet: 'a' | 'b'; readonly group: string }>>;

/** Without instances, a group whose targets somebody registers by their addresses. `more`: keys of the spec, over those that are here. */
export function liveStack(instances: Instances, more: Spec): Spec {
  const groups = [...new Set(Object.values(instances).map(({ group }) => group))];
  const registered =
    groups.length === 0
      ? { targetType: 'ip', port: 8080 }
      : {
          port: 8080,
          deregistrationDelay: '1s',
          healthCheck: { path: '/status', interval: '5s', timeout: '2s', healthyThreshold: 2, unhealthyThreshold: 2 },
          targets: Object.keys(instances),
        };
  return {
    ...{ stack: 'live', region: 'us-east-1' },
    network: {
      vpc: { cidrBlock: '10.0.0.0/16' },
      subnets: {
        a: { availabilityZone: 'us-east-1a', cidrBlock: '10.0.1.0/24' },
        b: { availabilityZone: 'us-east-1b', cidrBlock: '10.0.2.0/24' },
      },
    },
    securityGroups: {
      front: { ingress: [{ port: 80, from: '0.0.0.0/0' }] },
      ...Object.fromEntries(groups.map((name) => [name, { ingress: [{ port: 8080, from: 'front', description: 'the load balancer' }] }])),
    },
    instances: Object.fromEntries(
      Object.entries(instances).map(([name, { subnet, group }]) => [
        name,
        { subnet, instanceType: 't3.micro', app: 'flask-webserver', securityGroups: [group] },
      ]),
    ),
    targetGroups: { web: registered },
    loadBalancer: { subnets: ['a', 'b'], securityGroups: ['front'] },
    listeners: { http: { protocol: 'HTTP', port: 80, forward: 'web' } },
    ...more,
  } as unknown as Spec;
}

/** Applies it, and waits until all of it is there. */
export async function standing({ sandbox }: Bench, spec: Spec): Promise<void> {
  const session = openSession({ region: 'us-east-1', env: process.env });
  const wanted = ready(spec);
  const done = await reconcile(wanted, await preview(wanted, session), session);
  assert.is(done.run?.outcome ?? 'done', 'done');
  await sandbox.settled();
}

/** One load test, whose points lie in `outDir`. */
export async function proven(
  { sandbox }: Bench,
  spec: Spec,
  options: Omit<VerifyStackOptions, 'hosts'>,
  more: Pick<SessionOptions, 'emit'> = {},
): Promise<Report> {
  const session = openSession({ region: 'us-east-1', env: process.env, ...more });
  return verifyOrRollBack(ready(spec), session, { hosts: hostsOf(sandbox), ...options });
}

/** Where the load balancers of a sandbox are. */
export const hostsOf = ({ hostsFile }: Bench['sandbox']): Readonly<Record<string, string>> =>
  JSON.parse(readFileSync(hostsFile, 'utf8')) as Readonly<Record<string, string>>;
