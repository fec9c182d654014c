import * as assert from 'uvu/assert';
import { checkSettings } from '../../../reconciler/config/check-settings.ts';
import { readSettings } from '../../../reconciler/config/settings.ts';
import { suite } from '../../support/suite.ts';

const t = suite('spec/settings');

const LISTENERS = { listeners: { moved: { redirect: {} }, https: { forward: 'web' }, http: { forward: 'web' } } };

t('nothing said: the usual load on the first listener by name that forwards, no chaos, nothing to hold', () => {
  assert.equal(readSettings(LISTENERS), {
    load: { script: 'k6/load.ts', rate: 50, duration: 60, path: '/', timeout: 5, listener: 'http' },
    objectives: {},
  });
  assert.equal(readSettings({}).load, { script: 'k6/load.ts', rate: 50, duration: 60, path: '/', timeout: 5 });
});

t('load as said', () => {
  const load = { script: 'my.ts', rate: '200/s', duration: '2m', path: '/x', timeout: 10, listener: 'http' };
  assert.equal(readSettings({ ...LISTENERS, load }).load, {
    script: 'my.ts',
    rate: 200,
    duration: 120,
    path: '/x',
    timeout: 10,
    listener: 'http',
  });
});

t('profile, paths and users as said; what is the default is left out', () => {
  const said = {
    profile: 'spike',
    peak: '200/s',
    users: 'returning',
    paths: [{ path: '/a' }, { path: '/b', weight: 3, status: 404, body: 'x' }],
  };
  const { profile, peak, users, paths } = readSettings({ load: said }).load;
  assert.equal(
    { profile, peak, users, paths },
    {
      ...{ profile: 'spike', peak: 200, users: 'returning' },
      paths: [
        { path: '/a', weight: 1 },
        { path: '/b', weight: 3, status: 404, body: 'x' },
      ],
    },
  );
  assert.equal(readSettings({ load: { profile: 'steady', users: 'new' } }), readSettings({}));
});

t('keys of a load that say nothing, or what cannot be, are mistakes', () => {
  const at = () => ({ file: 'x.yaml', line: 1, column: 1 });
  const messages = (load: object): string[] => checkSettings({ load } as never, [], at).map(({ message }) => message);
  const cases: readonly (readonly [object, RegExp | undefined])[] = [
    [{ profile: 'spike' }, undefined],
    [{ profile: 'spike', rate: '50/s', peak: '51/s' }, undefined],
    [{ profile: 'spike', rate: '50/s', peak: '50/s' }, /not higher than the rate/],
    [{ profile: 'breakpoint', peak: '40/s' }, /not higher than the rate/],
    [{ profile: 'ramp', peak: '90/s' }, /has no effect with the profile `ramp`/],
    [{ peak: '90/s' }, /has no effect with the profile `steady`/],
    [{ profile: 'soak', duration: '10m' }, undefined],
    [{ profile: 'soak', duration: '599s' }, /A soak test of 599 s is too short to show growth/],
    [{ profile: 'soak' }, /A soak test of 60 s is too short to show growth/],
    [{ paths: [{ path: '/' }] }, undefined],
    [{ path: '/', paths: [{ path: '/' }] }, /`path` and `paths` cannot be set together/],
  ];
  for (const [load, message] of cases) {
    const told = messages(load);
    assert.is(told.length, message === undefined ? 0 : 1, JSON.stringify(load));
    if (message !== undefined) assert.match(told[0] ?? '', message);
  }
});

t('chaos as said, or at the usual times', () => {
  assert.equal(readSettings({ chaos: { stopInstance: { from: 'web' } } }).chaos, { stopInstance: { from: 'web', at: 20, for: 20 } });
  assert.equal(readSettings({ chaos: { stopInstance: { from: 'web', at: '1m', for: 5, instance: 'web-1', seed: 's' } } }).chaos, {
    stopInstance: { from: 'web', at: 60, for: 5, instance: 'web-1', seed: 's' },
  });
  assert.is(readSettings({ chaos: {} }).chaos, undefined);
});

t('bounds: a ratio, milliseconds for latencies, seconds for times', () => {
  assert.equal(
    readSettings({
      objectives: { errorRate: '< 1%', p95: '< 300ms', p99: '<1s', failover: '< 25s', recovery: '< 2m', detection: '<1500ms' },
    }).objectives,
    { errorRate: 0.01, p95: 300, p99: 1000, failover: 25, recovery: 120, detection: 1.5 },
  );
  assert.equal(readSettings({ objectives: { errorRate: '< 0.5 %', p95: '< 1.5s' } }).objectives, { errorRate: 0.005, p95: 1500 });
  assert.equal(readSettings({ objectives: {} }).objectives, {});
});

t.run();
