/**
 * Pairs of specs without processes and sockets, so that thousands are tried in a minute: plans are run by the real executor against the
 * sandbox's own ELBv2 server, called as a function. Nothing is read back in between: what stands is what the last plan wanted, with the
 * ids that the server gave. Whether it does is seen at the end, when the account must hold what the second spec alone would leave.
 */

import { classify } from '../../reconciler/aws/classify.ts';
import { looksOf } from '../../reconciler/aws/looks.ts';
import { operationOf } from '../../reconciler/aws/operations.ts';
import { withRetry } from '../../reconciler/aws/retry.ts';
import { CloudError } from '../../reconciler/errors.ts';
import { execute } from '../../reconciler/execute/execute.ts';
import { noJournal } from '../../reconciler/execute/journal.ts';
import { sortList } from '../../reconciler/model/codec.ts';
import type { Kind } from '../../reconciler/model/field.ts';
import type { Json } from '../../reconciler/model/json.ts';
import { fieldsOf, KINDS, kindOf } from '../../reconciler/model/kinds.ts';
import type { Live, Observed, Stack } from '../../reconciler/model/model.ts';
import { mapRefs, outputAt, valueAt } from '../../reconciler/model/paths.ts';
import { plan } from '../../reconciler/plan/plan.ts';
import type { Plan, Run } from '../../reconciler/plan/types.ts';
import type { Clock, Cloud } from '../../reconciler/run/port.ts';
import { createObjects } from '../../sandbox/objects.ts';
import type { GivenNetwork } from './contract-given.ts';
import { type Bench, createBench, dig, flatten, type Params, parser, unwrap } from './elbv2-bench.ts';
import { GROUPS, VPC } from './sandbox-network.ts';
import { appliedOf, NOTHING } from './stacks.ts';

export const NET: GivenNetwork = {
  vpc: VPC,
  ...{ a: 'subnet-00000000000000f0a', b: 'subnet-00000000000000f0b', c: 'subnet-00000000000000f0c', d: 'subnet-00000000000000f0d' },
  ...{ a2: 'subnet-00000000000000fa2', v4a: 'subnet-00000000000000f4a', v4b: 'subnet-00000000000000f4b', group: GROUPS.web },
};
const ZONES: Readonly<Record<string, string>> = { a: 'a', b: 'b', c: 'c', d: 'd', a2: 'a', v4a: 'a', v4b: 'b' };
const iam = (name: string): string => `arn:aws:iam::123456789012:server-certificate/${name}`;

/** Codes that mean "not yet" at AWS too, right after something was made or let go. */
const EVENTUAL = /^(CertificateNotFound|TrustStoreNotReady|DeleteConflict|DependencyViolation|ResourceInUse|TrustStoreInUse)$/;

interface Made {
  readonly address: string;
  readonly outputs: Readonly<Record<string, string>>;
}

export interface PairsWorld {
  /** Plans from what stands to this and runs it. Throws where no plan can be made. */
  apply(stack: Stack, mode?: Plan['mode']): Promise<{ readonly plan: Plan; readonly run: Run }>;
  /** Writes that were refused, with code and words, but for those that AWS answers "not yet". */
  readonly refused: readonly string[];
  /** All that the account holds, by addresses in the place of ids. Without `further` no certificates for SNI: left out of a spec, they are left alone. `ordered` (default): rules in the order in which they are asked. */
  holds(further: boolean, ordered?: boolean): Json;
}

export function createPairsWorld(bundle: string): PairsWorld {
  const objects = createObjects();
  objects.put('trust', 't1.pem', bundle);
  const bench = createBench({ objects });
  Object.entries(ZONES).forEach(([name, zone], index) => {
    const id = NET[name as keyof GivenNetwork];
    const six = name.startsWith('v4') ? {} : { ipv6CidrBlock: `2001:db8:0:${index + 1}::/64` };
    const facts = {
      id,
      vpcId: VPC,
      availabilityZone: `us-east-1${zone}`,
      cidrBlock: `10.0.${index + 11}.0/24`,
      freeAddresses: 251,
      ...six,
    };
    bench.network.subnetFacts.set(id, facts);
  });
  for (const name of ['c1', 'c2'])
    bench.certificates.facts.set(iam(name), { arn: iam(name), name, body: '', chain: '', privateKey: '', visibleToElbAt: 0 });
  const made = new Map<string, Made>();
  const refused: string[] = [];
  const clock: Clock = {
    now: () => bench.clock.now(),
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      bench.clock.advance(ms);
      await Promise.resolve();
    },
    random: () => 0.5,
  };
  const cloud = cloudOf(bench, clock, made, refused);
  let stands: Stack | undefined;
  return {
    refused,
    async apply(stack, mode = 'apply') {
      const planned = plan(stack, observedOf(stands, stack, made, bench), mode);
      const run = await execute(planned, {
        ...{ cloud, clock, journal: noJournal, emit: () => undefined, signal: new AbortController().signal },
        deferred: async (key) => key,
        widthOf: (op) => operationOf(op).width,
        doneCodes: (op) => operationOf(op).done ?? [],
        looks: looksOf,
      });
      stands = mode === 'destroy' ? undefined : stack;
      return { plan: planned, run };
    },
    holds: (further, ordered = true) => held(bench, made, further, ordered),
  };
}

function cloudOf(bench: Bench, clock: Clock, made: Map<string, Made>, refused: string[]): Cloud {
  const once = (op: string, input: Json): Json => {
    const [service, action = ''] = op.split(':');
    // A load balancer that is gone has left its subnets at once.
    if (op === 'ec2:DescribeNetworkInterfaces') return { NetworkInterfaces: [] };
    if (service !== 'elbv2') throw new Error(`${op} is not part of this world: its network and certificates are given`);
    const before = JSON.stringify(input);
    if (before.includes('$ref')) throw new Error(`${op} was sent a placeholder: ${before}`);
    const answer = bench.elbv2.handle({
      ...{ service: 'elasticloadbalancing', action, region: 'us-east-1', account: '123456789012', requestId: 'pair' },
      params: { Action: action, Version: '2015-12-01', ...flatten(input as Params) },
    });
    const body: unknown = parser.parse(answer.body);
    if (answer.status >= 400) {
      const [code, message] = ['Code', 'Message'].map((name) => String(dig(body, `ErrorResponse.Error.${name}`)));
      if (!EVENTUAL.test(code ?? '') && !/^Describe/.test(action)) refused.push(`${action} ${code}: ${message}`);
      throw new CloudError(op, code ?? '', classify(code ?? '', answer.status), message ?? '');
    }
    const result = (unwrap(dig(body, `${action}Response.${action}Result`)) ?? {}) as Json;
    remember(action, input, result, made);
    return result;
  };
  return {
    call: (op, input, options = {}) => withRetry(operationOf(op), clock, input, options, async () => once(op, input)),
  };
}

/** What a create has made, by its id, with the address that its tags say; what is deleted is forgotten. */
function remember(action: string, input: Json, answer: Json, made: Map<string, Made>): void {
  const tags = (valueAt(input, 'Tags') ?? []) as readonly { readonly Key: string; readonly Value: string }[];
  const address = tags.find(({ Key }) => Key === 'albedo:address')?.Value;
  const kind = (KINDS as readonly Kind[]).find(({ create }) => create.op === `elbv2:${action}`);
  if (kind !== undefined && address !== undefined) {
    const object = kind.create.answer === '' ? answer : (valueAt(answer, kind.create.answer) ?? {});
    const outputs = Object.entries(kind.outputs).flatMap(([name, path]): [string, string][] => {
      const value = outputAt(object, path);
      return value === undefined ? [] : [[name, value]];
    });
    const known = Object.fromEntries(outputs);
    made.set(known['id'] ?? '', { address, outputs: known });
  }
  const [id] = Object.values(input as { readonly [key: string]: Json });
  if (action.startsWith('Delete')) made.delete(String(id));
  // A rule that takes over what another one did takes its name too.
  if (action === 'AddTags' && address !== undefined)
    for (const arn of id as readonly string[]) made.set(arn, { outputs: {}, ...made.get(arn), address });
}

/** What reading the account would show, were every value as the last plan wanted it. */
function observedOf(stands: Stack | undefined, next: Stack, made: ReadonlyMap<string, Made>, bench: Bench): Observed {
  const existing: Record<string, Record<string, string>> = {};
  for (const entry of [...(stands?.existing ?? []), ...next.existing]) {
    const [kind, name = ''] = entry.address.split('/');
    const arn = kind === 'certificate' ? { arn: iam(name) } : {};
    existing[entry.address] = { ...entry.outputs, ...arn };
  }
  if (stands === undefined) return { ...NOTHING, existing };
  // What goes with another, as rules with their listener, is not deleted by a call of its own.
  const rules = new Set(bench.elbv2.state.listeners().flatMap(({ arn }) => bench.elbv2.state.rules(arn).map((rule) => rule.arn)));
  const there = (arn: string): boolean => !arn.includes(':listener-rule/') || rules.has(arn);
  const applied = appliedOf(stands);
  const live = applied.live.map((one): Live => {
    const [id, own] = [...made].find(([arn, { address }]) => address === one.address && there(arn)) ?? [];
    if (id === undefined || own === undefined) throw new Error(`${one.address} was not made`);
    const values = { ...one.values };
    if (one.kind === 'rule') {
      const rule = bench.elbv2.state
        .listeners()
        .flatMap(({ arn }) => bench.elbv2.state.rules(arn))
        .find(({ arn }) => arn === id);
      values['priority'] = rule?.priority ?? null;
    }
    return { ...one, id, outputs: { ...one.outputs, ...own.outputs, id }, values };
  });
  // What is given is shown by its id, as AWS shows it.
  const shown = live.map((one): Live => {
    const fields = new Map(fieldsOf(kindOf(one.kind)));
    const values = Object.entries(one.values).map(([name, value]): [string, Json] => {
      const plain = mapRefs(value, (address, output) => existing[address]?.[output]);
      return [name, fields.get(name)?.codec.unordered === true && Array.isArray(plain) ? sortList(plain) : plain];
    });
    return { ...one, values: Object.fromEntries(values) };
  });
  return { ...NOTHING, live: shown, existing };
}

/** By addresses in the place of ids; names and times of making are left out, priorities are an order. */
function held({ elbv2: { state } }: Bench, made: ReadonlyMap<string, Made>, further: boolean, ordered: boolean): Json {
  const names = new Map([...made].map(([id, { address }]) => [id, address]));
  const named = (value: unknown): Json =>
    JSON.parse(JSON.stringify(value ?? null), (_key, text: unknown) =>
      typeof text === 'string' ? (names.get(text) ?? text) : text,
    ) as Json;
  const byAddress = (all: readonly Json[]): readonly Json[] => [...all].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  return {
    balancers: byAddress(
      state
        .loadBalancers()
        .map(({ name: _n, dnsName: _d, state: _s, subnetIds, ...rest }) => named({ ...rest, subnetIds: [...subnetIds].sort() })),
    ),
    listeners: byAddress(
      state
        .listeners()
        .map(({ certificateArns, ...rest }) =>
          named({ ...rest, certificateArns: further ? certificateArns : certificateArns.slice(0, 1) }),
        ),
    ),
    rules: byAddress(
      state.listeners().map(({ arn }) => {
        const rules = state.rules(arn).map(({ priority: _p, listenerArn: _l, ...rest }) => named(rest));
        return [named(arn), ordered ? rules : byAddress(rules)];
      }),
    ),
    groups: byAddress(
      state
        .targetGroups()
        .map(({ name: _n, targets, loadBalancerArns, ...rest }) =>
          named({ ...rest, used: loadBalancerArns.length > 0, targets: targets.map(({ id, port }) => `${id}:${port}`).sort() }),
        ),
    ),
    trustStores: state.trustStoreCount?.() ?? 0,
  };
}
