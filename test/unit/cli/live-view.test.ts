/** What a terminal shows of a load: the targets with the health that AWS last said. */
import * as assert from 'uvu/assert';
import { liveView } from '../../../reconciler/cli/live-view.ts';
import type { Event } from '../../../reconciler/run/events.ts';
import { tellHealth } from '../../../reconciler/verify/stage.ts';
import { suite } from '../../support/suite.ts';

const t = suite('the live view of a terminal');
const TARGETS = ['web-1', 'web-2'].map((name, index) => ({
  id: `i-${index}`,
  name,
  zone: 'a',
  group: 'web',
  port: 8080,
  health: 'healthy',
}));
const seconds: Event = {
  ...{ kind: 'load-seconds', startedAt: 0, failed: [] },
  seconds: [0, 1].map((second) => ({ second, requests: 10, failed: 0, p95: 3, byInstance: { 'i-0': 5, 'i-1': 5 } })),
};

t('health is shown, and changes with what AWS says of that target', () => {
  const view = liveView(() => 2000);
  assert.is(view.text(100), '', 'nothing before the load');
  view.see({ kind: 'targets', rate: 10, seconds: 30, targets: TARGETS });
  view.see(seconds);
  assert.match(view.text(100), /web-1 .*\/s healthy\n.*web-2 .*\/s healthy/);
  view.see({ kind: 'target-health', id: 'i-1', port: 9090, health: 'draining', reason: '' });
  assert.not.match(view.text(100), 'draining', 'another port is another target');
  view.see({ kind: 'target-health', id: 'i-1', port: 8080, health: 'unhealthy', reason: 'Target.Timeout' });
  assert.match(view.text(100), /web-1 .*\/s healthy\n.*web-2 .*\/s unhealthy/);
});

t('of a load that breaks nothing each change is told once, and no answer is no change', async () => {
  const ended = new AbortController();
  const answers = [['healthy', 'healthy'], ['healthy', 'unhealthy'], undefined, ['healthy', 'unhealthy'], ['healthy', 'healthy']];
  const told: Event[] = [];
  let asked = 0;
  const session = {
    clock: { now: () => 0, sleep: () => Promise.resolve() },
    emit: (event: Event) => told.push(event),
    cloud: {
      call: async () => {
        const states = answers[asked++];
        if (asked >= answers.length) ended.abort();
        if (states === undefined) throw new Error('Throttling');
        return {
          TargetHealthDescriptions: states.map((State, index) => ({ Target: { Id: `i-${index}`, Port: 8080 }, TargetHealth: { State } })),
        };
      },
    },
  };
  const target = { groups: [{ arn: 'tg' }] };
  await tellHealth(target as never, session as never, new Map(), ended.signal);
  assert.equal(
    told.map((event) => (event.kind === 'target-health' ? `${event.id} ${event.health}` : event.kind)),
    ['i-0 healthy', 'i-1 healthy', 'i-1 unhealthy', 'i-1 healthy'],
  );
});

t.run();
