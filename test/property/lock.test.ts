/** The lock of a stack under every order of calls that chance thinks of: the real protocol on an SSM that answers one call at a time. */
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { CloudError, ReconcileError } from '../../reconciler/errors.ts';
import { whileLocked } from '../../reconciler/run/lock.ts';
import type { Entry } from '../../reconciler/run/lock-parameter.ts';
import type { Preview, Session } from '../../reconciler/run/pipeline.ts';
import { suite } from '../support/suite.ts';

const t = suite('property/lock');
const NOW = Date.parse('2026-01-01T12:00:00Z');

interface Input {
  readonly Name: string;
  readonly Value?: string;
  readonly Overwrite?: boolean;
}

/** Versions are numbered from 1 and gone with the parameter (SSM API reference, PutParameter and DeleteParameter). */
function openSsm(now: () => number) {
  let versions: string[] = [];
  let writtenAt = 0;
  const refuse = (code: 'ParameterNotFound' | 'ParameterAlreadyExists'): never => {
    throw new CloudError('ssm', code, code === 'ParameterNotFound' ? 'NotFound' : 'Exists', code);
  };
  const answer = (op: string, { Name, Value = '', Overwrite }: Input): unknown => {
    const [, version] = /:(\d+)$/.exec(Name) ?? [];
    if (op === 'ssm:PutParameter') {
      if (versions.length > 0 && Overwrite !== true) refuse('ParameterAlreadyExists');
      versions.push(Value);
      writtenAt = now();
      return { Version: versions.length };
    }
    if (versions.length === 0) refuse('ParameterNotFound');
    if (op === 'ssm:DeleteParameter') {
      versions = [];
      return {};
    }
    const at = version === undefined ? versions.length : Number(version);
    const found = versions[at - 1] ?? refuse('ParameterNotFound');
    return {
      AnsweredAt: new Date(now()).toISOString(),
      Parameter: { Value: found, Version: at, LastModifiedDate: new Date(writtenAt).toISOString() },
    };
  };
  return {
    answer,
    put: (entry: Partial<Entry>, at: number) => {
      versions.push(JSON.stringify(entry));
      writtenAt = at;
    },
    left: () => versions.at(-1),
  };
}

const planned = { plan: { stack: 'shop', steps: [{}] } } as unknown as Preview;

/** Time stands still: nobody renews, and nobody waits. Each machine's clock is wrong in its own way. */
const clockOff = (skew: number) => ({
  now: () => NOW + skew,
  random: () => 0.5,
  sleep: (_ms: number, signal?: AbortSignal) =>
    new Promise<void>((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
});

async function race(
  s: fc.Scheduler,
  racers: number,
  longest: number,
  skews: readonly number[],
  age = 16 * 60_000,
): Promise<{ most: number; entered: number; left: string | undefined; ends: string[] }> {
  const ssm = openSsm(() => NOW);
  ssm.put({ version: 1, id: 'old', holder: 'old', run: '', since: '' }, NOW - age);
  let [inside, most, entered] = [0, 0, 0];
  const one = async (index: number): Promise<string> => {
    const call = async (op: string, input: Input) => {
      // A call has its effect at one moment, and its answer arrives at another.
      await s.schedule(Promise.resolve(), `${index} ${op}`);
      let [answer, thrown]: [unknown, unknown] = [undefined, undefined];
      try {
        answer = ssm.answer(op, input);
      } catch (error) {
        thrown = error;
      }
      await s.schedule(Promise.resolve(), `${index} answer`);
      if (thrown !== undefined) throw thrown;
      return answer;
    };
    const clock = clockOff(skews[index % skews.length] ?? 0);
    const session = { cloud: { call }, clock, emit: () => {}, signal: new AbortController().signal } as unknown as Session;
    try {
      await whileLocked(
        planned,
        session,
        { holder: `racer ${index}`, run: '', wait: 0, force: false },
        async () => planned,
        async () => {
          entered++;
          most = Math.max(most, ++inside);
          for (let step = 0; step < longest; step++) await s.schedule(Promise.resolve(), `${index} works`);
          inside--;
        },
      );
      return '';
    } catch (thrown) {
      return thrown instanceof ReconcileError ? thrown.code : String(thrown);
    }
  };
  const all = Promise.all(Array.from({ length: racers }, (_, index) => one(index)));
  const ends = await s.waitFor(all);
  return { most, entered, left: ssm.left(), ends };
}

/** Up to a day, both ways (ms). */
const SKEWS = fc.array(fc.integer({ min: -86_400_000, max: 86_400_000 }), { minLength: 1, maxLength: 5 });

t('a lock that was renewed within its lease is taken by nobody, whatever their clocks say', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.integer({ min: 1, max: 4 }),
      SKEWS,
      fc.integer({ min: 0, max: 15 * 60_000 }),
      async (s, racers, skews, age) => {
        const { entered, left, ends } = await race(s, racers, 1, skews, age);
        assert.is(entered, 0);
        assert.equal(new Set(ends), new Set(['Locked']));
        assert.is(JSON.parse(left ?? '{}').id, 'old');
      },
    ),
    { numRuns: process.env['ALBEDO_ALL'] === '1' ? 20_000 : 500 },
  );
});

t('of many that find an ended lock, never two are inside at once, one is, and nothing is left', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.integer({ min: 2, max: 5 }),
      fc.integer({ min: 0, max: 6 }),
      SKEWS,
      async (s, racers, longest, skews) => {
        const { most, entered, left, ends } = await race(s, racers, longest, skews);
        assert.is(most, 1, `${most} at once`);
        assert.ok(entered >= 1, 'nobody got it');
        assert.equal(
          ends.filter((end) => end !== '' && end !== 'Locked'),
          [],
        );
        assert.is(left, undefined, 'something is left');
      },
    ),
    { numRuns: process.env['ALBEDO_ALL'] === '1' ? 50_000 : 2000 },
  );
});

t.run();
