/** The button of the page that runs the next experiment: one of the list at a time, and the first again after the last. */
import * as assert from 'uvu/assert';
import type { VerifySettings } from '../../reconciler/config/settings.ts';
import type { LoadToSend } from '../../reconciler/load/engines/form.ts';
import { openSession } from '../../reconciler/run/pipeline.ts';
import type { NamedSpec } from '../../reconciler/run/specs.ts';
import { watch } from '../../reconciler/watch/watch.ts';
import { contractSuite, ready } from '../support/contract-bench.ts';
import { until } from '../support/faults-cli.ts';
import { hostsOf, liveStack, standing } from '../support/live-stack.ts';

const t = contractSuite('the next experiment');

const SPEC = liveStack(
  {},
  {
    load: { rate: '5/s', duration: '5m' },
    experiments: [
      { deregisterTarget: { from: 'web', at: '5s', for: '5s' } },
      { deregisterTarget: { from: 'web', target: '10.0.2.10', at: '6s', for: '5s' } },
    ],
    objectives: { errorRate: '< 1%' },
  },
);

t('each press runs one alone, which is no pass of the whole spec; verify --ui begins with all of them', async (bench) => {
  await standing(bench, SPEC);
  const spec = ready(SPEC);
  const stop = new AbortController();
  const session = openSession({ region: 'us-east-1', env: process.env, signal: stop.signal });
  const named = {
    file: 'live.yaml',
    text: new Uint8Array([1]),
    bases: [],
    spec,
    policy: { load: { maxRate: '20/s' } },
    hashing: {},
  } as unknown as NamedSpec;
  const asked: { readonly settings: VerifySettings; readonly committed: boolean }[] = [];
  let address: URL | undefined;
  const loads: { readonly load: LoadToSend; readonly begin: () => void; readonly fail: (thrown: Error) => void }[] = [];
  const watching = watch({
    ...{ named, session, first: true, port: 0 },
    sender: {
      isLive: true,
      // A load that takes a moment to begin, as from a cluster, and ends when it is told to.
      send: (load) => new Promise((_, fail) => loads.push({ load, begin: () => load.onStart(0), fail })),
    },
    hosts: () => hostsOf(bench.sandbox),
    verify: async (own) => {
      asked.push({ settings: own.spec.settings, committed: own.text.length > 0 });
      return null;
    },
    ready: (text) => (address = new URL(text)),
  });
  await until('the page is served', () => address !== undefined && asked.length === 1);
  assert.ok(address);
  const { origin, port, searchParams } = address;
  const cookie = `albedo-${port}=${searchParams.get('token')}`;
  const page = async (): Promise<string> => (await fetch(`${origin}/`, { headers: { cookie } })).text();
  const press = (action = 'experiment', value = '5'): Promise<Response> =>
    fetch(`${origin}/do`, {
      method: 'POST',
      headers: { cookie, 'content-type': 'application/json' },
      body: JSON.stringify({ action, value }),
    });
  assert.match(await page(), '1 of 2: deregister one of web');
  for (const next of ['2 of 2: deregister 10.0.2.10', '1 of 2: deregister one of web', '2 of 2: deregister 10.0.2.10']) {
    assert.is((await press()).status, 204);
    assert.match(await page(), next);
  }
  assert.is(asked[0]?.settings, spec.settings, 'all of them, as they are committed');
  assert.equal(
    asked.map(({ settings, committed }) => [committed, settings.experiments?.length ?? 0, settings.chaos?.['deregisterTarget']?.at]),
    [
      [true, 2, undefined],
      [false, 0, 5],
      [false, 0, 6],
      [false, 0, 5],
    ],
  );
  // A load of the buttons goes through the engine that was chosen; another rate is another load, which takes over when it begins.
  await press('start', '7');
  await press('rate', '9');
  const [one, other] = loads;
  assert.equal([one?.load.settings.rate, other?.load.settings.rate, one?.load.most, loads.length], [7, 9, 20, 2]);
  assert.is(one?.load.signal?.aborted, false, 'it goes on until the other has begun');
  other?.begin();
  assert.equal([one?.load.signal?.aborted, other?.load.signal?.aborted], [true, false]);
  await press('stop');
  assert.is(other?.load.signal?.aborted, true);
  for (const { fail } of loads) fail(new Error('stopped'));
  stop.abort();
  await watching;
});

t.run();
