/** What the ledger's parts share while they answer one EC2 call. */
import type { Order } from '../shuffle.ts';
import type { ApiAnswer, ApiCall, Clock, Timings } from '../types.ts';
import type { Upstream } from '../upstream.ts';
import { ApiRefusal, codeOf, XML_TYPE } from '../wire.ts';
import { buildXml, parseXml, rootOf, type XmlObject } from '../xml.ts';
import type { BalancerInterfaces } from './interfaces.ts';
import type { LifeCycle } from './life-cycle.ts';
import type { Mirror, Region } from './mirror.ts';

export interface Ec2Context {
  readonly clock: Clock;
  readonly timings: Timings;
  readonly upstream: Upstream;
  readonly order: Order;
  readonly mirror: Mirror;
  readonly lives: LifeCycle;
  readonly interfaces: BalancerInterfaces;
  /** Idempotency tokens of RunInstances and CreateRouteTable, by region, action and token. */
  readonly tokens: Map<string, RememberedToken>;
  /** The Outpost of each subnet that is on one, by the id of the subnet: moto knows none. */
  readonly outposts: Map<string, string>;
}

export interface RememberedToken {
  readonly fingerprint: string;
  readonly answer: ApiAnswer;
  readonly ids: readonly string[];
}

/** Answers one action; it may ask moto, before or after looking at the mirror. */
export type Ec2Handler = (context: Ec2Context, call: ApiCall) => Promise<ApiAnswer>;

const NAMESPACE = 'http://ec2.amazonaws.com/doc/2016-11-15';

/** Asks moto; `params` replace those of the call when given. */
export function askMoto(context: Ec2Context, call: ApiCall, params: Readonly<Record<string, string>> = call.params): Promise<ApiAnswer> {
  const body = new URLSearchParams({ Action: call.action, Version: '2016-11-15', ...params }).toString();
  return context.upstream.send({ service: 'ec2', region: call.region, body });
}

/** An answer's content changed by `edit`; errors pass unchanged. */
export function rewrite(answer: ApiAnswer, edit: (content: XmlObject) => void): ApiAnswer {
  if (codeOf(answer) !== undefined) return answer;
  const document = parseXml(answer.body);
  edit(rootOf(document).content);
  return { ...answer, body: buildXml(document) };
}

/** An answer of the ledger's own: `<ActionResponse>` around `content`. */
export function ec2Answer(call: ApiCall, content: XmlObject): ApiAnswer {
  const body = buildXml({ [`${call.action}Response`]: { '@_xmlns': NAMESPACE, requestId: call.requestId, ...content } });
  return { status: 200, contentType: XML_TYPE, body };
}

/** The region the call is about, as last mirrored. */
export function regionOf(context: Ec2Context, call: ApiCall): Region {
  return context.mirror.region(call.region);
}

export function dependencyViolation(message: string): ApiRefusal {
  return new ApiRefusal('DependencyViolation', message);
}
