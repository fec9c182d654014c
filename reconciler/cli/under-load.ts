import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ReadySpec } from '../config/read.ts';
import { EXIT, ReconcileError } from '../errors.ts';
import type { UnderLoadReport } from '../load/under-load-types.ts';
import { type Preview, type Reconciled, reconcile, type Session } from '../run/pipeline.ts';
import { reconcileUnderLoad } from '../run/under-load.ts';
import { readHosts } from '../verify/target.ts';

export interface UnderLoadFlags {
  /** `true`: the rate of the spec. */
  readonly underLoad?: string | true;
  readonly loadPath?: string;
  readonly report?: string;
}

/** Requests a second. */
const RATE = /^(\d{1,5})(?:\/s)?$/;

/**
 * `--under-load` may have a rate and need not: what follows it and is no rate is the first spec. Throws `SpecInvalid` for a load that
 * cannot be.
 */
export function readUnderLoad<F extends UnderLoadFlags>(
  specs: readonly string[],
  existing: number,
  flags: F,
): { readonly specs: readonly string[]; readonly flags: F } {
  const { underLoad, loadPath } = flags;
  if (loadPath !== undefined && underLoad === undefined) throw refused('--load-path says what is loaded', 'Say --under-load too.');
  if (loadPath !== undefined && !/^\/\S*$/.test(loadPath))
    throw refused(`--load-path ${loadPath} is no path`, 'A path begins with / and has no blanks.');
  if (typeof underLoad !== 'string' || RATE.test(underLoad)) {
    if (typeof underLoad === 'string' && Number.parseInt(underLoad, 10) === 0)
      throw refused('a load of 0 requests a second is none', 'Leave --under-load out.');
    return { specs, flags };
  }
  return { specs: existing === 0 ? [underLoad] : [underLoad, ...specs], flags: { ...flags, underLoad: true } };
}

const refused = (message: string, hint: string): ReconcileError => new ReconcileError('SpecInvalid', message, { hint });

/** Runs a previewed plan, under load when that was asked for. Raw points go beside the report, or nowhere. */
export async function carryOut(
  spec: ReadySpec,
  previewed: Preview,
  session: Session,
  flags: UnderLoadFlags,
): Promise<{ readonly done: Reconciled; readonly underLoad?: UnderLoadReport }> {
  const { underLoad, loadPath } = flags;
  if (underLoad === undefined) return { done: await reconcile(spec, previewed, session) };
  return withFolder(flags.report, (folder) =>
    reconcileUnderLoad(spec, previewed, session, {
      // Apart from the points of a proof that may follow.
      outDir: join(folder, 'under-load'),
      hosts: readHosts(process.env),
      ...(underLoad === true ? {} : { rate: Number.parseInt(underLoad, 10) }),
      ...(loadPath === undefined ? {} : { path: loadPath }),
    }),
  );
}

/** Does `work` with the folder of the report, or with one that is gone afterwards. */
export async function withFolder<T>(report: string | undefined, work: (folder: string) => Promise<T>): Promise<T> {
  if (report !== undefined) return work(report);
  const own = mkdtempSync(join(tmpdir(), 'albedo-load-'));
  try {
    return await work(own);
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}

/** The exit status for an apply that went well. */
export function exitOfLoad(load: UnderLoadReport | undefined): number {
  if (load?.kind !== 'loaded') return EXIT.ok;
  return { pass: EXIT.ok, missed: EXIT.objectiveMissed, inconclusive: EXIT.inconclusive }[load.verdict];
}
