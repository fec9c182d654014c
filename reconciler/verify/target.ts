import { readFileSync } from 'node:fs';
import { ReconcileError } from '../errors.ts';
import { baseUrlOf } from '../load/k6-command.ts';
import { healthCheckOf } from '../load/predict.ts';
import type { ListenerTarget, TargetGroupTarget, VerifyTarget } from '../load/types.ts';
import { asList } from '../model/json.ts';
import type { Live, Stack } from '../model/model.ts';
import { refsIn, valueAt } from '../model/paths.ts';
import type { LiveRead } from '../observe/slice.ts';

/** The stack in AWS as load and chaos need it. Throws `LoadFailed` if there is no load balancer. */
export function verifyTarget(stack: Stack, observation: LiveRead, hosts: Readonly<Record<string, string>>): VerifyTarget {
  const { live } = observation.observed;
  const of = (kind: string) => live.filter((entry) => entry.kind === kind);
  const balancer = of('loadBalancer')[0];
  if (balancer === undefined)
    throw new ReconcileError('LoadFailed', `stack ${stack.name} has no load balancer to send load to`, {
      hint: 'Run `albedo apply` first.',
    });
  const listeners = of('listener');
  const raw = observation.raws.find(({ address }) => address === balancer.address)?.object;
  const securityGroups = asList(valueAt(raw, 'SecurityGroups')).filter((id) => typeof id === 'string');
  return {
    stack: stack.name,
    dnsName: balancer.outputs['dnsName'] ?? '',
    hosts,
    listeners: listeners.map((listener) => listenerTarget(listener, observation)),
    groups: of('targetGroup').map((group) => ({ ...groupTarget(group, live), securityGroups })),
  };
}

function listenerTarget(listener: Live, observation: LiveRead): ListenerTarget {
  const certificate = refsIn(listener.values['certificate'])[0]?.address;
  const raw = observation.raws.find(
    (entry) =>
      entry.address === certificate && observation.observed.live.some((live) => live.id === valueAt(entry.object, 'ServerCertificateName')),
  );
  const fingerprint = valueAt(raw?.object, 'Certificate.fingerprint');
  return {
    name: nameOf(listener),
    protocol: listener.values['protocol'] === 'HTTPS' ? 'HTTPS' : 'HTTP',
    port: Number(listener.values['port']),
    ...(typeof fingerprint === 'string' ? { certificateFingerprint: fingerprint } : {}),
  };
}

function groupTarget(group: Live, live: readonly Live[]): TargetGroupTarget {
  const number = (field: string) => Number(group.values[field]);
  const targets = asList(group.values['targets']);
  return {
    name: nameOf(group),
    arn: group.id,
    stickiness: {
      enabled: group.values['stickiness.enabled'] === true,
      type: group.values['stickiness.type'] === 'app_cookie' ? 'app_cookie' : 'lb_cookie',
      seconds: number('stickiness.duration'),
    },
    healthCheck: healthCheckOf(group.values),
    healthPath: String(group.values['healthCheck.path'] ?? '/'),
    targets: targets.map((target) => {
      const id = valueAt(target, 'id') ?? '';
      const instance = live.find((entry) => entry.address === refsIn(id)[0]?.address || entry.id === id);
      return {
        instanceId: instance?.id ?? String(id),
        name: instance === undefined ? String(id) : nameOf(instance),
        port: Number(valueAt(target, 'port')),
        zone: instance?.outputs['zone'] ?? '',
      };
    }),
  };
}

const nameOf = (entry: Live): string => entry.address.slice(entry.address.indexOf('/') + 1);

/**
 * The addresses of the stack, for people: each listener with the DNS name of its load balancer. If a browser cannot resolve that name, as in
 * the sandbox, the URL has a port of this machine instead (`ALBEDO_LOCAL_FILE`). Empty without a load balancer or a listener.
 */
export function addressesOf(observation: LiveRead, env: Env): { readonly text: string; readonly url: string }[] {
  const { live } = observation.observed;
  const dnsName = live.find(({ kind }) => kind === 'loadBalancer')?.outputs['dnsName'];
  if (dnsName === undefined || dnsName === '') return [];
  const locals = readMap(env, 'ALBEDO_LOCAL_FILE');
  return live
    .filter(({ kind }) => kind === 'listener')
    .map((listener) => listenerTarget(listener, observation))
    .sort((a, b) => a.port - b.port)
    .map((listener) => {
      const local = locals[`${dnsName}:${listener.port}`];
      const url = local === undefined ? baseUrlOf(dnsName, listener) : `${listener.protocol === 'HTTPS' ? 'https' : 'http'}://${local}`;
      return { text: `${listener.name}: ${baseUrlOf(dnsName, listener)}/`, url: `${url}/` };
    });
}

/** `ALBEDO_HOSTS_FILE`: a JSON map of `name:port` to `address:port`, for names that DNS does not know. */
export const readHosts = (env: Env): Readonly<Record<string, string>> => readMap(env, 'ALBEDO_HOSTS_FILE');

type Env = Readonly<Record<string, string | undefined>>;

function readMap(env: Env, variable: 'ALBEDO_HOSTS_FILE' | 'ALBEDO_LOCAL_FILE'): Readonly<Record<string, string>> {
  const file = env[variable];
  if (file === undefined || file === '') return {};
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
  } catch (cause) {
    throw new ReconcileError('ToolMissing', `the file ${file} (${variable}) cannot be read`, {
      cause,
      hint: 'It must be a JSON object such as { "name:80": "127.0.0.1:8080" }. If you do not need it, unset the variable.',
    });
  }
}
