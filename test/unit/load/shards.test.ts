import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { ReconcileError } from '../../../reconciler/errors.ts';
import { judge } from '../../../reconciler/load/judge.ts';
import { equalParts, LATE_MS, MOST_SHARDS, type ShardEnd, segmentFlags, shardRun, shardsOf } from '../../../reconciler/load/shards.ts';
import type { LoadSettings, ShardRun } from '../../../reconciler/load/types.ts';
import { objectives as htmlObjectives } from '../../../reconciler/report/html-load.ts';
import { objectives as markdownObjectives } from '../../../reconciler/report/markdown-load.ts';
import { PLAIN } from '../../../reconciler/report/text-columns.ts';
import { loadText } from '../../../reconciler/report/text-load.ts';
import { suite } from '../../support/suite.ts';
import { judgeInput, usual } from './samples.ts';

const t = suite('shards');
const load: LoadSettings = { script: 'k6/load.ts', rate: 97, duration: 20, path: '/', timeout: 1 };

const refusal = (count: number, rate = 97, most?: number): string => {
  try {
    shardsOf(count, { ...load, rate }, most);
    return '';
  } catch (thrown) {
    return thrown instanceof ReconcileError ? `${thrown.message}. ${thrown.hint}` : String(thrown);
  }
};

t('four shards: segments of one sequence, a file each, and the parts add up', () => {
  const shards = shardsOf(4, load, 150);
  assert.equal(
    shards.map(({ segment }) => segment),
    ['0:1/4', '1/4:2/4', '2/4:3/4', '3/4:1'],
  );
  assert.equal([...new Set(shards.map(({ sequence }) => sequence))], ['0,1/4,2/4,3/4,1']);
  assert.equal(
    shards.map(({ most }) => most),
    [38, 38, 37, 37],
  );
  assert.equal(
    shards.map(({ planned }) => planned),
    [485, 485, 485, 485],
  );
  assert.equal(segmentFlags(shardsOf(1, load)[0] as (typeof shards)[number]), [], 'one by itself is no segment');
});

t('a rate is divided by its users: each shard gets as many, whatever the script asks for', () => {
  const arrivals = { executor: 'constant-arrival-rate', rate: 12, duration: '20s', preAllocatedVUs: 11 };
  const scenarios = {
    load: { ...arrivals, maxVUs: 37 },
    other: { ...arrivals, executor: 'ramping-arrival-rate' },
    users: { executor: 'constant-vus', vus: 10 },
    odd: 3,
    unsaid: { executor: 'constant-arrival-rate', maxVUs: 'many' },
  };
  assert.equal(equalParts({ scenarios, noSetup: true }, 3), {
    scenarios: { ...scenarios, load: { ...arrivals, maxVUs: 39 }, other: { ...scenarios.other, maxVUs: 12 } },
  });
  assert.equal(equalParts({ scenarios }, 1)['scenarios'], { ...scenarios, other: { ...scenarios.other, maxVUs: 11 } });
  for (const none of [undefined, null, [], 'x']) assert.equal(equalParts({ scenarios: none }, 3), {});
});

t('property: plan and bound are divided to the last request, and every segment begins where another ends', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: MOST_SHARDS }),
      fc.integer({ min: 2 * MOST_SHARDS, max: 100_000 }),
      fc.integer({ min: MOST_SHARDS, max: 100_000 }),
      (count, rate, most) => {
        const shards = shardsOf(count, { ...load, rate }, most);
        const sum = (of: (shard: (typeof shards)[number]) => number): number => shards.reduce((total, each) => total + of(each), 0);
        assert.is(
          sum((each) => each.planned),
          rate * load.duration,
        );
        assert.is(
          sum((each) => each.most ?? 0),
          most,
        );
        assert.ok(
          shards.every((each) => (each.most ?? 0) >= 1),
          '--rps 0 would be no bound',
        );
        assert.is(shards.map(({ segment }) => segment.split(':')[0]).join(','), shards[0]?.sequence.replace(/,1$/, ''));
        assert.is(new Set(shards.map(({ pointsFile }) => pointsFile)).size, count);
      },
    ),
  );
});

t('more shards than there is work for are refused', () => {
  assert.is(refusal(4), '');
  assert.match(refusal(0), '1 to 256 shards, not 0');
  assert.match(refusal(257, 10_000), '1 to 256 shards, not 257');
  assert.is(refusal(48), '');
  assert.match(refusal(49), '49 shards are too many for 97 requests per second. Ask for 48 at most');
  assert.match(refusal(3, 97, 2), '3 shards are too many for 2 requests per second. Ask for 2 at most');
  assert.match(refusal(2, 1), 'too many for 1 requests per second. Send it from one.');
  assert.is(refusal(1, 0.5), '');
});

const good: ShardEnd = {
  outcome: 'done',
  exitCode: 0,
  requests: 485,
  iterations: 485,
  dropped: 0,
  firstAt: 1_000_010,
  said: '',
  calledOff: false,
};
const second = shardsOf(4, load)[1] as Parameters<typeof shardRun>[0];
const told = (change: Partial<ShardEnd>): ShardRun => shardRun(second, load, 1_000_000, { ...good, ...change });

const table: [string, Partial<ShardEnd>, string][] = [
  ['all is well', {}, ''],
  ['the last tick fell behind the end', { requests: 484, iterations: 484 }, ''],
  ['it sent too little', { requests: 400, iterations: 400 }, 'it started 400 of 485 iterations'],
  ['iterations that asked nothing', { requests: 10, iterations: 485 }, 'it started 10 of 485 iterations'],
  ['no user was free: that may be the stack’s doing', { requests: 400, iterations: 400, dropped: 85 }, ''],
  [
    'it failed',
    { outcome: 'script-error', exitCode: 107, said: 'Error: no' },
    'k6 ended as script-error (exit status 107, the script could not be loaded, or its setup() threw): Error: no. Correct the script',
  ],
  ['killed', { outcome: 'failed', exitCode: null }, 'k6 ended as failed'],
  ['missing', { outcome: 'missing', exitCode: null, requests: 0, iterations: 0, firstAt: undefined }, 'its points are missing'],
  ['late', { firstAt: 1_000_000 + LATE_MS + 200 }, 'its first request came 1.2 s after the planned start'],
  ['ended since another one failed', { outcome: 'aborted', exitCode: 105, requests: 3, calledOff: true }, ''],
];
for (const [what, change, problem] of table) t(`a shard: ${what}`, () => assert.is(told(change).problem, problem));

t('planned, begun, start and exit are told', () => {
  assert.equal(told({}), {
    ...{
      shard: 2,
      of: 4,
      planned: 485,
      iterations: 485,
      requests: 485,
      dropped: 0,
      startOffsetMs: 10,
      outcome: 'done',
      exitCode: 0,
      problem: '',
    },
  });
});

t('a shard that is missing, late or failed makes the run inconclusive, also where objectives were missed', () => {
  const scene = judgeInput(usual);
  const verdict = (shards: readonly ShardRun[], objectives = scene.objectives) =>
    judge({ ...scene, objectives, run: { ...scene.run, shards } });
  assert.is(verdict([]).verdict, 'pass');
  assert.is(verdict([told({})]).verdict, 'pass');
  assert.is(verdict([told({})], { errorRate: 0 }).verdict, 'missed');
  for (const [what, change, problem] of table.filter(([, , text]) => text !== ''))
    for (const objectives of [scene.objectives, { errorRate: 0 }]) {
      const judged = verdict([told({}), told(change)], objectives);
      assert.is(judged.verdict, 'inconclusive', what);
      assert.is(judged.reasons[0], `shard 2 of 4: ${problem}`);
      assert.is(judged.shards.length, 2);
    }
});

t('every format shows a row for each shard, and none where one sent the load', () => {
  const scene = judgeInput(usual);
  const judged = (shards: readonly ShardRun[]) => judge({ ...scene, run: { ...scene.run, shards } });
  const lost = told({ outcome: 'missing', exitCode: null, requests: 0, iterations: 0, firstAt: undefined });
  const killed = told({ outcome: 'failed', exitCode: null });
  const [load, alone] = [judged([told({}), lost, killed]), judged([])];
  for (const render of [(each: typeof load) => loadText(each, PLAIN), markdownObjectives, htmlObjectives]) {
    const text = render(load)
      .replace(/<[^>]*>/g, ' ')
      .replace(/[*·: ]+/g, ' ');
    const [planned, figures] = text.includes('planned 485')
      ? [
          'planned 485 begun',
          (...all: string[]) => `${all[0]} requests ${all[0]} dropped 0 first request after the start ${all[1]} exit ${all[2]}`,
        ]
      : ['485', (...all: string[]) => `${all[0]} ${all[0]} 0 ${all[1]} ${all[2]}`];
    assert.match(text, `2 of 4 ${planned} ${figures('485', '10.0 ms', '0')}`);
    assert.match(text, `2 of 4 ${planned} ${figures('0', '–', 'missing')}`);
    assert.match(text, `2 of 4 ${planned} ${figures('485', '10.0 ms', 'killed')}`);
    assert.not.match(render(alone), 'first request after');
  }
});

t.run();
