import * as assert from 'uvu/assert';
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
