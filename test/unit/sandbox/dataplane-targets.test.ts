/** Targets of every kind behind one listener: ports, addresses, TLS, HTTP/2, gRPC, and how each of them is checked. */
import { connect as connectH2, type IncomingHttpHeaders } from 'node:http2';
import * as assert from 'uvu/assert';
import type { RuleFacts, TargetGroupFacts } from '../../../sandbox/types.ts';
import { suite } from '../../support/suite.ts';
import { instanceAddress, type Protocol, startTarget, type TargetServer } from './dataplane-target-servers.ts';
import {
  ask,
  createWorld,
  EVERYWHERE,
  forward,
  makeCertificate,
  makeGroup,
  makeInstance,
  makeListener,
  makeRule,
  type Running,
  setSecurityGroup,
  startWorld,
  type World,
} from './dataplane-world.ts';

const t = suite('data plane: targets');
const SITE = 'site-1.us-east-1.elb.amazonaws.com:443';

let world: World;
let running: Running;
const servers = new Map<string, TargetServer>();

type More = Partial<Omit<TargetGroupFacts, 'healthCheck'>> & { readonly check?: Partial<TargetGroupFacts['healthCheck']> };
const group = (name: string, targets: readonly (readonly [string, number])[], { check, ...more }: More = {}): TargetGroupFacts => {
  const base = makeGroup(name, []);
  return {
    ...base,
    targets: targets.map(([id, port]) => ({ id, port, registeredAt: 1 })),
    ...more,
    healthCheck: { ...base.healthCheck, ...check },
  };
};
const healthOf = (target: string): string => [world.health.get(target)?.state, world.health.get(target)?.reason].filter(Boolean).join(' ');
interface Seen {
  readonly port: number;
  readonly version: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}
const seen = async (path: string): Promise<Seen> =>
  JSON.parse((await ask(running.dataplane, `${SITE}${path}`, { tls: true })).body) as Seen;
const change = async (edit: () => void): Promise<void> => {
  edit();
  world.changed();
  await running.dataplane.settled();
};

t.before(async () => {
  world = createWorld();
  setSecurityGroup(world, 'sg-lb', { ingress: [EVERYWHERE] });
  setSecurityGroup(world, 'sg-web', { ingress: [EVERYWHERE] });
  world.instances.set('i-1', makeInstance('i-1', 'a'));
  world.instances.set('i-2', makeInstance('i-2', 'b', { userData: '' }));
  const certificate = await makeCertificate('arn:cert', 'site.example');
  const pem = { cert: certificate.body, key: certificate.privateKey };
  world.certificates.set('arn:cert', certificate);
  const https = { protocol: 'HTTPS', check: { protocol: 'HTTPS' } } as const;
  world.groups.push(
    group('web', [['i-1', 8080]]),
    group('ports', [
      ['i-2', 9001],
      ['i-2', 9002],
    ]),
    group('address', [['10.0.1.11', 8080]], { targetType: 'ip' }),
    group('tls', [['i-2', 9443]], https),
    group('h2c', [['i-2', 9003]], { protocolVersion: 'HTTP2' }),
    group('h2', [['i-2', 9004]], { protocolVersion: 'HTTP2', ...https }),
    group('grpc', [['i-2', 9005]], { protocolVersion: 'GRPC', check: { path: '/t.Health/Check', matcher: '0' } }),
    group('default-check', [['i-2', 9006]], { protocolVersion: 'GRPC', check: { path: '/AWS.ALB/healthcheck', matcher: '12' } }),
    group('plain', [['i-1', 8080]], { arn: 'arn:tg/plain', check: { port: '9001', path: '/from-elsewhere' } }),
  );
  world.listeners.push(makeListener(443, forward('web'), { protocol: 'HTTPS', certificateArns: ['arn:cert'] }));
  const rule = (name: string, index: number): RuleFacts =>
    makeRule(443, index + 1, [{ Field: 'path-pattern', Values: [`/${name}`, `/${name}/*`] }], forward(name));
  world.rules = [
    ...['ports', 'address', 'tls', 'h2c', 'h2', 'default-check', 'plain'].map(rule),
    makeRule(443, 50, [{ Field: 'path-pattern', Values: ['/t.*'] }], forward('grpc')),
  ];
  running = await startWorld(world);
  const kinds: readonly (readonly [number, Protocol])[] = [
    [9001, 'http'],
    [9002, 'http'],
    [9443, 'https'],
    [9003, 'h2c'],
    [9004, 'h2'],
    [9005, 'grpc'],
    [9006, 'grpc'],
  ];
  for (const [port, protocol] of kinds) servers.set(String(port), await startTarget(protocol, instanceAddress(running, 2), port, pem));
  const targets = ['i-1:8080', '10.0.1.11:8080', ...kinds.map(([port]) => `i-2:${port}`)];
  await running.step(() => targets.every((target) => healthOf(target) === 'healthy'));
});
// Without `?` a failed start would hide its reason behind this one's.
t.after(async () => {
  for (const server of servers.values()) await server.stop();
  await (running as Running | undefined)?.stop();
});

t('every kind of target became healthy by its own kind of check', () => {
  assert.is(world.history.filter((line) => line.includes('unhealthy')).length, 0, world.history.join('\n'));
});

t('several ports of one instance are several targets', async () => {
  const ports: number[] = [];
  for (let i = 0; i < 6; i++) ports.push((await seen('/ports')).port);
  assert.equal(ports.sort(), [9001, 9001, 9001, 9002, 9002, 9002]);
  await servers.get('9002')?.stop();
  await running.step(() => healthOf('i-2:9002') === 'unhealthy Target.FailedHealthChecks');
  for (let i = 0; i < 3; i++) assert.is((await seen('/ports')).port, 9001);
});

t('a target by address is the instance that has it', async () => {
  const answer = await ask(running.dataplane, `${SITE}/address`, { tls: true });
  assert.is(answer.headers['x-instance'], 'i-1');
});

t('HTTPS targets: any certificate will do', async () => {
  const { port, version, headers } = await seen('/tls');
  assert.equal([port, version, headers['x-forwarded-proto']], [9443, '1.1', 'https']);
});

/** In HTTP/2, as groups of it want. */
const askH2 = (path: string): Promise<{ readonly status: number; readonly body: string }> =>
  new Promise((resolve, reject) => {
    const session = connectH2(`https://${running.dataplane.hosts()[SITE]}`, { rejectUnauthorized: false });
    session.on('error', reject);
    const asked = session.request({ ':path': path });
    let [status, body] = [0, ''];
    asked.on('response', (headers) => {
      status = Number(headers[':status']);
    });
    asked.on('data', (chunk: Buffer) => {
      body += chunk.toString('utf8');
    });
    asked.on('error', reject);
    asked.on('end', () => {
      session.close();
      resolve({ status, body });
    });
  });

t('HTTP/2 targets, in the clear and over TLS', async () => {
  const [clear, secure] = (await Promise.all([askH2('/h2c/x?y=1'), askH2('/h2')])).map(({ body }) => JSON.parse(body) as Seen) as [
    Seen,
    Seen,
  ];
  assert.equal([clear.port, clear.version, clear.url], [9003, '2.0', '/h2c/x?y=1']);
  assert.equal([secure.port, secure.version], [9004, '2.0']);
});

interface Called {
  readonly status: number;
  readonly messages: string;
  readonly headers: IncomingHttpHeaders;
  readonly trailers: IncomingHttpHeaders;
}
/** A gRPC call over the listener's HTTP/2. */
const call = (path: string, messages: readonly string[]): Promise<Called> =>
  new Promise((resolve, reject) => {
    const session = connectH2(`https://${running.dataplane.hosts()[SITE]}`, { rejectUnauthorized: false });
    session.on('error', reject);
    const asked = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' });
    let headers: IncomingHttpHeaders = {};
    let trailers: IncomingHttpHeaders = {};
    let body = '';
    asked.on('response', (got) => {
      headers = got;
    });
    asked.on('trailers', (got) => {
      trailers = got;
    });
    asked.on('data', (chunk: Buffer) => {
      body += chunk.toString('latin1');
    });
    asked.on('error', reject);
    asked.on('end', () => {
      session.close();
      resolve({ status: Number(headers[':status']), messages: body, headers, trailers });
    });
    const [first = '', ...rest] = messages;
    const send = (message: string): void =>
      void asked.write(Buffer.concat([Buffer.from([0, 0, 0, 0, message.length]), Buffer.from(message)]));
    send(first);
    // The others only when the first was answered: both directions are open at once.
    const others = (): void => {
      for (const message of rest) send(message);
      asked.end();
    };
    if (rest.length > 0) asked.once('data', others);
    else others();
  });

t('gRPC: messages go both ways, the status comes behind them', async () => {
  const { status, messages, trailers } = await call('/t.Echo/Say', ['hello']);
  assert.equal([status, messages], [200, '\0\0\0\0\x05hello'.repeat(2)]);
  assert.equal([trailers['grpc-status'], trailers['x-trailer']], ['0', 'kept']);
  assert.is((await call('/t.Echo/Say', ['one', 'two'])).messages, '\0\0\0\0\x03one'.repeat(2) + '\0\0\0\0\x03two'.repeat(2));
  const unknown = await call('/t.Nothing/Here', ['x']);
  assert.is(unknown.headers['grpc-status'] ?? unknown.trailers['grpc-status'], '12');
});

t('gRPC health checks look at the status of the call', async () => {
  await change(() => {
    world.groups = world.groups.map((one) =>
      one.name === 'grpc' ? { ...one, healthCheck: { ...one.healthCheck, path: '/t.Health/Other' } } : one,
    );
  });
  await running.step(() => healthOf('i-2:9005') === 'unhealthy Target.ResponseCodeMismatch');
  assert.is(world.health.get('i-2:9005')?.description, 'Health checks failed with these codes: [12]');
  await change(() => {
    world.groups = world.groups.map((one) =>
      one.name === 'grpc' ? { ...one, healthCheck: { ...one.healthCheck, matcher: '0-99' } } : one,
    );
  });
  await running.step(() => healthOf('i-2:9005') === 'healthy');
});

t('a target that speaks another protocol version than its group is unhealthy, and what it is sent fails', async () => {
  await change(() => {
    world.groups = world.groups.map((one) =>
      one.name === 'tls'
        ? {
            ...one,
            protocolVersion: 'HTTP2' as const,
            protocol: 'HTTP' as const,
            healthCheck: { ...one.healthCheck, protocol: 'HTTP' as const },
          }
        : one,
    );
  });
  await running.step(() => healthOf('i-2:9443').startsWith('unhealthy'));
  assert.is((await askH2('/tls')).status, 502);
});

t.run();
