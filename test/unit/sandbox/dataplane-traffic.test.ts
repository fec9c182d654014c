/** Real HAProxy, real Flask: what a client sees of the load balancer when targets come, go and are hidden. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { Agent, request } from 'node:http';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.ts';
import {
  type Answer,
  ask,
  cookiesOf,
  createWorld,
  EVERYWHERE,
  forward,
  makeGroup,
  makeInstance,
  makeListener,
  makeLoadBalancer,
  pause,
  type Running,
  setSecurityGroup,
  startWorld,
  type World,
} from './dataplane-world.ts';

const t = suite('data plane: traffic');
const SITE = 'site-1.us-east-1.elb.amazonaws.com:80';

let world: World;
let running: Running;

const healthOf = (id: string): string => {
  const health = world.health.get(`${id}:8080`);
  return [health?.state, health?.reason].filter(Boolean).join(' ');
};
const allHealthy = (): boolean => ['i-1', 'i-2'].every((id) => healthOf(id) === 'healthy');
const get = (path = '/', headers: Readonly<Record<string, string>> = {}): Promise<Answer> =>
  ask(running.dataplane, `${SITE}${path}`, { headers });
const change = async (edit: () => void): Promise<void> => {
  edit();
  world.changed();
  await running.dataplane.settled();
};
const setGroup = (attributes: Readonly<Record<string, string>>, targets = ['i-1', 'i-2']): Promise<void> =>
  change(() => {
    world.groups = [makeGroup('web', targets, { attributes })];
  });
const setState = (id: string, state: 'running' | 'stopping' | 'stopped' | 'pending'): Promise<void> =>
  change(() => {
    const facts = world.instances.get(id);
    if (facts) world.instances.set(id, { ...facts, state });
  });
/** Which instances answer `count` requests, and how often. */
const tally = async (count: number, headers: Readonly<Record<string, string>> = {}): Promise<Record<string, number>> => {
  const seen: Record<string, number> = {};
  for (let i = 0; i < count; i++) {
    const { headers: got, status } = await get('/', headers);
    const who = String(got['x-instance'] ?? status);
    seen[who] = (seen[who] ?? 0) + 1;
  }
  return seen;
};

t.before(async () => {
  world = createWorld();
  world.instances.set('i-1', makeInstance('i-1', 'a'));
  world.instances.set('i-2', makeInstance('i-2', 'b'));
  world.groups.push(makeGroup('web', ['i-1', 'i-2']));
  world.listeners.push(makeListener(80, forward('web')));
  running = await startWorld(world);
});
// Without `?` a failed start would hide its reason behind this one's.
t.after(() => (running as Running | undefined)?.stop());
t.before.each(async () => {
  world.loadBalancers = [makeLoadBalancer()];
  setSecurityGroup(world, 'sg-web', { ingress: [{ protocol: 'tcp', fromPort: 8080, toPort: 8080, cidrs: [], sourceGroupIds: ['sg-lb'] }] });
  setSecurityGroup(world, 'sg-lb', { ingress: [EVERYWHERE] });
  for (const id of ['i-1', 'i-2']) await setState(id, 'running');
  await setGroup({});
  await running.step(allHealthy);
});

t('a new target is registering, then checked, then healthy after one check', () => {
  const first = world.history.filter((line) => line.startsWith('i-1:8080')).slice(0, 3);
  assert.equal(first, ['i-1:8080 initial Elb.RegistrationInProgress', 'i-1:8080 initial Elb.InitialHealthChecking', 'i-1:8080 healthy']);
});

t('a target registered again starts over', async () => {
  const before = world.history.length;
  await change(() => {
    world.groups = world.groups.map((group) => ({
      ...group,
      targets: group.targets.map((target) => (target.id === 'i-1' ? { ...target, registeredAt: 2 } : target)),
    }));
  });
  assert.is(healthOf('i-1'), 'initial Elb.RegistrationInProgress');
  assert.equal(await tally(4), { 'i-2': 4 });
  await running.step(allHealthy);
  assert.not.ok(
    world.history.slice(before).some((line) => line.startsWith('i-2')),
    'the other one goes on as it was',
  );
});

t('requests go round robin over the healthy targets', async () => {
  assert.equal(await tally(10), { 'i-1': 5, 'i-2': 5 });
});

t('the other algorithms reach every target', async () => {
  for (const algorithm of ['least_outstanding_requests', 'weighted_random']) {
    await setGroup({ 'load_balancing.algorithm.type': algorithm });
    const seen = await tally(40);
    assert.equal(Object.keys(seen).sort(), ['i-1', 'i-2'], `${algorithm}: ${JSON.stringify(seen)}`);
  }
});

t('targets learn who the client is and how it came', async () => {
  const { body } = await get('/headers', { 'X-Forwarded-For': '198.51.100.7' });
  const seen = JSON.parse(body) as Record<string, string>;
  assert.is(seen['X-Forwarded-For'], '198.51.100.7, 203.0.113.1');
  assert.is(seen['X-Forwarded-Proto'], 'http');
  assert.is(seen['X-Forwarded-Port'], '80');
  assert.match(seen['X-Amzn-Trace-Id'] ?? '', /^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/);
});

t('lb_cookie: a client stays with its target, others spread, and every answer renews the cookie', async () => {
  await setGroup({ 'stickiness.enabled': 'true', 'stickiness.type': 'lb_cookie', 'stickiness.lb_cookie.duration_seconds': '600' });
  const first = await get();
  const names = (first.headers['set-cookie'] ?? []).map((line) => line.split('=')[0]);
  assert.equal(names, ['AWSALB', 'AWSALBCORS']);
  const expires = Date.parse(/Expires=([^;]+)/.exec(first.headers['set-cookie']?.[0] ?? '')?.[1] ?? '');
  assert.ok(Math.abs(expires - Date.now() - 600_000) < 60_000, 'the cookie lasts as long as the group says');
  const who = String(first.headers['x-instance']);
  assert.equal(await tally(8, { Cookie: cookiesOf(first) }), { [who]: 8 });
  assert.equal(await tally(4, { Cookie: cookiesOf(first).split('; ')[1] ?? '' }), { [who]: 4 }, 'AWSALBCORS alone is as good');
  assert.ok((await get('/', { Cookie: cookiesOf(first) })).headers['set-cookie'], 'renewed');
  assert.equal(await tally(4), { 'i-1': 2, 'i-2': 2 });
  assert.equal(await tally(4, { Cookie: 'AWSALB=nonsense' }), { 'i-1': 2, 'i-2': 2 });
});

t('lb_cookie: after its duration the cookie binds no more', async () => {
  await setGroup({ 'stickiness.enabled': 'true', 'stickiness.type': 'lb_cookie', 'stickiness.lb_cookie.duration_seconds': '1' });
  const first = await get();
  await pause(1300);
  assert.equal(await tally(4, { Cookie: cookiesOf(first) }), { 'i-1': 2, 'i-2': 2 });
});

t('app_cookie: the session begins with the cookie of the application', async () => {
  await setGroup({
    'stickiness.enabled': 'true',
    'stickiness.type': 'app_cookie',
    'stickiness.app_cookie.cookie_name': 'SESSION',
    'stickiness.app_cookie.duration_seconds': '60',
  });
  assert.is((await get()).headers['set-cookie'], undefined, 'the application set none');
  const first = await get('/cookie?name=SESSION');
  const who = String(first.headers['x-instance']);
  assert.match(cookiesOf(first), /SESSION=[^;]*; AWSALBAPP-0=/);
  assert.equal(await tally(6, { Cookie: cookiesOf(first) }), { [who]: 6 });
  const alone =
    cookiesOf(first)
      .split('; ')
      .find((pair) => pair.startsWith('AWSALBAPP')) ?? '';
  assert.equal(await tally(4, { Cookie: alone }), { 'i-1': 2, 'i-2': 2 }, 'both cookies are needed');
});

t('an instance that stops: 502 until checks find out, then none of its requests; its clients move; back after one check', async () => {
  await setGroup({ 'stickiness.enabled': 'true', 'stickiness.lb_cookie.duration_seconds': '600' });
  let first = await get();
  while (first.headers['x-instance'] !== 'i-1') first = await get();
  await setState('i-1', 'stopping');
  assert.equal(await tally(4), { 502: 2, 'i-2': 2 });
  const refused = await get('/', { Cookie: cookiesOf(first) });
  assert.is(refused.status, 502);
  assert.is(refused.headers['server'], 'awselb/2.0');
  assert.is(refused.headers['set-cookie'], undefined, 'no target answered, so no cookie');
  await running.step(() => healthOf('i-1') === 'unhealthy Target.FailedHealthChecks');
  assert.equal(await tally(4), { 'i-2': 4 });
  const moved = await get('/', { Cookie: cookiesOf(first) });
  assert.is(moved.headers['x-instance'], 'i-2');
  await setState('i-1', 'stopped');
  assert.is(healthOf('i-1'), 'unused Target.InvalidState');
  const before = world.history.length;
  await setState('i-1', 'pending');
  await setState('i-1', 'running');
  await running.step(allHealthy);
  assert.equal(
    world.history.slice(before).filter((line) => line.startsWith('i-1') && !line.includes('unused')),
    ['i-1:8080 initial Elb.RegistrationInProgress', 'i-1:8080 initial Elb.InitialHealthChecking', 'i-1:8080 healthy'],
  );
  assert.equal(await tally(4), { 'i-1': 2, 'i-2': 2 });
});

/** The status of a request on the agent's connection; `sockets` collects the connections used. */
const askOver = (agent: Agent, sockets = new Set<unknown>()): Promise<number> => {
  const [host, port] = (running.dataplane.hosts()[SITE] ?? '').split(':');
  return new Promise((resolve, reject) => {
    const sent = request({ host, port: Number(port), path: '/', agent }, (answer) => {
      sockets.add(answer.socket);
      answer.resume().on('end', () => resolve(answer.statusCode ?? 0));
    });
    sent.on('error', reject).end();
  });
};

t('a kept client connection gets its 502 too, and stays open', async () => {
  await setState('i-1', 'stopping');
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const sockets = new Set<unknown>();
  const status = (): Promise<number> => askOver(agent, sockets);
  const seen: number[] = [];
  for (let i = 0; i < 6; i++) seen.push(await status());
  agent.destroy();
  assert.equal(seen.sort(), [200, 200, 200, 502, 502, 502]);
  assert.is(sockets.size, 1);
});

t('no target: 503; all unhealthy: fails open', async () => {
  await setGroup({}, []);
  const empty = await get();
  assert.is(empty.status, 503);
  assert.is(empty.headers['server'], 'awselb/2.0');
  await change(() => {
    const group = makeGroup('web', ['i-1', 'i-2']);
    world.groups = [{ ...group, healthCheck: { ...group.healthCheck, path: '/nowhere' } }];
  });
  await running.step(
    () => healthOf('i-1') === 'unhealthy Target.ResponseCodeMismatch' && healthOf('i-2') === 'unhealthy Target.ResponseCodeMismatch',
  );
  assert.is(world.health.get('i-1:8080')?.description, 'Health checks failed with these codes: [404]');
  assert.equal(await tally(4), { 'i-1': 2, 'i-2': 2 });
});

t('a draining target takes no new requests, its sticky clients move, requests under way finish', async () => {
  await setGroup({ 'stickiness.enabled': 'true' });
  let first = await get();
  while (first.headers['x-instance'] !== 'i-1') first = await get();
  const slow = get('/?ms=700', { Cookie: cookiesOf(first) });
  await pause(100);
  await change(() => {
    world.groups = world.groups.map((group) => ({
      ...group,
      targets: group.targets.map((target) => (target.id === 'i-1' ? { ...target, drainingUntil: 1e15 } : target)),
    }));
  });
  assert.equal(await tally(4), { 'i-2': 4 });
  assert.equal(await tally(2, { Cookie: cookiesOf(first) }), { 'i-2': 2 });
  const finished = await slow;
  assert.is(finished.status, 200);
  assert.is(finished.headers['x-instance'], 'i-1');
});

t('a request still with its target when the deregistration delay ends is cut off', async () => {
  await setGroup({}, ['i-1']);
  const slow = get('/?ms=3000');
  await pause(200);
  await setGroup({}, []);
  const outcome = await slow.then(
    ({ status }) => status,
    () => 'closed',
  );
  assert.ok(outcome === 'closed' || outcome === 502 || outcome === 503, `was ${outcome}`);
});

t('targets hidden by security groups: checks time out, requests get 504 after the connection timeout', async () => {
  setSecurityGroup(world, 'sg-web', { ingress: [] });
  await change(() => undefined);
  await running.step(() => healthOf('i-1') === 'unhealthy Target.Timeout' && healthOf('i-2') === 'unhealthy Target.Timeout');
  const asked = get();
  await pause(200);
  running.clock.advance(10_000);
  const answer = await asked;
  assert.is(answer.status, 504);
  assert.is(answer.headers['server'], 'awselb/2.0');
});

t('a load balancer that may not reach out, or not reach that port, reaches nobody', async () => {
  setSecurityGroup(world, 'sg-lb', {
    ingress: [EVERYWHERE],
    egress: [{ protocol: 'tcp', fromPort: 9000, toPort: 9000, cidrs: ['0.0.0.0/0'], sourceGroupIds: [] }],
  });
  await change(() => undefined);
  await running.step(() => healthOf('i-1') === 'unhealthy Target.Timeout');
});

t('a listener closed to the world does not answer at all', async () => {
  setSecurityGroup(world, 'sg-lb', { ingress: [{ protocol: 'tcp', fromPort: 80, toPort: 80, cidrs: ['10.0.0.0/8'], sourceGroupIds: [] }] });
  await change(() => undefined);
  const error = await ask(running.dataplane, `${SITE}/`, { patience: 400 }).then(
    () => undefined,
    (caught: NodeJS.ErrnoException) => caught,
  );
  assert.is(error?.code, 'TIMEOUT');
});

t('a target that answers too late: 504 after the idle timeout', async () => {
  world.loadBalancers = [makeLoadBalancer({ attributes: { 'idle_timeout.timeout_seconds': '1' } })];
  await change(() => undefined);
  assert.is((await get('/?ms=2500')).status, 504);
});

t('a load balancer still provisioning serves nothing', async () => {
  const told: string[][] = [];
  const leave = running.dataplane.onHosts((hosts) => told.push(Object.keys(hosts)));
  world.loadBalancers = [makeLoadBalancer({ state: 'provisioning' })];
  await change(() => undefined);
  assert.equal(running.dataplane.hosts(), {});
  assert.is(healthOf('i-1'), 'unused Target.NotInUse');
  world.loadBalancers = [makeLoadBalancer()];
  await change(() => undefined);
  leave();
  assert.equal(told, [[], [SITE]]);
});

t('a static webserver is a target like any other', async () => {
  await change(() =>
    world.instances.set('i-9', makeInstance('i-9', 'a', { userData: '#!/bin/bash\n# albedo-app: static-webserver port=8080\n' })),
  );
  await setGroup({}, ['i-1', 'i-9']);
  await running.step(() => healthOf('i-9') === 'healthy');
  assert.equal(await tally(4), { 'i-1': 2, 'i-9': 2 });
  const answers = await Promise.all([0, 1].map(() => get()));
  const own = answers.find(({ headers }) => headers['x-instance'] === 'i-9');
  assert.equal(JSON.parse(own?.body ?? ''), { instance: 'i-9', zone: 'us-east-1a' });
  await setState('i-9', 'stopped');
  await running.step(() => healthOf('i-9').startsWith('unused'));
  assert.equal(await tally(2), { 'i-1': 2 });
});

t('reloads under load lose nothing', async () => {
  let going = true;
  const seen: (number | string)[] = [];
  const load = Array.from({ length: 4 }, async () => {
    while (going)
      seen.push(
        await get().then(
          ({ status }) => status,
          (error: Error) => error.message,
        ),
      );
  });
  // A kept connection, idle while the reload happens, still answers the request after it.
  const kept = new Agent({ keepAlive: true, maxSockets: 1 });
  for (let seconds = 61; seconds < 66; seconds++) {
    seen.push(await askOver(kept));
    world.loadBalancers = [makeLoadBalancer({ attributes: { 'idle_timeout.timeout_seconds': String(seconds) } })];
    await change(() => undefined);
    seen.push(await askOver(kept));
  }
  kept.destroy();
  going = false;
  await Promise.all(load);
  assert.ok(seen.length > 20);
  assert.equal([...new Set(seen)], [200]);
});

t('run files are private, and nothing is left behind', async () => {
  const other = createWorld();
  const second = await startWorld(other);
  assert.is(statSync(second.runDir).mode & 0o777, 0o700);
  assert.ok(readdirSync(second.runDir).length > 0);
  await second.dataplane.stop();
  assert.equal(readdirSync(second.runDir), []);
  await second.stop();
  assert.not.ok(existsSync(second.runDir));
});

t.run();
