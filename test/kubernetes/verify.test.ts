/** The command itself: a stack of the sandbox that is loaded by the pods of a cluster while an instance is stopped. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { Report } from '../../reconciler/report/report.ts';
import { type Bench as Aws, contractSuite, type Spec, withAt } from '../support/contract-bench.ts';
import { until } from '../support/faults-cli.ts';
import { sampled } from '../support/sample.ts';
import { left } from './bench.ts';
import { missing } from './cluster.ts';
import { running, spec, story } from './story.ts';

const lacking = missing();
const t = contractSuite('verify from a cluster');

/** Two experiments, with time between them for the steady state. */
const inTurn = (): Spec => {
  const { chaos: _, ...rest } = withAt(spec(), ['load', 'duration'], '60s') as unknown as Record<string, unknown>;
  const fault = { deregisterTarget: { from: 'web', at: '3s', for: '3s' } };
  return { ...rest, experiments: [fault, fault] } as unknown as Spec;
};

/** What the page shows at a moment. */
interface Seen {
  readonly title: string;
  /** So far, of all. */
  readonly requests: number;
  /** A second, by instance. */
  readonly rates: Readonly<Record<string, number>>;
  readonly result: string;
}

/** The page as a browser has it: the token becomes a cookie, and the parts of the page come as server-sent events. */
async function openPage(address: string) {
  const opened = await fetch(address, { redirect: 'manual' });
  assert.is(opened.status, 303);
  const cookie = (opened.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  const { origin } = new URL(address);
  assert.is((await fetch(`${origin}/events`)).status, 401, 'not without the token');
  const quit = new AbortController();
  const get = (path: string) => fetch(`${origin}${path}`, { headers: { cookie }, signal: quit.signal });
  return {
    get: async (path: string) => (await get(path)).text(),
    close: () => quit.abort(),
    /** Until `take` has seen enough. */
    async watch(take: (seen: Seen) => boolean): Promise<void> {
      const parts: Record<string, string> = {};
      let rest = '';
      for await (const piece of (await get('/events')).body as unknown as AsyncIterable<Uint8Array>) {
        const messages = (rest + Buffer.from(piece).toString()).split('\n\n');
        rest = messages.pop() ?? '';
        for (const message of messages) {
          if (!message.startsWith('data: ')) continue;
          const news = JSON.parse(message.slice(6)) as { readonly parts: Record<string, string>; readonly title: string };
          Object.assign(parts, news.parts);
          if (take(seenIn(parts, news.title))) return;
        }
      }
      throw new Error('the page ended');
    },
  };
}

function seenIn({ tiles = '', stage = '', result = '' }: Readonly<Record<string, string>>, title: string): Seen {
  const [, requests = '0'] = / of ([\d,.\s]+) so far/.exec(tiles) ?? [];
  const rows = [...stage.matchAll(/<span class="note mono">(\S+) [^<]*<\/span>.*?<td class="number">([\d.]+)\/s/g)];
  return {
    title,
    requests: Number(requests.replace(/\D/g, '')),
    rates: Object.fromEntries(rows.map(([, id = '', rate]) => [id, Number(rate)])),
    result,
  };
}

const CASES: [string, (aws: Aws) => Promise<void>][] = [];
const rare = (...entry: (typeof CASES)[number]): void => void CASES.push(entry);

if (lacking === '') {
  rare('the verdict is the one that processes of this machine would give, with a row for each pod', (aws) =>
    story(aws, 'verify', async (bench, start, place) => {
      const ended = await start().ended;
      assert.is(ended.code, 0, ended.stdout + ended.stderr);
      const { load } = JSON.parse(readFileSync(join(place.folder, 'out', 'report.json'), 'utf8')) as Report;
      assert.is(load?.verdict, 'pass', load?.reasons.join('; '));
      assert.ok(Math.abs((load?.overall.count ?? 0) - 600) <= 2, `${load?.overall.count} requests`);
      assert.equal(
        load?.shards.map(({ planned, exitCode, problem }) => [planned, exitCode, problem]),
        [
          [300, 0, ''],
          [300, 0, ''],
        ],
      );
      assert.ok(load?.marks.stop !== null && load?.marks.start !== null, 'an instance was stopped and started');
      assert.match(ended.stderr, /2 pods send for another \d+ s/);
      const seen = [...ended.stderr.matchAll(/… (\d+) of 30 s: (\d+) requests, \d+ failed$/gm)].map((line) => Number(line[2]));
      assert.ok(
        seen.some((requests) => requests > 50 && requests < 590),
        `it was seen while it ran: ${seen}`,
      );
      assert.equal(left(bench, 'verify'), []);
    }),
  );

  rare('between two experiments the requests of the pods count, and apply --verify is the same test', (aws) =>
    story(
      aws,
      'in-turn',
      async (bench, start, place) => {
        place.file('environment.yaml', 'loadPods: { labels: { example.com/team: shop } }\n');
        const command = start('--verify');
        await command.says(/pods send for another/);
        const team = ['get', 'pods', '-n', 'in-turn', '-l', 'example.com/team=shop', '-o', 'name'];
        assert.is(
          bench.cluster
            .kubectl(...team)
            .trim()
            .split('\n').length,
          2,
          'the pods of the environment',
        );
        const ended = await command.ended;
        assert.is(ended.code, 0, ended.stdout + ended.stderr);
        assert.match(ended.stdout, /idleTimeout/, 'it was changed before');
        const { load } = JSON.parse(readFileSync(join(place.folder, 'out', 'report.json'), 'utf8')) as Report;
        assert.is(load?.verdict, 'pass', load?.reasons.join('; '));
        assert.is(load?.experiments?.length, 2);
        assert.is(load?.shards.length, 2);
        assert.match(ended.stderr, 'the steady state has returned; experiment 2 of 2');
        assert.equal(left(bench, 'in-turn'), []);
      },
      { command: 'apply', asked: withAt(inTurn(), ['loadBalancer', 'idleTimeout'], '75s'), live: inTurn() },
    ),
  );

  rare('a page shows what each instance answers while the pods send, and the report in the end', (aws) =>
    story(aws, 'page', async (bench, start, place) => {
      const command = start('--ui', '--port', '0');
      const [, text = ''] = await command.prints(/^Open (\S+)$/m);
      const seen: { readonly page: Seen; readonly pods: number }[] = [];
      const page = await openPage(text);
      try {
        await page.watch((now) => {
          seen.push({ page: now, pods: bench.kubelet.running().length });
          return now.title === 'webserver: pass' || now.title === 'webserver: missed' || now.title === 'webserver: inconclusive';
        });
        const last = seen.at(-1)?.page;
        assert.is(last?.title, 'webserver: pass', command.said());
        assert.match(last?.result ?? '', 'The report as one file');
        assert.match(await page.get('/report.html'), /webserver/);
      } finally {
        page.close();
      }
      const sending = seen.filter(({ pods, page: { requests } }) => pods === 2 && requests > 0).map((each) => each.page);
      const counts = [...new Set(sending.map(({ requests }) => requests))];
      assert.equal(
        counts,
        [...counts].sort((a, b) => a - b),
        'requests never become fewer',
      );
      assert.ok(counts.length >= 10 && (counts[0] ?? 0) < 300, `seen while the pods ran: ${counts}`);
      const ids = [...new Set(sending.flatMap(({ rates }) => Object.keys(rates)))];
      assert.is(ids.length, 2);
      assert.ok(
        seen.some(({ page: { rates } }) => Object.values(rates).every((rate) => rate === 0)),
        'nothing before the load',
      );
      for (const id of ids)
        assert.ok(
          sending.some(({ rates }) => (rates[id] ?? 0) > 5),
          `${id} has answered its part`,
        );
      assert.ok(
        sending.some(({ rates }) => Object.values(rates).some((rate) => rate === 0) && Object.values(rates).some((rate) => rate > 12)),
        'one has answered for both while the other was stopped',
      );
      assert.not.match((await command.prints(/Open .*$/m))[0], 'in use');
      command.signal('SIGINT');
      const ended = await command.ended;
      assert.is(ended.code, 0, ended.stdout + ended.stderr);
      assert.equal(left(bench, 'page'), []);
      // A port that is taken is named.
      const other = start('--ui', '--port', String(bench.port));
      assert.match((await other.prints(/Open .*$/m))[0], ` (port ${bench.port} is in use)`);
      other.signal('SIGINT');
      await other.ended;
      assert.equal(left(bench, 'page'), []);
      await until('the end of all processes', () => place.left().length === 0, 20_000);
      assert.is(await running(aws), 2);
    }),
  );

  rare('a pod that fails is inconclusive, and what was stopped is started', (aws) =>
    story(aws, 'failing', async (bench, start) => {
      const command = start();
      await command.says(/pods send for another/);
      bench.kubelet.kill(/^albedo-webserver-\w+-1-/);
      const ended = await command.ended;
      assert.is(ended.code, 9, ended.stdout + ended.stderr);
      assert.match(ended.stdout, 'shard 2 of 2: its pod ended: OOMKilled');
      assert.equal(left(bench, 'failing'), []);
      // The load ends at once, so the process that watches over the fault waits for the instance.
      for (const end = Date.now() + 60_000; Date.now() < end && (await running(aws)) !== 2; )
        await new Promise((resolve) => setTimeout(resolve, 500));
      assert.is(await running(aws), 2);
    }),
  );

  for (const [name, act] of sampled(CASES, 4)) t(name, act);
} else t(`left out, for want of ${lacking}`, () => undefined);

t.run();
