/** Collects what the page shows from the events of a run and the health of the targets in AWS. No clock and no I/O: pure except for its own state. */

import type { LiveSecond } from '../load/live.ts';
import type { JarView } from '../report/page/jar.ts';
import type { Action, Happening, Scene } from '../report/page/live.ts';
import type { Stage } from '../report/page/stage.ts';
import type { Report } from '../report/report.ts';
import type { Event } from '../run/events.ts';

/** Enough for a screen; the journal and the report have everything. */
const HAPPENINGS = 60;
const FAILED = 100;
/** Seconds that are drawn: more would be less than a pixel apart, and a day of watching must not fill the memory. */
const SECONDS = 3600;
/** Current figures are averages over this many whole seconds. */
const RECENT = 5;

export interface FeedInput {
  readonly stack: string;
  readonly region: string;
  readonly stage: Stage;
  /** What the next experiment does, as text; see `comesNext`. */
  readonly experiment: string;
  readonly p95Limit?: number;
}

export interface Feed {
  see(event: Event, at: number): void;
  /** The targets as AWS has them now; changes are listed as happenings. */
  health(stage: Stage, at: number): void;
  /** A load begins, and replaces the drawing of the previous one. `asked`: requests per second. */
  begin(asked: number, totalSeconds: number | null): void;
  asks(rate: number): void;
  /** What the next experiment does, from now on. */
  comesNext(experiment: string): void;
  end(report: Report | null, said: string): void;
  say(text: string, at?: number, tone?: Happening['tone']): void;
  probed(jar: JarView | null): void;
  /** `can`: the buttons that may be pressed. */
  scene(can: readonly Action[], at: number): Scene;
}

const none = (): LiveSecond => ({ second: 0, requests: 0, failed: 0, p95: null, byInstance: {} });

export function createFeed(input: FeedInput): Feed {
  let { stage, experiment } = input;
  let said = 'Nothing is running.';
  let report: Report | null = null;
  let jar: JarView | null = null;
  let happenings: Happening[] = [];
  let load: {
    asked: number;
    readonly total: number | null;
    /** When its first request was sent; milliseconds since the epoch. */
    from: number | undefined;
    /** By the start of their k6 run: a change of the rate starts another run. */
    readonly seconds: Map<number, Map<number, LiveSecond>>;
    requests: number;
    failed: number;
    recentlyFailed: Scene['load'] extends infer L ? (L extends { recentlyFailed: infer F } ? F : never) : never;
    marks: { text: string; at: number }[];
    faults: { from: number; to: number | undefined; readonly instanceId: string }[];
  } | null = null;

  const happen = (text: string, at: number, tone: Happening['tone']): void => {
    happenings = [{ at, text, tone }, ...happenings].slice(0, HAPPENINGS);
  };
  const broken = (): ReadonlySet<string> =>
    new Set(load?.faults.filter(({ to }) => to === undefined).map(({ instanceId }) => instanceId) ?? []);

  /** All runs of one load, second by second: the last hour, and the second that it begins with. */
  const merged = (): { readonly first: number; readonly all: LiveSecond[] } => {
    if (load?.from === undefined) return { first: 0, all: [] };
    const list: LiveSecond[] = [];
    const { from } = load;
    const shiftOf = (startedAt: number): number => Math.round((startedAt - from) / 1000);
    let last = 0;
    for (const [startedAt, seconds] of load.seconds)
      for (const second of seconds.keys()) last = Math.max(last, second + shiftOf(startedAt));
    const first = Math.max(0, last - SECONDS + 1);
    for (const [startedAt, seconds] of load.seconds) {
      const shift = shiftOf(startedAt) - first;
      for (const each of seconds.values()) {
        const at = each.second + shift;
        if (at < 0) continue;
        const before = list[at];
        const byInstance = { ...before?.byInstance };
        for (const [id, n] of Object.entries(each.byInstance)) byInstance[id] = (byInstance[id] ?? 0) + n;
        const p95 = before?.p95 == null ? each.p95 : each.p95 === null ? before.p95 : Math.max(before.p95, each.p95);
        list[at] = {
          second: at + first,
          requests: (before?.requests ?? 0) + each.requests,
          failed: (before?.failed ?? 0) + each.failed,
          p95,
          byInstance,
        };
      }
    }
    return { first, all: Array.from(list, (each) => each ?? none()) };
  };

  const takeSeconds = ({ startedAt, seconds, failed }: Extract<Event, { kind: 'load-seconds' }>): void => {
    if (load === null) return;
    load.from ??= startedAt;
    const own = load.seconds.get(startedAt) ?? new Map<number, LiveSecond>();
    load.seconds.set(startedAt, own);
    for (const each of seconds) {
      const before = own.get(each.second);
      load.requests += each.requests - (before?.requests ?? 0);
      load.failed += each.failed - (before?.failed ?? 0);
      own.set(each.second, each);
      own.delete(each.second - SECONDS);
    }
    const shift = (startedAt - load.from) / 1000;
    const shown = failed.map((each) => ({ ...each, second: each.second + shift }));
    load.recentlyFailed = [...shown.toReversed(), ...load.recentlyFailed].slice(0, FAILED);
  };

  const loadView = (at: number): Scene['load'] => {
    if (load === null) return null;
    const { first: begun, all } = merged();
    // The last second is not complete.
    const recent = all.slice(Math.max(0, all.length - 1 - RECENT), Math.max(1, all.length - 1));
    const sum = (of: (each: LiveSecond) => number): number => recent.reduce((total, each) => total + of(each), 0);
    const p95 = recent.map((each) => each.p95).filter((each) => each !== null);
    const { from } = load;
    const startedAt = (from ?? at) + begun * 1000;
    const ids = [...new Set([...stage.targets.map(({ id }) => id), ...all.flatMap((each) => Object.keys(each.byInstance))])];
    const series = {
      requests: all.map((each) => each.requests),
      failed: all.map((each) => each.failed),
      p95: all.map((each) => each.p95),
      byInstance: Object.fromEntries(ids.map((id) => [id, all.map((each) => each.byInstance[id] ?? 0)])),
    };
    const end = startedAt + all.length * 1000;
    const phases = load.faults
      .filter(({ to = end }) => !(to < startedAt))
      .map(({ from, to = end }) => ({ phase: 'during', from: Math.max(from, startedAt), to }));
    const first = phases[0];
    const marks = load.marks.filter((mark) => mark.at >= startedAt);
    return {
      chart: {
        ...{ series, startedAt, marks: marks.map((mark) => ({ text: mark.text, at: (mark.at - startedAt) / 1000 })) },
        phases: first === undefined ? [] : [{ phase: 'before', from: startedAt, to: first.from }, ...phases],
        ...(input.p95Limit === undefined ? {} : { p95Limit: input.p95Limit }),
      },
      ids,
      names: ids.map((id) => stage.targets.find((each) => each.id === id)?.name ?? id),
      rate: recent.length === 0 ? 0 : sum((each) => each.requests) / recent.length,
      errorRate:
        sum((each) => each.failed) /
        Math.max(
          1,
          sum((each) => each.requests),
        ),
      p95: p95.length === 0 ? null : Math.max(...p95),
      ...{ requests: load.requests, failed: load.failed, asked: load.asked },
      elapsedSeconds: from === undefined ? 0 : Math.min((at - from) / 1000, load.total ?? Number.POSITIVE_INFINITY),
      totalSeconds: load.total,
      recentlyFailed: load.recentlyFailed,
    };
  };

  return {
    see(event, at) {
      switch (event.kind) {
        case 'load-seconds':
          return takeSeconds(event);
        case 'phase':
          said = event.text;
          return happen(event.text, at, '');
        case 'warning':
          return happen(event.text, at, 'doubt');
        case 'chaos':
          if (load !== null && event.mark === 'fault') load.faults.push({ from: at, to: undefined, instanceId: event.instanceId ?? '' });
          if (load !== null && event.mark === 'undo') for (const each of load.faults) each.to ??= at;
          if (load !== null && event.mark !== undefined) load.marks.push({ text: event.text, at });
          return happen(event.text, at, event.mark === 'fault' ? 'bad' : event.mark === 'undo' ? 'good' : '');
        default:
          return;
      }
    },
    health(next, at) {
      // The run itself reports the health of the victim.
      const victims = new Set(load?.faults.map(({ instanceId }) => instanceId) ?? []);
      for (const target of next.targets) {
        const before = stage.targets.find(({ id, port, group }) => id === target.id && port === target.port && group === target.group);
        if (before?.health === target.health || (before?.health === '' && target.health === 'healthy') || victims.has(target.id)) continue;
        const why = target.reason === '' ? '' : ` (${target.reason})`;
        const tone = target.health === 'healthy' ? 'good' : 'bad';
        happen(`target of ${target.name} is ${target.health === '' ? 'not registered' : target.health}${why}`, at, tone);
      }
      stage = next;
    },
    begin(asked, total) {
      load = { asked, total, from: undefined, seconds: new Map(), requests: 0, failed: 0, recentlyFailed: [], marks: [], faults: [] };
      report = null;
    },
    comesNext: (text) => void (experiment = text),
    asks(rate) {
      if (load !== null) load.asked = rate;
    },
    end(came, text) {
      report = came;
      said = text;
      for (const each of load?.faults ?? []) each.to ??= Number.NaN;
    },
    say(text, at, tone = '') {
      said = text;
      if (at !== undefined) happen(text, at, tone);
    },
    probed: (view) => void (jar = view),
    scene(can, at) {
      const view = loadView(at);
      const recent = view === null ? {} : recentBy(view.chart.series.byInstance);
      const all = Object.values(recent).reduce((sum, each) => sum + each, 0);
      const out = broken();
      const targets = stage.targets.map((target) => {
        const requests = recent[target.id] ?? 0;
        return { ...target, requests, share: all === 0 ? null : requests / all, broken: out.has(target.id) };
      });
      return {
        ...{ stack: input.stack, region: input.region, experiment },
        ...{ said, can, happenings, jar, report, load: view, stage: { ...stage, targets } },
      };
    },
  };
}

/** Requests per second that each instance answered over the last whole seconds. */
function recentBy(byInstance: Readonly<Record<string, readonly number[]>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(byInstance).map(([id, counts]) => {
      const recent = counts.slice(Math.max(0, counts.length - 4), Math.max(1, counts.length - 1));
      return [id, recent.reduce((sum, each) => sum + each, 0) / Math.max(1, recent.length)];
    }),
  );
}
