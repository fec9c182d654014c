/** Listeners: create, describe, modify, delete, and their attributes. Certificates are in `listener-certificates.ts`. */
import { describeActions, readActions, recheckActions } from './actions.ts';
import { checkArn, listenerArn, ruleArn } from './arn.ts';
import { LISTENER_ATTRIBUTES } from './attribute-tables.ts';
import { adaptAttributes, describeAttributes, initialAttributes, modifyAttributes } from './attributes.ts';
import { ApiError, noListener, validation } from './errors.ts';
import { PROTOCOLS } from './health-check.ts';
import type { Input } from './input.ts';
import { readCertificate } from './listener-certificates.ts';
import { namedListener, placeOf } from './listener-lookup.ts';
import { namedLoadBalancer } from './load-balancer-lookup.ts';
import { describeMutualAuthentication, NO_MUTUAL_AUTHENTICATION, readMutualAuthentication } from './mutual-authentication.ts';
import type { Call, Operations } from './operation.ts';
import { checkCount, LARGEST_PAGE, pageOf } from './pages.ts';
import { checkSslPolicy, DEFAULT_SSL_POLICY } from './ssl-policies.ts';
import { type ListenerRecord, listenersOf, refreshAssociations } from './store.ts';
import { readNewTags } from './tags.ts';
import type { XmlNode } from './xml.ts';

function describe(listener: ListenerRecord): XmlNode {
  return {
    ListenerArn: listener.arn,
    LoadBalancerArn: listener.loadBalancerArn,
    Port: listener.port,
    Protocol: listener.protocol,
    // Only the default certificate, and only DescribeListenerCertificates says IsDefault.
    Certificates: listener.defaultCertificateArn === undefined ? undefined : [{ CertificateArn: listener.defaultCertificateArn }],
    SslPolicy: listener.sslPolicy,
    DefaultActions: describeActions(listener.defaultActions),
    MutualAuthentication: describeMutualAuthentication(listener),
  };
}

function readProtocol(input: Input): 'HTTP' | 'HTTPS' | undefined {
  const protocol = input.choice('Protocol', PROTOCOLS);
  input.settle();
  if (protocol !== undefined && protocol !== 'HTTP' && protocol !== 'HTTPS')
    throw validation(`Listener protocol '${protocol}' must be one of 'HTTP, HTTPS'`);
  return protocol;
}

interface Security {
  readonly sslPolicy: string | undefined;
  readonly certificateArn: string | undefined;
}

/** Policy and certificate as the call names them, checked against the protocol the listener will have. */
function readSecurity({ input, server }: Call, protocol: 'HTTP' | 'HTTPS'): Security {
  const policy = input.text('SslPolicy');
  if (protocol === 'HTTP') {
    if (policy !== undefined && policy !== '') throw validation("An SSL policy cannot be specified for listeners with protocol 'HTTP'");
    if ((input.list('Certificates') ?? []).length > 0)
      throw validation("Certificates cannot be specified for listeners with protocol 'HTTP'");
    return { sslPolicy: undefined, certificateArn: undefined };
  }
  return {
    sslPolicy: policy === undefined || policy === '' ? undefined : checkSslPolicy(policy),
    certificateArn: readCertificate(input, server),
  };
}

function create(call: Call): XmlNode {
  const { input, store, server } = call;
  const loadBalancer = namedLoadBalancer(call);
  const port = input.integer('Port', 1, 65535);
  const protocol = readProtocol(input);
  if (port === undefined) throw validation('A listener port must be specified');
  if (protocol === undefined) throw validation('A listener protocol must be specified');
  const tags = readNewTags(input, server.quotas);
  const security = readSecurity(call, protocol);
  // Words: pulumi/pulumi#15712.
  if (protocol === 'HTTPS' && security.certificateArn === undefined)
    throw validation('A certificate must be specified for HTTPS listeners');
  const sslPolicy = protocol === 'HTTPS' ? (security.sslPolicy ?? DEFAULT_SSL_POLICY) : undefined;
  const siblings = listenersOf(store, loadBalancer.arn);
  const known = siblings.find((listener) => listener.port === port);
  // Words: hashicorp/terraform-provider-aws#40022.
  const actions = readActions(
    input,
    'DefaultActions',
    placeOf({ loadBalancerArn: loadBalancer.arn, protocol, port }, call),
    known?.defaultActions,
  );
  if (actions === undefined) throw validation('An action must be specified');
  const mutualAuthentication = readMutualAuthentication(call, protocol, loadBalancer.arn, known) ?? NO_MUTUAL_AUTHENTICATION;

  if (known !== undefined) {
    const facts = (list: ListenerRecord['defaultActions']): string => JSON.stringify(list.map((action) => action.facts));
    const same =
      known.protocol === protocol &&
      known.sslPolicy === sslPolicy &&
      known.defaultCertificateArn === security.certificateArn &&
      JSON.stringify(known.mutualAuthentication) === JSON.stringify(mutualAuthentication) &&
      facts(known.defaultActions) === facts(actions);
    if (same) return { Listeners: [describe(known)] };
    // Words: hashicorp/terraform#26407.
    throw new ApiError('DuplicateListener', `A listener already exists on this port for this load balancer '${loadBalancer.arn}'`);
  }
  if (siblings.length >= server.quotas.listenersPerLoadBalancer)
    throw new ApiError(
      'TooManyListeners',
      `You've reached the limit on the number of listeners per load balancer: ${server.quotas.listenersPerLoadBalancer}`,
    );
  const arn = listenerArn(loadBalancer.arn);
  const listener: ListenerRecord = {
    arn,
    loadBalancerArn: loadBalancer.arn,
    sequence: store.nextSequence++,
    defaultRuleArn: ruleArn(arn),
    defaultRuleTags: new Map(),
    protocol,
    port,
    sslPolicy,
    defaultCertificateArn: security.certificateArn,
    extraCertificateArns: [],
    defaultActions: actions,
    mutualAuthentication,
    attributes: initialAttributes(LISTENER_ATTRIBUTES, [protocol]),
    rules: new Map(),
    tags,
  };
  store.listeners.set(arn, listener);
  refreshAssociations(store);
  return { Listeners: [describe(listener)] };
}

function list({ input, store, server }: Call): XmlNode {
  const arns = input.texts('ListenerArns') ?? [];
  const byLoadBalancer = input.has('LoadBalancerArn');
  if (arns.length > 0 && byLoadBalancer) throw validation('Listener ARNs and a load balancer ARN cannot be specified at the same time');
  if (arns.length === 0 && !byLoadBalancer) throw validation('You must specify either listener ARNs or a load balancer ARN');
  checkCount(arns, 'listeners');
  if (arns.length > 0) {
    for (const arn of arns) if (!store.listeners.has(checkArn('listener', arn))) throw noListener();
    const page = pageOf(
      [...store.listeners.values()].filter((listener) => arns.includes(listener.arn)),
      (listener) => listener.sequence,
      { input, server },
      LARGEST_PAGE,
    );
    return { Listeners: page.items.map(describe), NextMarker: page.nextMarker };
  }
  const page = pageOf(
    listenersOf(store, namedLoadBalancer({ input, store }).arn),
    (listener) => listener.sequence,
    { input, server },
    server.pageSize,
  );
  return { Listeners: page.items.map(describe), NextMarker: page.nextMarker };
}

function modify(call: Call): XmlNode {
  const { input, store } = call;
  const listener = namedListener(call);
  const port = input.integer('Port', 1, 65535) ?? listener.port;
  const protocol = readProtocol(input) ?? listener.protocol;
  // Words: hashicorp/terraform#26407.
  if (port !== listener.port && listenersOf(store, listener.loadBalancerArn).some((other) => other.port === port))
    throw validation(`Listener port '${port}' is already in use`);
  const mutualAuthentication = readMutualAuthentication(call, protocol, listener.loadBalancerArn, listener);
  const security = readSecurity(call, protocol);
  const secured = protocol === 'HTTPS' && listener.protocol === 'HTTP';
  if (secured && security.certificateArn === undefined) throw validation('A certificate must be specified for HTTPS listeners');
  // API reference, ModifyListener: from HTTP to HTTPS "you must add the security policy and default certificate properties".
  if (secured && security.sslPolicy === undefined)
    throw validation('An SSL policy must be specified when the protocol is changed from HTTP to HTTPS');
  const place = placeOf({ loadBalancerArn: listener.loadBalancerArn, protocol, port }, call);
  const actions = readActions(input, 'DefaultActions', place, listener.defaultActions);
  if (protocol !== listener.protocol || port !== listener.port) {
    if (actions === undefined) recheckActions(listener.defaultActions, place);
    for (const rule of listener.rules.values()) recheckActions(rule.actions, place);
  }

  if (protocol !== listener.protocol) adaptAttributes(LISTENER_ATTRIBUTES, [protocol], listener.attributes);
  listener.port = port;
  listener.protocol = protocol;
  if (protocol === 'HTTP') {
    listener.sslPolicy = undefined;
    listener.defaultCertificateArn = undefined;
    listener.extraCertificateArns = [];
    listener.mutualAuthentication = NO_MUTUAL_AUTHENTICATION;
  } else {
    listener.mutualAuthentication = mutualAuthentication ?? listener.mutualAuthentication;
    listener.sslPolicy = security.sslPolicy ?? listener.sslPolicy;
    listener.defaultCertificateArn = security.certificateArn ?? listener.defaultCertificateArn;
  }
  if (actions !== undefined) {
    listener.defaultActions = actions;
    refreshAssociations(store);
  }
  return { Listeners: [describe(listener)] };
}

function remove(call: Call): XmlNode {
  call.store.listeners.delete(namedListener(call).arn);
  refreshAssociations(call.store);
  return {};
}

const SETTINGS = ['Port', 'Protocol', 'SslPolicy', 'Certificates', 'DefaultActions', 'MutualAuthentication'];

export const listenerOperations: Operations = {
  CreateListener: { params: ['LoadBalancerArn', 'Tags', ...SETTINGS], unserved: ['AlpnPolicy'], writes: true, run: create },
  DescribeListeners: { params: ['LoadBalancerArn', 'ListenerArns', 'Marker', 'PageSize'], writes: false, run: list },
  ModifyListener: { params: ['ListenerArn', ...SETTINGS], unserved: ['AlpnPolicy'], writes: true, run: modify },
  DeleteListener: { params: ['ListenerArn'], writes: true, run: remove },
  DescribeListenerAttributes: {
    params: ['ListenerArn'],
    writes: false,
    run: (call) => describeAttributes(namedListener(call).attributes, call.server.order),
  },
  ModifyListenerAttributes: {
    params: ['ListenerArn', 'Attributes'],
    writes: true,
    run: (call) => {
      const listener = namedListener(call);
      modifyAttributes(LISTENER_ATTRIBUTES, [listener.protocol], listener.attributes, call.input);
      return describeAttributes(listener.attributes, call.server.order);
    },
  },
};
