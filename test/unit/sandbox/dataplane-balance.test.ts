/** Who gets the next request: algorithms, slow start, thresholds of health, weights with stickiness, rules that change places. */

import * as assert from 'uvu/assert';
import type { ActionFacts, RuleFacts, TargetGroupFacts } from '../../../sandbox/types.ts';
import { suite } from '../../support/suite.ts';
import { instanceAddress, startTarget, type TargetServer } from './dataplane-target-servers.ts';
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
  makeRule,
  pause,
  type Running,
  setSecurityGroup,
  startWorld,
  type World,
} from './dataplane-world.ts';

const t = suite('data plane: balance');
const SITE = 'site-1.us-east-1.elb.amazonaws.com:80';
const UNHEALTHY_ROUTING = 'target_group_health.unhealthy_state_routing.minimum_healthy_targets';
/** One instance runs Flask, the other servers of the test's own; nothing listens on port 9009. */
const FLASK = ['i-1', 8080] as const;
const FIRST = ['i-2', 9001] as const;
const SECOND = ['i-2', 9002] as const;
const CLOSED = ['i-2', 9009] as const;

let world: World;
let running: Running;
let first: TargetServer;
let second: TargetServer;

type Place = readonly [string, number];
const group = (name: string, targets: readonly Place[], attributes: Readonly<Record<string, string>> = {}): TargetGroupFacts => ({
  ...makeGroup(name, [], { attributes }),
  targets: targets.map(([id, port]) => ({ id, port, registeredAt: 1 })),
});
const stateOf = ([id, port]: Place): string => world.health.get(`${id}:${port}`)?.state ?? '';
const serve = async (
  groups: readonly TargetGroupFacts[],
  action: ActionFacts = forward('web'),
  rules: readonly RuleFacts[] = [],
): Promise<void> => {
  world.groups = [...groups];
  world.rules = [...rules];
  world.listeners = [makeListener(80, action)];
  world.changed();
  await running.dataplane.settled();
  const checked = groups.flatMap(({ targets }) => targets).map(({ id, port }): Place => [id, port]);
  await running.step(() => checked.every((place) => [place[1] === CLOSED[1] ? 'unhealthy' : 'healthy', 'unused'].includes(stateOf(place))));
};
const get = (path = '/', headers: Readonly<Record<string, string>> = {}): Promise<Answer> =>
  ask(running.dataplane, `${SITE}${path}`, { headers });
const whoOf = ({ headers, status }: Answer): string => String(headers['x-instance'] ?? status);
const tally = async (count: number, headers: Readonly<Record<string, string>> = {}, path = '/'): Promise<Record<string, number>> => {
  const seen: Record<string, number> = {};
  for (let i = 0; i < count; i++) {
    const who = whoOf(await get(path, headers));
    seen[who] = (seen[who] ?? 0) + 1;
  }
  return seen;
};

t.before(async () => {
  world = createWorld();
  setSecurityGroup(world, 'sg-lb', { ingress: [EVERYWHERE] });
  setSecurityGroup(world, 'sg-web', { ingress: [EVERYWHERE] });
  world.instances.set('i-1', makeInstance('i-1', 'a'));
  world.instances.set('i-2', makeInstance('i-2', 'b', { userData: '' }));
  world.groups.push(group('web', [FLASK, FIRST]));
  world.listeners.push(makeListener(80, forward('web')));
  running = await startWorld(world);
  const host = instanceAddress(running, 2);
  [first, second] = await Promise.all([startTarget('http', host, 9001), startTarget('http', host, 9002)]);
});
// Without `?` a failed start would hide its reason behind this one's.
t.after(async () => {
  for (const server of [first, second] as readonly (TargetServer | undefined)[]) await server?.stop();
  await (running as Running | undefined)?.stop();
});

t('unhealthy targets get requests only when fewer than the minimum are healthy, by count or by share', async () => {
  const targets = [FLASK, CLOSED];
  await serve([group('web', targets)]);
  assert.equal(await tally(4), { 'i-1': 4 });
  await serve([group('web', targets, { [`${UNHEALTHY_ROUTING}.count`]: '2' })]);
  assert.equal(await tally(4), { 'i-1': 2, 502: 2 });
  await serve([group('web', targets, { [`${UNHEALTHY_ROUTING}.count`]: '1', [`${UNHEALTHY_ROUTING}.percentage`]: '50' })]);
  assert.equal(await tally(4), { 'i-1': 4 });
  await serve([group('web', targets, { [`${UNHEALTHY_ROUTING}.count`]: '1', [`${UNHEALTHY_ROUTING}.percentage`]: '51' })]);
  assert.equal(await tally(4), { 'i-1': 2, 502: 2 });
  await serve([group('web', targets, { [`${UNHEALTHY_ROUTING}.count`]: '1', [`${UNHEALTHY_ROUTING}.percentage`]: 'off' })]);
  assert.equal(await tally(4), { 'i-1': 4 });
});

t('least outstanding requests: a target that is slow to answer gets no more of them', async () => {
  for (const [algorithm, most] of [
    ['round_robin', 10],
    ['least_outstanding_requests', 1],
  ] as const) {
    await serve([group('web', [FLASK, FIRST], { 'load_balancing.algorithm.type': algorithm })]);
    // Flask knows no /hold and answers at once.
    const asked = Array.from({ length: 20 }, () => undefined);
    const answers: Promise<Answer>[] = [];
    for (const _ of asked) {
      const answer = get('/hold');
      answers.push(answer);
      const before = first.held;
      while ((await Promise.race([answer.then(() => 'done'), pause(20).then(() => 'waits')])) === 'waits' && first.held === before);
    }
    const held = first.held;
    first.release();
    await Promise.all(answers);
    assert.is(held, most, algorithm);
  }
});

t('slow start: a target that joins healthy ones begins with a small share', async () => {
  const attributes = { 'slow_start.duration_seconds': '900' };
  await serve([group('web', [FLASK], attributes)]);
  await serve([group('web', [FLASK, FIRST], attributes)]);
  const share = (await tally(48))['node:9001'] ?? 0;
  assert.ok(share >= 1 && share <= 12, `${share} of 48`);
  await serve([group('web', [FLASK], {})]);
  await serve([group('web', [FLASK, FIRST], {})]);
  assert.is((await tally(48))['node:9001'], 24, 'without slow start a half');
});

t('weighted random: every target gets some, in no order', async () => {
  await serve([group('web', [FLASK, FIRST], { 'load_balancing.algorithm.type': 'weighted_random' })]);
  const order: string[] = [];
  for (let i = 0; i < 40; i++) order.push(whoOf(await get()));
  assert.is(new Set(order).size, 2);
  assert.ok(
    order.some((who, index) => who === order[index + 1]),
    'round robin would never repeat',
  );
});

const weighted = (blue: number, green: number, stickySeconds?: number): ActionFacts => ({
  Type: 'forward',
  ForwardConfig: {
    TargetGroups: [
      { TargetGroupArn: 'arn:tg/blue', Weight: blue },
      { TargetGroupArn: 'arn:tg/green', Weight: green },
    ],
    TargetGroupStickinessConfig: stickySeconds === undefined ? { Enabled: false } : { Enabled: true, DurationSeconds: stickySeconds },
  },
});

t('a client keeps its group and, within it, its target, while weights move away from them', async () => {
  const sticky = { 'stickiness.enabled': 'true', 'stickiness.type': 'lb_cookie', 'stickiness.lb_cookie.duration_seconds': '600' };
  const groups = [group('blue', [FLASK]), group('green', [FIRST, SECOND], sticky)];
  await serve(groups, weighted(0, 100, 600));
  const came = await get();
  const names = (came.headers['set-cookie'] ?? []).map((line) => line.split('=')[0]);
  assert.equal(names.sort(), ['AWSALB', 'AWSALBCORS', 'AWSALBTG', 'AWSALBTGCORS']);
  const cookies = cookiesOf(came);
  assert.equal(await tally(6, { Cookie: cookies }), { [whoOf(came)]: 6 });
  // A blue/green deployment shifts back: new clients go to blue, this one stays.
  await serve(groups, weighted(100, 0, 600));
  assert.equal(await tally(4), { 'i-1': 4 });
  assert.equal(await tally(6, { Cookie: cookies }), { [whoOf(came)]: 6 });
  assert.equal(
    await tally(4, { Cookie: cookies.replaceAll(/AWSALBTG(CORS)?=/g, 'X$1=') }),
    { 'i-1': 4 },
    'the cookie of the target alone binds to no group',
  );
});

t('the cookie of a group binds no longer than it says, nor to a group that is not in the rule', async () => {
  const groups = [group('blue', [FLASK]), group('green', [FIRST]), group('other', [SECOND])];
  await serve(groups, weighted(0, 1, 1));
  const cookies = cookiesOf(await get());
  await serve(groups, weighted(1, 0, 600));
  const bound = await tally(2, { Cookie: cookies });
  assert.equal(bound, { 'node:9001': 2 });
  await serve(groups, weighted(1, 0, 1));
  await pause(1200);
  assert.equal(await tally(2, { Cookie: cookies }), { 'i-1': 2 });
  await serve(groups, {
    Type: 'forward',
    ForwardConfig: {
      TargetGroups: [
        { TargetGroupArn: 'arn:tg/blue', Weight: 1 },
        { TargetGroupArn: 'arn:tg/other', Weight: 0 },
      ],
      TargetGroupStickinessConfig: { Enabled: true, DurationSeconds: 600 },
    },
  });
  assert.equal(await tally(2, { Cookie: cookies }), { 'i-1': 2 });
});

t('weights are shares; nought is none', async () => {
  const groups = [group('blue', [FLASK]), group('green', [FIRST])];
  await serve(groups, weighted(900, 100));
  const seen = await tally(100);
  assert.ok((seen['node:9001'] ?? 0) >= 1 && (seen['node:9001'] ?? 0) <= 30, JSON.stringify(seen));
  await serve(groups, weighted(0, 0));
  assert.equal(await tally(2), { 503: 2 });
});

t('rules change places and weights move under load, and no request is lost', async () => {
  const groups = [group('blue', [FLASK]), group('green', [FIRST])];
  const conditions: RuleFacts['conditions'] = [{ Field: 'path-pattern', Values: ['/'] }];
  const order = (swapped: boolean): readonly RuleFacts[] => [
    makeRule(80, 1, conditions, forward(swapped ? 'green' : 'blue')),
    makeRule(80, 2, conditions, forward(swapped ? 'blue' : 'green')),
  ];
  const nowhere: ActionFacts = { Type: 'fixed-response', FixedResponseConfig: { StatusCode: '418' } };
  await serve(groups, nowhere, order(false));
  let going = true;
  const seen: string[] = [];
  const load = Array.from({ length: 4 }, async () => {
    while (going)
      seen.push(
        await get().then(
          (answer) => (answer.status === 200 ? whoOf(answer) : String(answer.status)),
          (error: Error) => error.message,
        ),
      );
  });
  for (const swapped of [true, false, true]) {
    await serve(groups, nowhere, order(swapped));
    // What was accepted before the change may still be answered by the order before it.
    await pause(100);
    assert.equal(Object.keys(await tally(3)), [swapped ? 'node:9001' : 'i-1']);
  }
  for (const [blue, green] of [
    [100, 0],
    [50, 50],
    [0, 100],
  ] as const)
    await serve(groups, weighted(blue, green), []);
  going = false;
  await Promise.all(load);
  assert.ok(seen.length > 20);
  assert.equal([...new Set(seen)].sort(), ['i-1', 'node:9001']);
});

t.run();
