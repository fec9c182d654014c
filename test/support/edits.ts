/** Single changes to the tutorial's spec, one a field: what the property tests mix at random and also try one by one. */

import { changed, type SpecData } from './stacks.ts';

export type Edit = (spec: SpecData) => void;

const group =
  (key: string, value: unknown): Edit =>
  (spec) => {
    spec.targetGroups.web[key] = value;
  };
const check =
  (key: string, value: unknown): Edit =>
  (spec) => {
    spec.targetGroups.web.healthCheck[key] = value;
  };
const balancer =
  (key: string, value: unknown): Edit =>
  (spec) => {
    spec.loadBalancer[key] = value;
  };
const sticky = (value: unknown): Edit => group('stickiness', value);

export const EDITS: Readonly<Record<string, Edit>> = {
  'vpc range': (spec) => {
    spec.network.vpc.cidrBlock = '10.0.0.0/15'.replace('/15', '/17');
  },
  'zone of a subnet': (spec) => {
    spec.network.subnets.a.availabilityZone = 'us-east-1c';
  },
  'range of a subnet': (spec) => {
    spec.network.subnets.a.cidrBlock = '10.0.9.0/24';
  },
  'range of a subnet around the old one': (spec) => {
    spec.network.subnets.b.cidrBlock = '10.0.2.0/23';
  },
  'public addresses of a subnet': (spec) => {
    spec.network.subnets.b.mapPublicIpOnLaunch = false;
  },
  'third subnet': (spec) => {
    spec.network.subnets.d = { availabilityZone: 'us-east-1d', cidrBlock: '10.0.4.0/24' };
    spec.loadBalancer.subnets.push('d');
  },
  'other zones': (spec) => {
    spec.network.subnets.c = { availabilityZone: 'us-east-1c', cidrBlock: '10.0.6.0/24' };
    spec.network.subnets.d = { availabilityZone: 'us-east-1d', cidrBlock: '10.0.7.0/24' };
    spec.loadBalancer.subnets = ['c', 'd'];
    spec.instances['web-1'].subnet = 'c';
    spec.instances['web-2'].subnet = 'd';
  },
  'instance type': (spec) => {
    spec.instances['web-1'].instanceType = 't3.small';
  },
  'subnet of an instance': (spec) => {
    spec.instances['web-2'].subnet = 'a';
  },
  'image of an instance': (spec) => {
    Object.assign(spec.instances['web-2'], { image: 'al2023-arm64', instanceType: 't4g.micro' });
  },
  'key of an instance': (spec) => {
    spec.instances['web-1'].keyName = 'ops';
  },
  'own script': (spec) => {
    delete spec.instances['web-1'].app;
    spec.instances['web-1'].userData = '#!/bin/sh\necho hello\n';
  },
  'third instance': (spec) => {
    spec.instances['web-3'] = { subnet: 'b', app: 'flask-webserver' };
    spec.targetGroups.web.targets.push('web-3');
  },
  'one instance less': (spec) => {
    delete spec.instances['web-1'];
    spec.targetGroups.web.targets = spec.targetGroups.web.targets.filter((name: unknown) => name !== 'web-1');
  },
  'target on another port': (spec) => {
    spec.targetGroups.web.targets[1] = { instance: spec.targetGroups.web.targets[1], port: 9090 };
  },
  'common name': (spec) => {
    if (spec.certificates !== undefined) spec.certificates.site.selfSigned.commonName = 'other.example';
  },
  'further names': (spec) => {
    if (spec.certificates !== undefined)
      spec.certificates.site.selfSigned.subjectAlternativeNames = ['webserver.example', 'www.webserver.example'];
  },
  'life of the certificate': (spec) => {
    if (spec.certificates !== undefined) spec.certificates.site.selfSigned.validFor = '90d';
  },
  'group protocol': group('protocol', 'HTTPS'),
  'group port': group('port', 9090),
  // The listener on port 80 could not forward to it: AWS wants HTTPS for HTTP/2.
  'protocol version': (spec) => {
    spec.targetGroups.fast = { port: 8443, protocolVersion: 'HTTP2', targets: [] };
  },
  'group name': group('name', 'web-group'),
  'check protocol': check('protocol', 'HTTPS'),
  'check port': check('port', '8081'),
  'check path': check('path', '/health'),
  'check interval': check('interval', '15s'),
  'check timeout': check('timeout', '3s'),
  'healthy threshold': check('healthyThreshold', 3),
  'unhealthy threshold': check('unhealthyThreshold', 4),
  matcher: check('matcher', '200-299'),
  'no stickiness': sticky({ enabled: false }),
  'a short cookie': sticky({ duration: '1s' }),
  'a long cookie': sticky({ duration: '7d' }),
  "the application's cookie": sticky({ type: 'app_cookie', cookieName: 'session', appCookieDuration: '1h' }),
  'deregistration delay': group('deregistrationDelay', '0s'),
  'slow start': group('slowStart', '30s'),
  algorithm: group('algorithm', 'least_outstanding_requests'),
  'tags of the group': group('tags', { team: 'web' }),
  'balancer name': balancer('name', 'other'),
  scheme: balancer('scheme', 'internal'),
  'idle timeout': balancer('idleTimeout', '120s'),
  'client keep-alive': balancer('clientKeepAlive', '2h'),
  http2: balancer('http2', false),
  'invalid headers': balancer('dropInvalidHeaderFields', true),
  'host header': balancer('preserveHostHeader', true),
  'desync mode': balancer('desyncMitigationMode', 'strictest'),
  'forwarded for': balancer('xForwardedFor', 'preserve'),
  'forwarded port': balancer('xForwardedForClientPort', true),
  'TLS headers': balancer('tlsHeaders', true),
  'firewall down': balancer('wafFailOpen', true),
  'own group of the balancer': (spec) => {
    spec.securityGroups = {
      ...spec.securityGroups,
      front: {
        ingress: [
          { port: 80, from: '10.0.0.0/8' },
          { port: 443, from: '0.0.0.0/0', description: 'the world' },
        ],
      },
    };
    spec.loadBalancer.securityGroups = ['front'];
  },
  'own group of the instances': (spec) => {
    spec.securityGroups = {
      ...spec.securityGroups,
      back: { description: 'Servers', ingress: [{ ports: [8080, 9090], from: '10.0.0.0/16' }], egress: [{ port: 443, to: '0.0.0.0/0' }] },
    };
    for (const name of Object.keys(spec.instances)) spec.instances[name].securityGroups = ['back'];
  },
  'remark of a rule': (spec) => {
    spec.securityGroups = {
      ...spec.securityGroups,
      front: {
        ingress: [
          { port: 80, from: '10.0.0.0/8', description: 'a remark' },
          { port: 443, from: '0.0.0.0/0' },
        ],
      },
    };
    spec.loadBalancer.securityGroups = ['front'];
  },
  'listener port': (spec) => {
    spec.listeners.http.port = 8000;
  },
  'no HTTPS': (spec) => {
    delete spec.listeners.https;
    delete spec.certificates;
  },
  'older TLS': (spec) => {
    if (spec.listeners.https !== undefined) spec.listeners.https.sslPolicy = 'ELBSecurityPolicy-TLS13-1-2-2021-06';
  },
  'HTTPS on both ports': (spec) => {
    if (spec.certificates !== undefined) Object.assign(spec.listeners.http, { protocol: 'HTTPS', certificate: 'site' });
  },
  rules: (spec) => {
    spec.listeners.http.rules = {
      api: { if: { path: ['/api/*'] }, fixedResponse: { statusCode: '404' } },
      old: { if: { path: ['/old/*'] }, forward: 'web' },
    };
  },
  'rules the other way round': (spec) => {
    spec.listeners.http.rules = {
      old: { if: { path: ['/old/*'] }, forward: 'web' },
      new: { if: { host: ['new.example'] }, forward: 'web' },
      api: { if: { path: ['/api/*'] }, fixedResponse: { statusCode: '410' } },
    };
  },
  'rules that hand a path over': (spec) => {
    spec.listeners.http.rules = {
      api: { if: { path: ['/api/*', '/new/*'] }, forward: 'web' },
      old: { if: { path: ['/old/*'] }, fixedResponse: { statusCode: '410' } },
    };
  },
  'paths that two rules exchange': (spec) => {
    spec.listeners.http.rules = {
      api: { if: { path: ['/old/*'] }, forward: 'web' },
      old: { if: { path: ['/api/*'] }, fixedResponse: { statusCode: '404' } },
    };
  },
  'a second group behind a new rule': (spec) => {
    spec.targetGroups.api = structuredClone(spec.targetGroups.web);
    delete spec.targetGroups.api.name;
    spec.listeners.http.rules = { ...spec.listeners.http.rules, second: { if: { path: ['/api/*'] }, forward: 'api' } };
  },
  'a second group in the place of the first': (spec) => {
    spec.targetGroups.api = structuredClone(spec.targetGroups.web);
    delete spec.targetGroups.api.name;
    for (const listener of Object.values(spec.listeners) as SpecData[]) if (listener.forward === 'web') listener.forward = 'api';
  },
  'redirect to HTTPS': (spec) => {
    delete spec.listeners.http.forward;
    delete spec.listeners.http.fixedResponse;
    spec.listeners.http.redirect = { protocol: 'HTTPS', port: '443', statusCode: 'HTTP_301' };
  },
  'fixed response': (spec) => {
    delete spec.listeners.http.forward;
    delete spec.listeners.http.redirect;
    spec.listeners.http.fixedResponse = { statusCode: '503', messageBody: 'closed' };
  },
  'tags of the stack': (spec) => {
    spec.tags = { ...spec.tags, owner: 'us', 'cost center': '12' };
  },
  'other tags': (spec) => {
    spec.tags = { ...spec.tags, owner: 'them' };
  },
  // Those that move things to other names come last, since the others go by the names of the tutorial.
  'a subnet by another name': (spec) => {
    spec.network.subnets.c = spec.network.subnets.a;
    delete spec.network.subnets.a;
    spec.loadBalancer.subnets = spec.loadBalancer.subnets.map((name: string) => (name === 'a' ? 'c' : name));
    for (const entry of Object.values(spec.instances) as { subnet: string }[]) if (entry.subnet === 'a') entry.subnet = 'c';
  },
  'a listener by another name': (spec) => {
    spec.listeners.plain = spec.listeners.http;
    delete spec.listeners.http;
  },
  'listeners that swap ports': (spec) => {
    for (const listener of Object.values(spec.listeners) as { port: number }[])
      listener.port = { 80: 443, 443: 80 }[listener.port] ?? listener.port;
  },
};

export const EDIT_NAMES = Object.keys(EDITS);

/** The tutorial after these changes, in this order. */
export const edited = (names: readonly string[]): SpecData =>
  changed((spec) => {
    for (const name of names) EDITS[name]?.(spec);
  });
