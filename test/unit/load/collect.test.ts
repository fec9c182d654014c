/** What other machines hand in: merged when it is good, and no reason to believe anything when it is not. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { ReconcileError } from '../../../reconciler/errors.ts';
import { type CollectInput, collectShards, missingPart, readMeasured } from '../../../reconciler/load/collect.ts';
import { judgeInTurn } from '../../../reconciler/load/judge-in-turn.ts';
import { type LoadPlan, plainText, readLoadPlan, readSlip, type ShardSlip } from '../../../reconciler/load/load-plan.ts';
import { mergeParts, type Part } from '../../../reconciler/load/merge.ts';
import { readPoints } from '../../../reconciler/load/points.ts';
import { shardDoubts, shardsOf } from '../../../reconciler/load/shards.ts';
import type { LoadRun, LoadSettings } from '../../../reconciler/load/types.ts';
import { suite } from '../../support/suite.ts';
import { T0 } from './samples.ts';
import { twoFaults } from './two-faults.ts';

const t = suite('collect');
const ID = '0123456789abcdef0123456789abcdef';
const settings: LoadSettings = { script: 'k6/load.ts', rate: 20, duration: 1, path: '/', timeout: 0.1 };
const planAt = (startAt: number): LoadPlan => ({
  ...{ version: 1, id: ID, stack: 'shop', startAt, shards: 2, settings, dnsName: 'shop.example' },
  ...{ listener: { name: 'http', protocol: 'HTTP', port: 80 }, hosts: {} },
});
const slip = (shard: number, change: Partial<Record<keyof ShardSlip | 'more', unknown>> = {}): string =>
  JSON.stringify({
    ...{ version: 1, plan: ID, shard, k6: '2.2.0', outcome: 'done', exitCode: 0, exceptions: 0, thresholds: [], said: '' },
    ...change,
  });
const HEADER = 'metric_name,timestamp,metric_value,error_code,expected_response,method,name,scenario,status,extra_tags,metadata';
const pointsOf = (startAt: number, shard: number): string =>
  `${[
    HEADER,
    ...Array.from(
      { length: 10 },
      (_, n) =>
        `albedo_request,${startAt + n * 100 + shard * 50},5,0,,,,load,200,instance=i-0aaaaaaaaaaaaaaa${shard},\niterations,${startAt},1,,,,,load,,,`,
    ),
  ].join('\n')}\n`;

interface World {
  readonly folder: string;
  readonly startAt: number;
  /** Happens once somebody has slept until then. */
  readonly at: (time: number, what: () => void) => void;
}
type Change = (world: World) => void;

/** Shard 1 as it should be, shard 2 in a folder of its own and as `change` leaves it. */
async function collect(change: Change = () => undefined, more: Partial<CollectInput> = {}): Promise<LoadRun> {
  const folder = mkdtempSync(join(tmpdir(), 'albedo-points-'));
  try {
    const startAt = T0 + 500;
    let now = T0;
    let due: [time: number, what: () => void][] = [];
    const clock = {
      now: () => now,
      async sleep(ms: number) {
        now += ms;
        for (const [time, what] of due) if (time <= now) what();
        due = due.filter(([time]) => time > now);
      },
    };
    mkdirSync(join(folder, 'load-2'));
    for (const [shard, place] of [
      [1, folder],
      [2, join(folder, 'load-2')],
    ] as const) {
      writeFileSync(join(place, `shard-${shard}.json`), slip(shard));
      writeFileSync(join(place, `points-${shard}.csv.gz`), gzipSync(pointsOf(startAt, shard)));
    }
    change({ folder, startAt, at: (time, what) => void due.push([time, what]) });
    return await collectShards({
      ...{ clock, plan: planAt(startAt), folder, waitMs: 100, settings, dnsName: 'shop.example', emit: () => undefined },
      ...more,
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

t('the parts of all machines are one load, and the start is the one that was agreed', async () => {
  const starts: number[] = [];
  const run = await collect(undefined, { onStart: (at) => starts.push(at) });
  assert.is(run.outcome, 'done');
  assert.equal(shardDoubts(run.shards), []);
  assert.is(run.samples.length, 20);
  assert.is(run.version, '2.2.0');
  const [first, second] = [...run.samples];
  assert.equal([first?.instance, second?.instance], ['i-0aaaaaaaaaaaaaaa1', 'i-0aaaaaaaaaaaaaaa2']);
  assert.equal(
    run.shards.map(({ planned, iterations, startOffsetMs }) => [planned, iterations, startOffsetMs]),
    [
      [10, 10, 45],
      [10, 10, 95],
    ],
  );
  assert.is(starts.length, 1);
});

const second =
  (name: string, content: string | Uint8Array): Change =>
  ({ folder }) =>
    writeFileSync(join(folder, 'load-2', name), content);
const points =
  (text: (startAt: number) => string): Change =>
  (world) =>
    second('points-2.csv.gz', gzipSync(text(world.startAt)))(world);
const link =
  (name: string): Change =>
  ({ folder }) => {
    const path = join(folder, 'load-2', name);
    rmSync(path);
    symlinkSync(join(folder, name.replace('2', '1')), path);
  };
const row = (at: number, value: string, instance = ''): string => `albedo_request,${at},${value},0,,,,load,200,instance=${instance},\n`;

// Made beforehand: the start that was agreed is soon.
const BOMB = gzipSync(Buffer.alloc(65 * 1024 * 1024, 'x,\n'));
const ENDLESS = gzipSync(`${HEADER}\n${'x'.repeat(3 << 20)}`);

const bad: [string, Change, RegExp][] = [
  ['nothing came', ({ folder }) => rmSync(join(folder, 'load-2'), { recursive: true }), /^its points are missing$/],
  ['no slip', ({ folder }) => rmSync(join(folder, 'load-2/shard-2.json')), /^its points are missing$/],
  ['no points', ({ folder }) => rmSync(join(folder, 'load-2/points-2.csv.gz')), /^its points are missing$/],
  ['a slip that is a link', link('shard-2.json'), /^its files cannot be read: it is a link/],
  ['points that are a link', link('points-2.csv.gz'), /^its files cannot be read: it is a link/],
  ['no JSON', second('shard-2.json', '{'), /does not have the format that albedo writes: it is not a JSON object$/],
  [
    'a slip that is too long',
    second('shard-2.json', slip(2, { said: 'x'.repeat(20_000) })),
    /^its files cannot be read: it has over 16 KiB/,
  ],
  ['a word that is too long', second('shard-2.json', slip(2, { said: 'x'.repeat(600) })), /format that albedo writes: said$/],
  ['a control character', second('shard-2.json', slip(2, { said: 'a\u001b[2J' })), /format that albedo writes: said$/],
  ['a name more', second('shard-2.json', slip(2, { more: 1 })), /format that albedo writes: an unknown name$/],
  ['another plan', second('shard-2.json', slip(2, { plan: ID.replace('0', 'f') })), /^it belongs to another load plan$/],
  ['another shard', second('shard-2.json', slip(1)), /^its shard-2.json belongs to shard 1$/],
  [
    'k6 failed',
    second('shard-2.json', slip(2, { outcome: 'failed', exitCode: 109 })),
    /^k6 ended as failed \(exit status 109, k6 itself crashed\)\. Report it to k6$/,
  ],
  ['points that are no gzip', second('points-2.csv.gz', 'no'), /^its files cannot be read: incorrect header check/],
  [
    'cut off',
    second('points-2.csv.gz', gzipSync(pointsOf(Date.now(), 2)).subarray(0, 40)),
    /^its files cannot be read: unexpected end of file/,
  ],
  ['a bomb', second('points-2.csv.gz', BOMB), /^its files cannot be read: its points have over 64 MiB/],
  ['one endless row', second('points-2.csv.gz', ENDLESS), /rows of its points cannot be read$/],
  ['a request of another year', points((at) => pointsOf(at, 2) + row(1e15, '5')), /^1 rows of its points cannot be read$/],
  ['a request before all', points((at) => pointsOf(at, 2) + row(at, '1e12')), /^1 rows of its points cannot be read$/],
  ['one that took less than no time', points((at) => pointsOf(at, 2) + row(at, '-5')), /^1 rows of its points cannot be read$/],
  ['too few requests', points((at) => pointsOf(at, 2).split('\n').slice(0, 9).concat('').join('\n')), /^it started 4 of 10 iterations$/],
];
for (const [what, change, problem] of bad)
  t(`not believed: ${what}`, async () => {
    const run = await collect(change);
    assert.match(run.shards[1]?.problem ?? '', problem, JSON.stringify(run.shards[1]));
    assert.is(run.shards[0]?.problem, '', 'the other one is good');
    assert.is(shardDoubts(run.shards).length, 1);
  });

t(
  'a list of experiments is judged from the files of three shards as from one that sent it all; without one of them nothing is proven',
  async () => {
    const input = twoFaults();
    const { settings: asked } = input;
    const samples = [...input.run.samples];
    const folder = mkdtempSync(join(tmpdir(), 'albedo-points-'));
    try {
      const judged = async (left: number) => {
        const points = readPoints();
        const parts: Part[] = [];
        for (const shard of shardsOf(3, asked)) {
          const rows = samples.flatMap(({ at, ms, status, errorCode, instance }, n) =>
            n % 3 === shard.shard - 1
              ? [
                  `albedo_request,${at + ms},${ms},${errorCode},,,,load,${status},instance=${instance},`,
                  `iterations,${at + ms},1,,,,,load,,,`,
                ]
              : [],
          );
          const path = join(folder, shard.pointsFile);
          writeFileSync(path, gzipSync(`${[HEADER, ...rows].join('\n')}\n`));
          if (shard.shard === left) parts.push(missingPart(shard, false));
          else {
            const { told, objection } = await readMeasured(path, shard, T0, asked, points.file.bind(points));
            const ended = { outcome: 'done', exitCode: 0, exceptions: 0, said: '', thresholds: [], log: [], calledOff: false } as const;
            parts.push({ ...ended, shard, file: told, objection });
          }
        }
        const times = { version: input.run.version, startAt: T0, begunAt: T0, now: T0 };
        return judgeInTurn({ ...input, run: mergeParts(points.end(), parts, asked, times) });
      };
      const { shards, ...whole } = await judged(0);
      const { shards: _, ...alone } = judgeInTurn(input);
      assert.equal(whole, alone);
      assert.equal(
        shards.map(({ requests, problem }) => [requests, problem]),
        [
          [2000, ''],
          [2000, ''],
          [2000, ''],
        ],
      );
      const part = await judged(2);
      assert.equal([part.verdict, part.experiments?.map(({ verdict }) => verdict)], ['inconclusive', ['inconclusive', 'inconclusive']]);
      assert.is(part.reasons.filter((each) => each.includes('shard 2 of 3: its points are missing')).length, 1, 'once, and not for each');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
);

t('a name that is none does not get into the report', async () => {
  const run = await collect(points((at) => pointsOf(at, 2) + row(at + 50, '5', '<b>x</b>')));
  assert.equal([...new Set([...run.samples].map(({ instance }) => instance))].sort(), ['', 'i-0aaaaaaaaaaaaaaa1', 'i-0aaaaaaaaaaaaaaa2']);
});

t('what comes late is waited for, and a second look finds it', async () => {
  const run = await collect(
    (world) => {
      const { folder, startAt } = world;
      rmSync(join(folder, 'load-2'), { recursive: true });
      world.at(startAt + 5000, () => {
        mkdirSync(join(folder, 'load-2'));
        second('shard-2.json', slip(2))(world);
        points((at) => pointsOf(at, 2))(world);
      });
    },
    { waitMs: 20_000 },
  );
  assert.equal(shardDoubts(run.shards), []);
});

t('a plan of another load, load balancer, bound or time is refused', async () => {
  const attempt = async (more: Partial<CollectInput>): Promise<string> => {
    try {
      await collect(undefined, more);
      return 'nothing was thrown';
    } catch (thrown) {
      return thrown instanceof ReconcileError ? thrown.message : String(thrown);
    }
  };
  assert.match(await attempt({ settings: { ...settings, rate: 21 } }), 'has a different load than the spec');
  assert.match(await attempt({ dnsName: 'other.example' }), 'sends to a different load balancer');
  assert.match(await attempt({ most: 5 }), 'not limited to the 5 requests per second');
  assert.match(await attempt({ plan: { ...planAt(T0 + 500), most: 30 }, most: 20 }), 'not limited to the 20');
  assert.is(await attempt({ plan: { ...planAt(T0 + 500), most: 20 }, most: 20 }), 'nothing was thrown');
  assert.match(await attempt({ plan: planAt(T0 - 5000) }), /started 5 s ago/);
});

t('a plan is read strictly', () => {
  const good = planAt(1_796_000_000_000);
  assert.equal(readLoadPlan(JSON.stringify(good)), good);
  const wrong: [string, unknown][] = [
    ['version', 2],
    ['id', 'ABC'],
    ['stack', 'a b'],
    ['startAt', -1],
    ['startAt', 1.5],
    ['shards', 1],
    ['shards', 257],
    ['dnsName', 'a/b'],
    ['listener', { name: 'x', protocol: 'FTP', port: 80 }],
    ['hosts', { a: 1 }],
    ['most', 0],
    ['settings', []],
    ['more', 1],
  ];
  for (const [key, value] of wrong)
    assert.throws(
      () => readLoadPlan(JSON.stringify({ ...good, [key]: value })),
      (error: Error) =>
        error.message.startsWith('the load plan cannot be used: ') && error.message.endsWith(key === 'more' ? 'unknown name' : key),
    );
  assert.throws(() => readLoadPlan('no'), /it is not a JSON object/);
});

t('what is written is what is read', () => {
  const said = plainText('a\u001b[2J\nb'.repeat(200), 500);
  assert.equal(readSlip(slip(2, { said, exitCode: null }), { id: ID }, 2), JSON.parse(slip(2, { said, exitCode: null })));
});

t.run();
