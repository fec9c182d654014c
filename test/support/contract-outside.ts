/**
 * A change behind albedo's back: what would make the live stack that of another spec is sent with the plain SDK, as anybody could send
 * it, without the tags that albedo writes beside. The inputs come from a plan; nothing else of albedo has a part in it.
 */
import * as ec2 from '@aws-sdk/client-ec2';
import * as elbv2 from '@aws-sdk/client-elastic-load-balancing-v2';
import * as assert from 'uvu/assert';
import { stringify } from 'yaml';
import { holds } from '../../reconciler/config/draft.ts';
import { acceptDrift } from '../../reconciler/drift/accept.ts';
import { describeDrift } from '../../reconciler/drift/describe.ts';
import type { Json } from '../../reconciler/model/json.ts';
import { fieldsOf, kindOf } from '../../reconciler/model/kinds.ts';
import type { Difference } from '../../reconciler/report/drift.ts';
import { hashing } from '../../reconciler/run/pipeline.ts';
import { type Bench, changesOf, converge, look, ready, type Spec } from './contract-bench.ts';

const TAGGING = /^(ec2:(Create|Delete)Tags|elbv2:(Add|Remove)Tags)$/;

/** Sends what separates the live `address` from what `spec` says of it. Answers how many calls that took. */
export async function meddle(bench: Bench, spec: Spec, address: string): Promise<number> {
  const { plan } = await look(bench, spec);
  const steps = plan.steps.filter((step) => step.address === address && step.effect === 'update' && !TAGGING.test(step.op));
  // AWS refuses a change of the capacity while the last one is being made.
  bench.sandbox.clock.advance(3_600_000);
  for (const { op, input } of steps) {
    const [service = '', name = ''] = op.split(':');
    const commands = (service === 'ec2' ? ec2 : elbv2) as unknown as Record<string, new (input: Json) => never>;
    const Command = commands[`${name}Command`];
    if (Command === undefined) throw new Error(`the SDK has no ${op}`);
    assert.ok(!JSON.stringify(input).includes('"$ref"'), `${op} needs what is not there`);
    const command = new Command(withSecrets(input));
    await (service === 'ec2' ? bench.ec2.send(command) : bench.elb.send(command));
  }
  bench.sandbox.clock.advance(3_600_000);
  return steps.length;
}

/** Whoever meddles has a secret of their own. */
function withSecrets(value: Json): Json {
  if (Array.isArray(value)) return value.map(withSecrets);
  if (typeof value !== 'object' || value === null) return value;
  if ('$deferred' in value) return 'somebody-elses-secret';
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, withSecrets(entry)]));
}

export interface Expected {
  readonly address: string;
  readonly fields: readonly string[];
  /** What the accepted values have consequences for: a port that a security group made by albedo lets in. */
  readonly follows: readonly string[];
  /** The spec can say what is live; else it is refused, and the file stays as it is. */
  readonly sayable: boolean;
}

/** The drift of `spec` is found, at this address in these fields and nowhere else, and each way out leads to an empty plan. */
export async function bothWaysOut(bench: Bench, spec: Spec, expected: Expected): Promise<Difference> {
  const desired = ready(spec).stack.desired.find(({ address }) => address === expected.address);
  // What exists only beside the live value, such as the bucket of logs, is nothing to the spec; it comes with what is accepted.
  const beside = fieldsOf(kindOf(expected.address)).filter(([, field]) => !holds(field, desired?.values ?? {}));
  const fields = expected.fields.filter((name) => !beside.some(([other]) => other === name)).toSorted();
  const text = stringify(spec, { compat: 'yaml-1.1' });
  const previewed = await look(bench, spec);
  const named = {
    file: 'spec.yaml',
    text: Buffer.from(text),
    spec: ready(spec),
    hashing: { ...hashing, env: (name: string) => process.env[name] },
  };
  const { differences } = describeDrift(named, previewed);
  const [found] = differences;
  assert.equal(
    differences.map(({ address, state, fields }) => [address, state, fields.map(({ field }) => field).toSorted()]),
    [[expected.address, 'changed', fields]],
    JSON.stringify(changesOf(previewed.plan)),
  );
  assert.ok(found !== undefined);
  const accepted = acceptDrift(named, previewed.plan, previewed.observation.observed, { only: [], acceptMissing: false });
  if (expected.sayable) {
    assert.equal(accepted.refused, []);
    assert.equal(
      accepted.rest.map(({ address }) => address).toSorted(),
      expected.follows.toSorted(),
      `the plan of the spec that says what is live:\n${accepted.after}`,
    );
    assert.equal(
      accepted.written.toSorted(),
      fields.map((field) => `${expected.address}.${field}`),
    );
  } else {
    assert.equal(
      accepted.refused.map(({ what }) => what),
      fields.map((field) => `${expected.address}.${field}`),
    );
    assert.is(accepted.after, text);
  }
  await converge(bench, spec);
  return found;
}
