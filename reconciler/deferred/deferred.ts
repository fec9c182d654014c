import { randomUUID } from 'node:crypto';
import type { DeferredValues } from '../config/draft.ts';
import { ReconcileError } from '../errors.ts';
import type { ResolveDeferred, Waiting } from '../execute/refs.ts';
import { subnetBlock } from '../model/ipv6.ts';
import type { Json } from '../model/json.ts';
import type { Stack } from '../model/model.ts';
import { valueAt, valuesAt } from '../model/paths.ts';
import type { Clock, Cloud } from '../run/port.ts';

/**
 * Makes or fetches what steps need and plans must not hold. Each thing once per run: a create that is sent again sends
 * the same key and the same token.
 */
export function deferredValues(stack: Stack, texts: DeferredValues, cloud: Cloud, clock: Clock): ResolveDeferred {
  const made = new Map<string, Promise<Json>>();
  const once = (key: string, make: () => Promise<Json>): Promise<Json> => {
    const own = made.get(key) ?? make();
    made.set(key, own);
    return own;
  };
  return async (key, step, of, waiting) => {
    const colon = key.indexOf(':');
    const [kind, rest] = colon < 0 ? [key, ''] : [key.slice(0, colon), key.slice(colon + 1)];
    switch (kind) {
      case 'token':
        return once(`token:${step.id}`, async () => randomUUID());
      case 'ssm':
        return once(key, async () => known(valueAt(await cloud.call('ssm:GetParameter', { Name: rest }), 'Parameter.Value'), key));
      case 'user-data':
        return Buffer.from(String(known(texts.get(key), key))).toString('base64');
      case 'ipv6-subnet':
        return ipv6Subnet(String(of), Number(rest), cloud, clock, waiting);
      case 'secret':
        return known(texts.get(key), key);
      case 'certificate':
        return texts.get(key) ?? (await certificatePart(rest, stack, once, clock));
      default:
        throw new ReconcileError('Internal', `no deferred value named ${kind}`);
    }
  };
}

/** Associating a block takes seconds, and up to ten minutes at worst (Terraform provider, vpc.go). */
const BLOCK_SECONDS = 600;
const POLL_MS = 5000;

/** The /64 with a number, of the /56 that AWS has given the VPC. */
async function ipv6Subnet(vpc: string, index: number, cloud: Cloud, clock: Clock, waiting: Waiting | undefined): Promise<string> {
  const call = { poll: true, ...(waiting === undefined ? {} : { signal: waiting.signal }) };
  const deadline = clock.now() + BLOCK_SECONDS * 1000;
  for (;;) {
    const answer = await cloud.call('ec2:DescribeVpcs', { VpcIds: [vpc] }, call);
    const associations = valuesAt(answer, 'Vpcs[].Ipv6CidrBlockAssociationSet[]');
    const states = associations.map((one) => String(valueAt(one, 'Ipv6CidrBlockState.State')));
    const blocks = associations.filter((_, at) => states[at] === 'associated');
    const block = blocks.map((one) => subnetBlock(String(valueAt(one, 'Ipv6CidrBlock')), index)).find((found) => found !== undefined);
    if (block !== undefined) return block;
    const seen = states.length === 0 ? 'none' : states.join(', ');
    if (clock.now() >= deadline)
      throw new ReconcileError(
        'AwsRefused',
        `${vpc} has had no IPv6 block of /56 for ${BLOCK_SECONDS} seconds (its blocks: ${seen}), so its subnets cannot use it`,
      );
    waiting?.say(`the IPv6 block of ${vpc} is not associated yet (its blocks: ${seen})`, POLL_MS, deadline);
    await clock.sleep(POLL_MS, waiting?.signal);
  }
}

async function certificatePart(
  rest: string,
  stack: Stack,
  once: (key: string, make: () => Promise<Json>) => Promise<Json>,
  clock: Clock,
): Promise<Json> {
  const [address = '', part = ''] = rest.split(':');
  const wanted = stack.desired.find((entry) => entry.address === address)?.values ?? {};
  const pair = await once(`self-signed:${address}`, async () => {
    const { makeSelfSigned } = await import('./self-signed.ts');
    return {
      ...(await makeSelfSigned(
        String(wanted['commonName']),
        (wanted['subjectAlternativeNames'] as readonly string[] | undefined) ?? [],
        Number(wanted['validFor']),
        clock.now(),
      )),
    };
  });
  return known(valueAt(pair, part), `certificate:${rest}`);
}

/** A step never runs with nothing in the place of what it needs. */
function known(value: Json | undefined, key: string): Json {
  if (value === undefined) throw new ReconcileError('Internal', `no value is known for ${key}`);
  return value;
}
