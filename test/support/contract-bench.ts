/**
 * What the contract tests share: a sandbox, the AWS clients any user has, and the reconciler's real path from the bytes of a
 * spec to a converged stack. A test says a spec as an object; it is written as YAML and read back like any file.
 */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { EC2Client } from '@aws-sdk/client-ec2';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { IAMClient } from '@aws-sdk/client-iam';
import * as assert from 'uvu/assert';
import { parse, stringify } from 'yaml';
import type { ReadySpec } from '../../reconciler/config/read.ts';
import { readSpec } from '../../reconciler/config/read.ts';
import type { Json } from '../../reconciler/model/json.ts';
import { fingerprintOf } from '../../reconciler/observe/x509.ts';
import { sha256 } from '../../reconciler/plan/digest.ts';
import type { Plan } from '../../reconciler/plan/types.ts';
import { openSession, type Preview, preview, type Reconciled, reconcile } from '../../reconciler/run/pipeline.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../sandbox/sandbox.ts';
import { paceClock } from './contract-clock.ts';
import { PERMISSIVE } from './policies.ts';
import { suite } from './suite.ts';

export type Spec = { readonly [key: string]: Json };

export interface Bench {
  sandbox: Sandbox;
  ec2: EC2Client;
  elb: ElasticLoadBalancingV2Client;
  iam: IAMClient;
}

const TUTORIAL = fileURLToPath(new URL('../../environments/sandbox/webserver.yaml', import.meta.url));

/** The tutorial's stack, as users get it. */
export const tutorial = (): Spec => parse(readFileSync(TUTORIAL, 'utf8')) as Spec;

/** A suite with one sandbox for all its tests. The account is emptied before each test only when `fresh`. */
export function contractSuite(name: string, options: { readonly fresh?: boolean } & SandboxOptions = {}): ReturnType<typeof suite<Bench>> {
  const { fresh = false, ...sandboxOptions } = options;
  const t = suite<Bench>(name);
  t.before(async (bench) => {
    const sandbox = await startSandbox(sandboxOptions);
    // As any AWS tool is pointed at it; nothing of the machine's own AWS set-up may be used.
    Object.assign(process.env, {
      AWS_ENDPOINT_URL: sandbox.endpoint,
      AWS_ACCESS_KEY_ID: 'sandbox',
      AWS_SECRET_ACCESS_KEY: 'sandbox',
      AWS_CONFIG_FILE: '/nonexistent',
      AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
    });
    for (const variable of ['AWS_PROFILE', 'AWS_SESSION_TOKEN']) delete process.env[variable];
    const client = { region: 'us-east-1', maxAttempts: 1 };
    Object.assign(bench, {
      sandbox,
      ec2: new EC2Client(client),
      elb: new ElasticLoadBalancingV2Client(client),
      iam: new IAMClient(client),
    });
  });
  if (fresh) t.before.each(({ sandbox }) => sandbox.reset());
  t.after(async ({ sandbox, ec2, elb, iam }) => {
    for (const client of [ec2, elb, iam]) client.destroy();
    await sandbox.stop();
  });
  return t;
}

/** From the object through YAML to the model; a spec with mistakes fails the test with all of them. */
export function ready(spec: Spec, file = TUTORIAL): ReadySpec {
  const result = readSpec(Buffer.from(stringify(spec)), file, { sha256, fingerprint: fingerprintOf, env: (name) => process.env[name] });
  if (result.spec === undefined)
    throw new Error(result.problems.map(({ path, message, hint }) => `${path}: ${message}. ${hint ?? ''}`).join('\n'));
  return result.spec;
}

const session = ({ sandbox }: Bench) => openSession({ region: 'us-east-1', env: process.env, clock: paceClock(sandbox.clock) });

/** Plans without changing anything. */
export async function look(bench: Bench, spec: Spec, mode: Plan['mode'] = 'apply'): Promise<Preview> {
  return preview(ready(spec), session(bench), PERMISSIVE, mode);
}

/** What is different, in one line each: `update listener/http port`. */
export const namesOf = (plan: Plan): readonly string[] =>
  plan.changes.map(({ verb, address, fields }) =>
    [verb, address, ...(verb === 'create' || verb === 'destroy' ? [] : fields.map(({ field }) => field))].join(' '),
  );

/** Plans and applies, whatever comes of it; a refusal of the guard or of AWS fails the test. */
export async function apply(bench: Bench, spec: Spec, mode: Plan['mode'] = 'apply'): Promise<Reconciled> {
  const own = session(bench);
  const read = ready(spec);
  const planned = await preview(read, own, PERMISSIVE, mode);
  assert.equal(planned.refusals, [], 'guard refuses the plan');
  const done = await reconcile(read, planned, own);
  const failed = (done.run?.steps ?? []).filter(({ outcome }) => outcome === 'failed' || outcome === 'cancelled');
  assert.equal(
    failed.map(({ id, outcome, error }) => [id, outcome, error]),
    [],
    'steps that failed',
  );
  return done;
}

/** Plans and applies. The check after the apply must find nothing, and neither may a plan made from the beginning. */
export async function converge(bench: Bench, spec: Spec, mode: Plan['mode'] = 'apply'): Promise<Reconciled> {
  const done = await apply(bench, spec, mode);
  assert.equal(changesOf(done.check), [], 'the check after the apply still finds changes');
  if (done.run === undefined) return done;
  const again = await preview(ready(spec), session(bench), PERMISSIVE, mode);
  assert.equal(changesOf(again.plan), [], 'the second plan is not empty');
  assert.equal(again.plan.steps, []);
  return done;
}

/** The changes of a plan, short enough to be read in a failed test. */
export function changesOf(plan: Plan | undefined): readonly Json[] {
  return (plan?.changes ?? []).map(({ address, verb, fields }) => [
    verb,
    address,
    fields.map(({ field, before, after }): Json => [field, before ?? null, after ?? null]),
  ]);
}

export function writesOf(bench: Bench, since: number): readonly string[] {
  return bench.sandbox
    .calls()
    .slice(since)
    .map(({ action }) => action)
    .filter((action) => !/^(Describe|Get|List)/.test(action));
}

/** A deep copy with the value at a path of keys replaced; `undefined` removes the key. */
export function withAt(spec: Spec, path: readonly string[], value: Json | undefined): Spec {
  const [head = '', ...rest] = path;
  const { [head]: inner, ...others } = spec;
  if (rest.length === 0) return value === undefined ? others : { ...spec, [head]: value };
  const below = typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? (inner as Spec) : {};
  return { ...spec, [head]: withAt(below, rest, value) };
}
