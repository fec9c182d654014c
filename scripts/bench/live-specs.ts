/** The stack that is changed while it serves, and the changes: each is the two specs between which one thing differs. */
import { stringify } from 'yaml';
import { type ReadySpec, readSpec } from '../../reconciler/config/read.ts';
import { fingerprintOf } from '../../reconciler/observe/x509.ts';
import { sha256 } from '../../reconciler/plan/digest.ts';

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
type Part = { readonly [key: string]: Json };

export interface LiveChange {
  readonly name: string;
  readonly before: ReadySpec;
  readonly after: ReadySpec;
}

/** HTTP on 8080 and 8081, HTTPS on 8443: a group can move between them. */
const APP = ['#!/bin/bash', ...['8080', '8081', '8443 tls'].map((port) => `# albedo-app: flask-webserver port=${port}`), ''].join('\n');
const instance = (subnet: string): Part => ({ subnet, instanceType: 't3.micro', userData: APP });
const group = (targets: readonly string[], more: Part = {}): Part => ({
  port: 8080,
  healthCheck: { path: '/status', interval: '5s', timeout: '2s', healthyThreshold: 2, unhealthyThreshold: 2, matcher: '200' },
  deregistrationDelay: '2s',
  targets,
  ...more,
});
const site = (organisation: string): Part => ({
  selfSigned: { commonName: 'live.example', subjectAlternativeNames: ['live.example', organisation] },
});
/** Requests that take long enough to be cut off by what does not wait for them. */
const SLOW = { 'load.path': '/?ms=300' };
const refuse: Part = { statusCode: '404', contentType: 'text/plain', messageBody: 'no rule took this' };

const BASE: Part = {
  stack: 'live',
  region: 'us-east-1',
  lint: { silence: ['plain-http'] },
  network: {
    vpc: { cidrBlock: '10.0.0.0/16' },
    subnets: {
      a: { availabilityZone: 'us-east-1a', cidrBlock: '10.0.1.0/24' },
      b: { availabilityZone: 'us-east-1b', cidrBlock: '10.0.2.0/24' },
    },
  },
  instances: { 'web-1': instance('a'), 'web-2': instance('b'), 'web-3': instance('a') },
  certificates: { site: site('one.example') },
  targetGroups: { web: group(['web-1', 'web-2']), other: group(['web-3']) },
  loadBalancer: { name: 'live', subnets: ['a', 'b'] },
  listeners: {
    http: { protocol: 'HTTP', port: 80, forward: 'web' },
    https: { protocol: 'HTTPS', port: 443, certificate: 'site', forward: 'web' },
    // What no rule takes is a failure: a moment in which a path is unserved shows.
    ruled: {
      protocol: 'HTTP',
      port: 8000,
      fixedResponse: refuse,
      rules: {
        first: { if: { path: ['/sta*'] }, forward: 'web' },
        second: { if: { path: ['/stat*'] }, forward: 'other' },
        third: { if: { path: ['/*'] }, forward: 'web' },
      },
    },
  },
  load: { script: 'scripts/bench/live-k6.ts', path: '/status', timeout: '5s', listener: 'http' },
};

/** Throws when the spec is not valid, with all its mistakes. */
export function specOf(spec: Part): ReadySpec {
  const result = readSpec(new TextEncoder().encode(stringify(spec)), 'live.yaml', { sha256, fingerprint: fingerprintOf });
  if (result.spec === undefined) throw new Error(result.problems.map(({ path, message }) => `${path}: ${message}`).join('; '));
  return result.spec;
}

/** A deep copy with the value at a dotted path replaced; undefined removes the key. */
export function withAt(spec: Part, path: string, value: Json | undefined): Part {
  const [head = '', ...rest] = path.split('.');
  const { [head]: inner, ...others } = spec;
  if (rest.length === 0) return value === undefined ? others : { ...spec, [head]: value };
  const below = typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? (inner as Part) : {};
  return { ...spec, [head]: withAt(below, rest.join('.'), value) };
}

export const liveBase = (): Part => BASE;

function change(
  name: string,
  edits: Readonly<Record<string, Json | undefined>>,
  setting: Readonly<Record<string, Json | undefined>> = {},
): LiveChange {
  const apply = (spec: Part, all: Readonly<Record<string, Json | undefined>>) =>
    Object.entries(all).reduce((edited, [path, value]) => withAt(edited, path, value), spec);
  const before = apply(BASE, setting);
  return { name, before: specOf(before), after: specOf(apply(before, edits)) };
}

const rule = (path: string, forward: string): Part => ({ if: { path: [path] }, forward });
/** As many as a load balancer takes. */
const hundred = (): Part => Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`r${index}`, rule(`/${index}`, 'other')]));

export const liveChanges = (): readonly LiveChange[] => [
  change('target group: port', { 'targetGroups.web.port': 8081 }, SLOW),
  change('target group: port, at the quota of rules', { 'targetGroups.web.port': 8081 }, { ...SLOW, 'listeners.ruled.rules': hundred() }),
  change('target group: protocol', {
    'targetGroups.web.port': 8443,
    'targetGroups.web.protocol': 'HTTPS',
    'targetGroups.web.healthCheck.protocol': 'HTTPS',
  }),
  change('target group: name', { 'targetGroups.web.name': 'live-web-renamed' }, { ...SLOW, 'targetGroups.web.name': 'live-web-named' }),
  change(
    'rules swapped',
    { 'listeners.ruled.rules': { second: rule('/stat*', 'other'), first: rule('/sta*', 'web'), third: rule('/*', 'web') } },
    { 'load.listener': 'ruled' },
  ),
  change(
    'rules reordered, one inserted first',
    {
      'listeners.ruled.rules': {
        zeroth: rule('/status', 'other'),
        third: rule('/*', 'web'),
        second: rule('/stat*', 'other'),
        first: rule('/sta*', 'web'),
      },
    },
    { 'load.listener': 'ruled' },
  ),
  change('certificate rotated', { 'certificates.site': site('two.example') }, { 'load.listener': 'https' }),
  change('scaled by one instance', { 'instances.web-4': instance('b'), 'targetGroups.web.targets': ['web-1', 'web-2', 'web-4'] }, SLOW),
  change('health check', { 'targetGroups.web.healthCheck.interval': '6s', 'targetGroups.web.healthCheck.path': '/' }),
  change('attributes of a target group', {
    'targetGroups.web.algorithm': 'least_outstanding_requests',
    'targetGroups.web.stickiness': { type: 'lb_cookie', duration: '1h' },
  }),
  change('attributes of a load balancer', {
    'loadBalancer.idleTimeout': '70s',
    'loadBalancer.dropInvalidHeaderFields': true,
    'loadBalancer.clientKeepAlive': '30m',
  }),
  change('HTTP listener to a redirect to HTTPS', {
    'listeners.http.forward': undefined,
    'listeners.http.redirect': { protocol: 'HTTPS', port: '443', statusCode: 'HTTP_301' },
  }),
  change('instances replaced', { 'instances.web-1.instanceType': 't3.small', 'instances.web-2.instanceType': 't3.small' }, SLOW),
];
