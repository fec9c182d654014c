import { ReconcileError } from '../errors.ts';
import { renderText } from '../report/text.ts';
import { readEarlier } from '../run/earlier.ts';
import { envOf, scopeOf } from '../run/group.ts';
import { errorOf, exitWith, type Outcome } from '../run/outcome.ts';
import { openSession, type Session } from '../run/pipeline.ts';
import { writeReport } from '../run/report-files.ts';
import { runStacks } from '../run/run-stacks.ts';
import { sourcesOf } from '../run/source.ts';
import { readSpecs } from '../run/specs.ts';
import { engineOf, type SendFlags, senderOf } from '../verify/send-options.ts';
import { readHosts } from '../verify/target.ts';
import { type LockFlags, lockRequest } from './lock.ts';
import { callLogger, listenForInterrupt, paletteFor, print, progressFor, renderError, type Shared } from './shell.ts';
import { guard, type ScheduleFlags, withoutSchedule } from './verify.ts';

export interface WatchFlags extends LockFlags, ScheduleFlags, SendFlags {
  readonly report: string;
  readonly port?: number;
  readonly compare?: readonly string[];
}

/** Serves a page about one stack until Ctrl-C. `first`: begins with a verify, whose exit status is that of the command. */
export async function watchCommand(paths: readonly string[], flags: WatchFlags, shared: Shared, first: boolean): Promise<number> {
  const engine = engineOf(flags);
  if (engine.sendsOnce)
    throw new ReconcileError('SpecInvalid', `a page cannot be used with --engine ${engine.name}`, {
      hint: 'Its load is sent once, at the time of the load plan, and a page has buttons that start loads. Use verify without --ui, and read the report.',
    });
  const sender = senderOf(flags);
  if (engine.needsK6) await (await import('./tools.ts')).ensureTools(['k6'], shared);
  const { specs } = await readSpecs(paths, process.env);
  const named = specs[0];
  if (specs.length !== 1 || named === undefined)
    throw new ReconcileError('SpecInvalid', `a page shows one stack, but ${specs.length} were named`, { hint: 'Name one file.' });
  const { watch } = await import('../watch/watch.ts');
  const interrupt = listenForInterrupt();
  const progress = await progressFor(shared);
  const base = { signal: interrupt.signal, sourceOf: sourcesOf(process.env), ...callLogger(shared) };
  const scope = scopeOf(named);
  const open = (more: Pick<Session, 'emit' | 'signal'>): Session =>
    openSession({ region: scope.region, env: envOf(scope, process.env), ...base, ...more });
  let last: Outcome | undefined;
  try {
    await watch({
      ...{ named, first, sender, hosts: () => readHosts(process.env), session: open({ emit: progress.emit, signal: interrupt.signal }) },
      ...(flags.port === undefined ? {} : { port: flags.port }),
      verify: async (own, emit, signal) => {
        const [outcome] = await runStacks([own], () => open({ emit, signal }), {
          ...{ command: 'verify', policyOf: ({ policy }) => policy, lock: lockRequest(flags) },
          verify: {
            ...{ earlier: readEarlier(flags.compare ?? [], emit), hosts: readHosts(process.env), guard, sender },
            ...withoutSchedule(flags),
          },
          outDir: () => flags.report,
        });
        if (outcome === undefined) return null;
        last = outcome;
        writeReport(flags.report, outcome.report);
        progress.stop();
        if (outcome.report.load !== null) print(renderText(outcome.report, paletteFor(shared)));
        const error = errorOf(outcome);
        if (error !== undefined) process.stderr.write(renderError(error));
        return outcome.report;
      },
      ready: (address, port) => {
        progress.stop();
        const { port: wanted = 0 } = flags;
        const other = wanted === 0 || wanted === port ? '' : ` (port ${wanted} is in use)`;
        print(`Open ${address}${other}\nOnly this machine can open it, and only with the token in the address. Ctrl-C ends it.`);
      },
    });
  } finally {
    progress.stop();
    interrupt.done();
  }
  return first && last !== undefined ? exitWith('verify', [last], {}) : 0;
}
