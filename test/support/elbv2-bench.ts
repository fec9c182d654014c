/** An ELBv2 server on a stepped clock with a fake network, called the way the gateway calls it. */
import { XMLParser } from 'fast-xml-parser';
import * as assert from 'uvu/assert';
import { createClock, type SteppableClock } from '../../sandbox/clock.ts';
import { createElbv2, type Elbv2, type Elbv2Options } from '../../sandbox/elbv2/server.ts';
import type { Timings } from '../../sandbox/types.ts';
import { createFakeCertificates, createFakeNetwork, type FakeCertificates, type FakeNetwork, SUBNETS, VPC } from './sandbox-network.ts';

export const START = Date.UTC(2026, 0, 1);
export const TIMINGS: Timings = {
  loadBalancerProvisioning: 3000,
  instancePending: 0,
  instanceStopping: 0,
  instanceShuttingDown: 0,
  interfaceLinger: 0,
  certificateVisible: 5000,
  certificateRelease: 0,
  callDelay: 0,
};

/** Parameters as a test writes them: nested, with arrays for lists. `undefined` is left out, an empty array is `Name=`. */
export type Params = { readonly [name: string]: ParamValue };
export type ParamValue = string | number | boolean | undefined | readonly ParamValue[] | Params;
/** An answer: text at the leaves, lists as arrays, read by paths such as `Listeners.0.Port`. */
export interface Answer {
  readonly all: unknown;
  get(path: string): unknown;
  /** Fails the test when there is no text. */
  text(path: string): string;
  /** An empty list is an empty array, whether AWS writes it as an empty element or not at all. */
  list(path: string): readonly unknown[];
}

export function dig(value: unknown, path: string): unknown {
  let at = value;
  for (const step of path.split('.')) at = typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[step] : undefined;
  return at;
}

function answerOf(all: unknown): Answer {
  return {
    all,
    get: (path) => dig(all, path),
    text(path) {
      const found = dig(all, path);
      if (typeof found !== 'string') throw new Error(`no text at ${path} in ${JSON.stringify(all)}`);
      return found;
    },
    list(path) {
      const found = dig(all, path);
      return Array.isArray(found) ? found : [];
    },
  };
}

/** The nested parameters as the query protocol sends them. */
export function flatten(params: Params): Record<string, string> {
  const out: Record<string, string> = {};
  const put = (path: string, value: ParamValue): void => {
    if (value === undefined) return;
    if (Array.isArray(value)) {
      if (value.length === 0) out[path] = '';
      (value as readonly ParamValue[]).forEach((item, index) => {
        put(`${path}.member.${index + 1}`, item);
      });
    } else if (typeof value === 'object')
      for (const [name, item] of Object.entries(value)) put(path === '' ? name : `${path}.${name}`, item);
    else out[path] = String(value);
  };
  put('', params);
  return out;
}

export const parser = new XMLParser({ ignoreAttributes: true, parseTagValue: false, trimValues: false });

/** Lists come out of the XML as `{member: …}`; here they become arrays. An empty element is ''. */
export function unwrap(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Object.keys(value).join() === 'member') return [dig(value, 'member')].flat().map(unwrap);
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, unwrap(item)]));
}

export interface Bench {
  readonly elbv2: Elbv2;
  readonly clock: SteppableClock;
  readonly network: FakeNetwork;
  readonly certificates: FakeCertificates;
  /** Calls and answers the result; fails the test when the call is refused. */
  call(action: string, params?: Params, where?: { readonly region?: string; readonly account?: string }): Answer;
  /** Calls, expects a refusal with this code and, when given, words; answers the message. */
  refused(code: string, action: string, params: Params, words?: string | RegExp): string;
  /** Makes the usual things; each answers its ARN. */
  loadBalancer(name?: string, params?: Params): string;
  targetGroup(name?: string, params?: Params): string;
  listener(loadBalancerArn: string, targetGroupArn: string, params?: Params): string;
  rule(listenerArn: string, targetGroupArn: string, priority: number, params?: Params): string;
}

export function createBench(options: Partial<Elbv2Options> = {}): Bench {
  const clock = createClock({ manual: true, start: START });
  const network = createFakeNetwork();
  const certificates = createFakeCertificates(START);
  const elbv2 = createElbv2({ clock, network, certificates, timings: TIMINGS, ...options });
  const raw = (action: string, params: Params, where: { readonly region?: string; readonly account?: string } = {}) => {
    const answer = elbv2.handle({
      service: 'elasticloadbalancing',
      action,
      params: { Action: action, Version: '2015-12-01', ...flatten(params) },
      region: where.region ?? 'us-east-1',
      account: where.account ?? '123456789012',
      requestId: 'test-request',
    });
    const body: unknown = parser.parse(answer.body);
    return { status: answer.status, body };
  };
  const bench: Bench = {
    elbv2,
    clock,
    network,
    certificates,
    call(action, params = {}, where) {
      const { status, body } = raw(action, params, where);
      assert.is(status, 200, `${action} was refused: ${JSON.stringify(dig(body, 'ErrorResponse.Error'))}`);
      return answerOf(unwrap(dig(body, `${action}Response.${action}Result`)));
    },
    refused(code, action, params, words) {
      const { status, body } = raw(action, params);
      const error = answerOf(dig(body, 'ErrorResponse.Error'));
      assert.ok(error.all, `${action} should have been refused with ${code}, with ${JSON.stringify(params)}`);
      const message = error.text('Message');
      assert.is(error.get('Code'), code, `${action} ${JSON.stringify(params)}: ${message}`);
      assert.is(status, 400);
      assert.is(error.get('Type'), 'Sender');
      if (typeof words === 'string') assert.is(message, words);
      else if (words !== undefined) assert.match(message, words);
      return message;
    },
    loadBalancer: (name = 'web', params = {}) =>
      bench.call('CreateLoadBalancer', { Name: name, Subnets: [SUBNETS.a, SUBNETS.b], ...params }).text('LoadBalancers.0.LoadBalancerArn'),
    targetGroup: (name = 'web', params = {}) =>
      bench
        .call('CreateTargetGroup', { Name: name, Protocol: 'HTTP', Port: 8080, VpcId: VPC, ...params })
        .text('TargetGroups.0.TargetGroupArn'),
    listener: (LoadBalancerArn, TargetGroupArn, params = {}) =>
      bench
        .call('CreateListener', {
          LoadBalancerArn,
          Port: 80,
          Protocol: 'HTTP',
          DefaultActions: [{ Type: 'forward', TargetGroupArn }],
          ...params,
        })
        .text('Listeners.0.ListenerArn'),
    rule: (ListenerArn, TargetGroupArn, Priority, params = {}) =>
      bench
        .call('CreateRule', {
          ListenerArn,
          Priority,
          Conditions: [{ Field: 'path-pattern', Values: [`/${Priority}/*`] }],
          Actions: [{ Type: 'forward', TargetGroupArn }],
          ...params,
        })
        .text('Rules.0.RuleArn'),
  };
  return bench;
}
