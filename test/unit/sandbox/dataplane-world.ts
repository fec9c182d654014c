/** A network and an ELBv2 state that tests write by hand, and the means to ask the data plane for something. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { type IncomingHttpHeaders, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { createClock, type SteppableClock } from '../../../sandbox/clock.ts';
import { type Dataplane, startDataplane } from '../../../sandbox/dataplane/dataplane.ts';
import { spawnSupervised } from '../../../sandbox/supervised-process.ts';
import { findPython } from '../../../sandbox/tools.ts';
import type {
  ActionFacts,
  Elbv2State,
  InstanceFacts,
  ListenerFacts,
  LoadBalancerFacts,
  NetworkView,
  RuleFacts,
  SecurityGroupFacts,
  SecurityGroupRule,
  ServerCertificateFacts,
  SubnetFacts,
  TargetGroupFacts,
  TargetHealth,
  TrustStoreContent,
} from '../../../sandbox/types.ts';

export const EVERYWHERE: SecurityGroupRule = { protocol: '-1', cidrs: ['0.0.0.0/0'], sourceGroupIds: [] };
export const FLASK = '#!/bin/bash\n# albedo-app: flask-webserver port=8080\n';

export interface World {
  readonly network: NetworkView;
  readonly state: Elbv2State;
  readonly subnets: Map<string, SubnetFacts>;
  readonly securityGroups: Map<string, SecurityGroupFacts>;
  readonly instances: Map<string, InstanceFacts>;
  readonly certificates: Map<string, ServerCertificateFacts>;
  readonly trustStores: Map<string, TrustStoreContent>;
  loadBalancers: LoadBalancerFacts[];
  listeners: ListenerFacts[];
  rules: RuleFacts[];
  groups: TargetGroupFacts[];
  /** The newest health reported, by `<id>:<port>`. */
  readonly health: Map<string, TargetHealth>;
  /** Every health reported, in order: `<id>:<port> <state> <reason>`. */
  readonly history: string[];
  /** Tells the listeners that something changed. */
  changed(): void;
}

/** Two zones, a load balancer in both open to the world, targets open to the load balancer's group. */
export function createWorld(): World {
  const listeners = new Set<() => void>();
  const onChange = (listener: () => void): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  const nothing = (): void => undefined;
  const world: World = {
    subnets: new Map(
      ['a', 'b'].map((zone, index) => [
        `subnet-${zone}`,
        {
          id: `subnet-${zone}`,
          vpcId: 'vpc-1',
          availabilityZone: `us-east-1${zone}`,
          cidrBlock: `10.0.${index + 1}.0/24`,
          freeAddresses: 200,
        },
      ]),
    ),
    securityGroups: new Map(),
    instances: new Map(),
    certificates: new Map(),
    trustStores: new Map(),
    loadBalancers: [],
    listeners: [],
    rules: [],
    groups: [],
    health: new Map(),
    history: [],
    changed: () => {
      for (const listener of listeners) listener();
    },
    network: {
      subnet: (id) => world.subnets.get(id),
      vpc: (id) => ({ id, hasGateway: true, defaultSecurityGroupId: 'sg-default' }),
      securityGroup: (id) => world.securityGroups.get(id),
      instance: (id) => world.instances.get(id),
      instances: () => [...world.instances.values()],
      onChange,
      attachLoadBalancer: nothing,
      updateLoadBalancer: nothing,
      detachLoadBalancer: nothing,
    },
    state: {
      loadBalancers: () => world.loadBalancers,
      listeners: () => world.listeners,
      rules: (arn) => world.rules.filter(({ listenerArn }) => listenerArn === arn),
      targetGroups: () => world.groups,
      certificateUsers: () => [],
      trustStore: (arn) => world.trustStores.get(arn),
      onChange,
      reportHealth(_arn, id, port, health) {
        world.health.set(`${id}:${port}`, health);
        world.history.push(`${id}:${port} ${health.state} ${health.reason ?? ''}`.trim());
        world.changed();
      },
    },
  };
  setSecurityGroup(world, 'sg-lb', { ingress: [{ protocol: 'tcp', fromPort: 80, toPort: 443, cidrs: ['0.0.0.0/0'], sourceGroupIds: [] }] });
  setSecurityGroup(world, 'sg-web', { ingress: [{ protocol: 'tcp', fromPort: 8080, toPort: 8080, cidrs: [], sourceGroupIds: ['sg-lb'] }] });
  world.loadBalancers.push(makeLoadBalancer());
  return world;
}

export function setSecurityGroup(world: World, id: string, rules: Partial<Pick<SecurityGroupFacts, 'ingress' | 'egress'>>): void {
  world.securityGroups.set(id, { id, vpcId: 'vpc-1', name: id, ingress: [], egress: [EVERYWHERE], ...rules });
}

export function makeLoadBalancer(more: Partial<LoadBalancerFacts> = {}): LoadBalancerFacts {
  return {
    arn: 'arn:lb',
    name: 'site',
    dnsName: 'site-1.us-east-1.elb.amazonaws.com',
    scheme: 'internet-facing',
    state: 'active',
    subnetIds: ['subnet-a', 'subnet-b'],
    securityGroupIds: ['sg-lb'],
    attributes: {},
    ...more,
  };
}

export function makeInstance(id: string, zone: 'a' | 'b', more: Partial<InstanceFacts> = {}): InstanceFacts {
  const privateIp = `10.0.${zone === 'a' ? 1 : 2}.${10 + Number(id.replace(/\D/g, '') || 0)}`;
  return {
    id,
    vpcId: 'vpc-1',
    subnetId: `subnet-${zone}`,
    availabilityZone: `us-east-1${zone}`,
    state: 'running',
    privateIp,
    securityGroupIds: ['sg-web'],
    userData: FLASK,
    tags: {},
    ...more,
  };
}

export function makeGroup(name: string, targets: readonly string[], more: Partial<TargetGroupFacts> = {}): TargetGroupFacts {
  return {
    arn: `arn:tg/${name}`,
    name,
    targetType: 'instance',
    protocol: 'HTTP',
    protocolVersion: 'HTTP1',
    port: 8080,
    vpcId: 'vpc-1',
    healthCheck: {
      enabled: true,
      protocol: 'HTTP',
      port: 'traffic-port',
      path: '/status',
      intervalSeconds: 10,
      timeoutSeconds: 5,
      healthyThreshold: 2,
      unhealthyThreshold: 2,
      matcher: '200',
    },
    attributes: {},
    targets: targets.map((id) => ({ id, port: 8080, registeredAt: 1 })),
    loadBalancerArns: ['arn:lb'],
    ...more,
  };
}

export function forward(...names: readonly string[]): ActionFacts {
  return { Type: 'forward', ForwardConfig: { TargetGroups: names.map((name) => ({ TargetGroupArn: `arn:tg/${name}`, Weight: 1 })) } };
}

export function makeListener(port: number, action: ActionFacts, more: Partial<ListenerFacts> = {}): ListenerFacts {
  return {
    arn: `arn:listener/${port}`,
    loadBalancerArn: 'arn:lb',
    protocol: 'HTTP',
    port,
    certificateArns: [],
    defaultActions: [action],
    attributes: {},
    ...more,
  };
}

export function makeRule(port: number, priority: number, conditions: RuleFacts['conditions'], action: ActionFacts): RuleFacts {
  return { arn: `arn:rule/${port}/${priority}`, listenerArn: `arn:listener/${port}`, priority, conditions, actions: [action] };
}

const CERTIFICATE_MAKER = `
import datetime, json, sys
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
key = ec.generate_private_key(ec.SECP256R1())
name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, sys.argv[1])])
now = datetime.datetime.now(datetime.timezone.utc)
made = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(x509.random_serial_number())
    .not_valid_before(now - datetime.timedelta(minutes=1)).not_valid_after(now + datetime.timedelta(days=1))
    .add_extension(x509.SubjectAlternativeName([x509.DNSName(sys.argv[1])]), False).sign(key, hashes.SHA256()))
pem = serialization.Encoding.PEM
print(json.dumps([made.public_bytes(pem).decode(), key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()]))
`;

/** Made with the Python that moto brings its cryptography library to; never written anywhere. */
export async function makeCertificate(arn: string, host: string): Promise<ServerCertificateFacts> {
  const { stdout } = await promisify(execFile)(findPython(), ['-c', CERTIFICATE_MAKER, host]);
  const [body, privateKey] = JSON.parse(stdout) as [string, string];
  return { arn, name: host, body, chain: '', privateKey, visibleToElbAt: 0 };
}

export interface Running {
  readonly dataplane: Dataplane;
  readonly clock: SteppableClock;
  readonly runDir: string;
  readonly log: string[];
  /** Moves time forward a second at a time, letting checks finish, until `done` holds; fails after `seconds`. */
  step(done: () => boolean, seconds?: number): Promise<void>;
  stop(): Promise<void>;
}

export async function startWorld(world: World): Promise<Running> {
  const clock = createClock({ manual: true });
  const runDir = await mkdtemp(join(tmpdir(), 'albedo-dataplane-'));
  const log: string[] = [];
  const dataplane = await startDataplane({
    clock,
    network: world.network,
    certificates: { serverCertificate: (arn) => world.certificates.get(arn) },
    state: world.state,
    runDir,
    spawnSupervised,
    log: (line) => log.push(line),
  }).catch(async (error: unknown) => {
    await rm(runDir, { recursive: true, force: true });
    throw error;
  });
  const stop = async (): Promise<void> => {
    await dataplane.stop();
    await rm(runDir, { recursive: true });
  };
  try {
    await dataplane.settled();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    dataplane,
    clock,
    runDir,
    log,
    async step(done, seconds = 120) {
      for (let second = 0; !done(); second++) {
        if (second > seconds)
          throw new Error(`Still not so after ${second} s of stepped time. Reported: ${world.history.join(', ')}. Log: ${log.join('\n')}`);
        clock.advance(1000);
        await pause(60);
      }
      await dataplane.settled();
    },
    stop,
  };
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** DER of the certificate served, over TLS. */
  readonly certificate?: Buffer;
}

export interface Question {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly tls?: boolean;
  readonly serverName?: string;
  /** PEM of the client's certificate, with its chain, and of its key. */
  readonly client?: { readonly cert: string; readonly key: string };
  /** Real milliseconds after which it counts as unanswered. */
  readonly patience?: number;
}

/** Asks `<dns name>:<port><path>` where the data plane says it is. Rejects with code TIMEOUT when nothing comes. */
export function ask(dataplane: Dataplane, url: string, question: Question = {}): Promise<Answer> {
  const [, authority = '', path = '/'] = /^([^/]+)(\/.*)?$/.exec(url) ?? [];
  const [name = '', port = ''] = authority.split(':');
  const at = dataplane.hosts()[authority];
  if (at === undefined)
    return Promise.reject(new Error(`${authority} is not served; served: ${Object.keys(dataplane.hosts()).join(', ')}`));
  const [host = '', realPort = ''] = at.split(':');
  const standard = port === '80' || port === '443';
  return new Promise((resolve, reject) => {
    const sent = (question.tls ? requestHttps : requestHttp)({
      host,
      port: Number(realPort),
      path,
      method: question.method ?? 'GET',
      headers: { Host: standard ? name : authority, ...question.headers },
      agent: false,
      ...(question.tls ? { rejectUnauthorized: false, servername: question.serverName ?? name, ...question.client } : {}),
    });
    sent.setTimeout(question.patience ?? 20_000, () => sent.destroy(Object.assign(new Error(`${url}: no answer`), { code: 'TIMEOUT' })));
    sent.on('error', reject);
    sent.on('response', (answer) => {
      const certificate = question.tls ? (answer.socket as TLSSocket).getPeerCertificate().raw : undefined;
      let body = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => {
        body += chunk;
      });
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body, ...(certificate ? { certificate } : {}) }),
      );
    });
    sent.end();
  });
}

/** The cookies an answer sets, as the client sends them back. */
export function cookiesOf(answer: Answer): string {
  return (answer.headers['set-cookie'] ?? []).map((line) => line.split(';')[0]).join('; ');
}
