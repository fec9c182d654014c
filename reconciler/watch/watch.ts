/** A page to watch one stack: its health at all times, load and experiments on the press of a button. */

import { type Fault, faultsOf } from '../chaos/experiments.ts';
import { ReconcileError } from '../errors.ts';
import type { Sender } from '../load/engines/form.ts';
import type { LoadSettings } from '../load/types.ts';
import { renderHtml } from '../report/html.ts';
import type { Action } from '../report/page/live.ts';
import type { Report } from '../report/report.ts';
import { preview, type Session } from '../run/pipeline.ts';
import type { Emit } from '../run/port.ts';
import { withFolder } from '../run/report-files.ts';
import type { NamedSpec } from '../run/specs.ts';
import { mostRequests, requireVerifyAllowed } from '../run/verify-terms.ts';
import { readHealth, stageOf } from '../verify/stage.ts';
import { verifyTarget } from '../verify/target.ts';
import { createFeed } from './feed.ts';
import { servePage } from './server.ts';
import { stickyProbe } from './sticky.ts';

const HEALTH_MS = 1000;
/** Load that a button started ends after this many seconds: a forgotten page must not send forever. */
const LONGEST_LOAD = 600;
const MOST_RATE = 10_000;

export interface WatchInput {
  readonly named: NamedSpec;
  readonly session: Session;
  readonly hosts: () => Readonly<Record<string, string>>;
  readonly port?: number;
  /** Who sends the load of the buttons. */
  readonly sender: Sender;
  /** Starts with the load and the experiments of the spec. */
  readonly first: boolean;
  /** Verifies the stack and returns its report; null if it was interrupted. */
  readonly verify: (named: NamedSpec, emit: Emit, signal: AbortSignal) => Promise<Report | null>;
  /** Called with the address of the page once it is served. */
  readonly ready: (address: string, port: number) => void;
}

/** Serves the page until the session is interrupted. Returns the report of the last run, or null. */
export async function watch(input: WatchInput): Promise<Report | null> {
  const { named, session } = input;
  const { spec } = named;
  const { load: settings, objectives } = spec.settings;
  const { observation } = await preview(spec, session);
  const target = () => verifyTarget(spec.stack, observation, input.hosts());
  const now = (): number => session.clock.now();
  const faults = faultsOf(spec.settings);
  /** Index of the experiment that the button runs next; after the last one, the first again. */
  let next = 0;
  const nextText = (): string => {
    const fault = faults[next];
    if (fault === undefined) return '';
    const { experiment, settings: said } = fault;
    const what = `${experiment.words.verb} ${said.instance ?? said.target ?? `one of ${said.from}`}`;
    return faults.length === 1 ? what : `${next + 1} of ${faults.length}: ${what}`;
  };
  const feed = createFeed({
    ...{ stack: spec.stack.name, region: spec.stack.region },
    stage: stageOf(target(), new Map(), {}),
    experiment: nextText(),
    ...(objectives.p95 === undefined ? {} : { p95Limit: objectives.p95 }),
  });
  const sticky = stickyProbe(now);
  let rate = settings.rate;
  let asking = false;
  let last: Report | null = null;
  let under:
    | {
        readonly kind: 'load' | 'verify';
        readonly stop: () => void;
        readonly change?: (rate: number) => void;
        readonly done: Promise<void>;
      }
    | undefined;

  const can = (): readonly Action[] => {
    const probes: readonly Action[] = asking ? [] : ['probe', 'forget'];
    if (under === undefined) return ['start', ...(faults.length === 0 ? [] : (['experiment'] as const)), ...probes];
    return under.kind === 'load' ? ['stop', 'rate', ...probes] : ['stop', ...probes];
  };
  const emit: Emit = (event) => {
    session.emit(event);
    feed.see(event, now());
  };
  const begin = (kind: 'load' | 'verify', work: (signal: AbortSignal) => Promise<void>, change?: (rate: number) => void): void => {
    const quit = new AbortController();
    const done = work(AbortSignal.any([session.signal, quit.signal]))
      .catch((thrown: unknown) =>
        feed.say(`It ended with an error: ${thrown instanceof Error ? thrown.message : String(thrown)}`, now(), 'bad'),
      )
      .finally(() => {
        quit.abort();
        under = undefined;
      });
    under = {
      kind,
      done,
      stop: () => quit.abort(new ReconcileError('Interrupted', 'stopped on the page')),
      ...(change === undefined ? {} : { change }),
    };
  };

  /** The load policy of the folder applies to the buttons too. */
  const requireAllowed = (asked: number): void =>
    requireVerifyAllowed(spec.stack.name, { ...spec.settings, load: { ...settings, rate: asked } }, named.policy, now());

  /** Load only, without a verdict. A new rate starts another k6, which replaces the one before. */
  const startLoad = (): void => {
    requireAllowed(rate);
    const most = mostRequests(named.policy);
    feed.begin(rate, LONGEST_LOAD);
    feed.say(`${rate} requests per second to ${target().dnsName}, until you stop it, for at most ${LONGEST_LOAD / 60} minutes`, now());
    let change: (rate: number) => void = () => undefined;
    begin(
      'load',
      (signal) =>
        withFolder(undefined, async (folder) => {
          const until = now() + LONGEST_LOAD * 1000;
          const runs = new Set<Promise<unknown>>();
          let current: AbortController | undefined;
          const run = (asked: number): void => {
            const before = current;
            const enough = new AbortController();
            current = enough;
            const wanted: LoadSettings = { ...settings, rate: asked, duration: Math.max(1, Math.round((until - now()) / 1000)) };
            const begun = input.sender
              .send({
                ...{ environment: session.env, target: target(), settings: wanted, signal: AbortSignal.any([signal, enough.signal]) },
                ...(most === undefined ? {} : { most }),
                ...(named.loadPods === undefined ? {} : { pods: named.loadPods }),
                outDir: `${folder}/${runs.size}`,
                // The progress of two runs at once would be mixed up.
                emit: (event) => event.kind === 'load-progress' || emit(event),
                onStart: () => before?.abort(),
              })
              .finally(() => before?.abort());
            // Reported when it is awaited, below.
            begun.catch(() => undefined);
            runs.add(begun);
          };
          change = (asked) => {
            requireAllowed(asked);
            feed.asks(asked);
            feed.say(`now ${asked} requests per second`, now());
            run(asked);
          };
          run(rate);
          // Runs are added during this loop, with each new rate.
          for (const each of runs) await each;
          feed.end(null, 'The load has stopped.');
        }),
      (asked) => change(asked),
    );
  };

  /** Everything in the spec, or one of several experiments. */
  const startVerify = (alone?: Fault): void => {
    const { experiments: _, ...rest } = spec.settings;
    const asked = alone === undefined ? spec.settings : { ...rest, chaos: { [alone.experiment.name]: alone.settings } };
    // A changed rate or a single experiment is not what is committed: a pass with it is not a pass of the spec.
    const own =
      rate === settings.rate && alone === undefined
        ? named
        : { ...named, text: new Uint8Array(), spec: { ...spec, settings: { ...asked, load: { ...settings, rate } } } };
    feed.begin(rate, settings.duration);
    begin('verify', async (signal) => {
      last = await input.verify(own, emit, signal);
      feed.end(last, last === null ? 'It was stopped before it finished.' : `${last.headline}.`);
    });
  };

  const readRate = (value: string | undefined): number => {
    const asked = Number(value);
    if (value === undefined || value.trim() === '' || !Number.isFinite(asked) || asked <= 0 || asked > MOST_RATE)
      throw new Error(`The rate must be a number above 0, at most ${MOST_RATE}.`);
    return asked;
  };
  const acts: Readonly<Record<Action, (value: string | undefined) => Promise<void> | void>> = {
    start(value) {
      rate = readRate(value);
      startLoad();
    },
    experiment(value) {
      rate = readRate(value);
      startVerify(faults.length > 1 ? faults[next] : undefined);
      next = (next + 1) % Math.max(1, faults.length);
      feed.comesNext(nextText());
    },
    rate(value) {
      const asked = readRate(value);
      under?.change?.(asked);
      rate = asked;
    },
    stop: () => under?.stop(),
    async probe() {
      asking = true;
      try {
        feed.probed(await sticky.ask(target(), settings, session.signal));
      } finally {
        asking = false;
      }
    },
    forget() {
      sticky.forget();
      feed.probed({ path: settings.path, answers: [], cookies: [] });
    },
  };

  const server = await servePage({
    ...(input.port === undefined ? {} : { port: input.port }),
    scene: () => feed.scene(can(), now()),
    rate: () => rate,
    act: async (action, value) => acts[action](value),
    report: () => (last === null ? undefined : renderHtml(last)),
  });
  input.ready(server.address, server.port);
  if (input.first) startVerify();
  try {
    await lookOn();
  } finally {
    under?.stop();
    await under?.done;
    await server.close();
  }
  return last;

  /** Reads the health of the targets until the session is interrupted. A failing read is reported once. */
  async function lookOn(): Promise<void> {
    let blind = '';
    while (!session.signal.aborted) {
      try {
        const seen = target();
        feed.health(stageOf(seen, await readHealth(seen, session), {}), now());
        blind = '';
      } catch (thrown) {
        const text = thrown instanceof Error ? thrown.message : String(thrown);
        if (!session.signal.aborted && text !== blind) feed.say(`The health of the targets cannot be read: ${text}`, now(), 'doubt');
        blind = text;
      }
      await session.clock.sleep(HEALTH_MS, session.signal).catch(() => undefined);
    }
  }
}
