import { ReconcileError } from '../errors.ts';
import type { UnderLoadOptions } from '../run/under-load.ts';
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
 * The rate of `--under-load` is optional: if something other than a rate follows, it is the first spec. Throws `SpecInvalid` for an
 * impossible load.
 */
export function readUnderLoad<F extends UnderLoadFlags>(
  specs: readonly string[],
  existing: number,
  flags: F,
): { readonly specs: readonly string[]; readonly flags: F } {
  const { underLoad, loadPath } = flags;
  if (loadPath !== undefined && underLoad === undefined)
    throw refused('--load-path sets what is requested under load', 'Add --under-load.');
  if (loadPath !== undefined && !/^\/\S*$/.test(loadPath))
    throw refused(`--load-path ${loadPath} is not a path`, 'A path begins with / and has no spaces.');
  if (typeof underLoad !== 'string' || RATE.test(underLoad)) {
    if (typeof underLoad === 'string' && Number.parseInt(underLoad, 10) === 0)
      throw refused('a load of 0 requests per second is no load', 'Leave out --under-load.');
    return { specs, flags };
  }
  return { specs: existing === 0 ? [underLoad] : [underLoad, ...specs], flags: { ...flags, underLoad: true } };
}

const refused = (message: string, hint: string): ReconcileError => new ReconcileError('SpecInvalid', message, { hint });

/** The load that the flags ask for; undefined if none. */
export function underLoadOf({ underLoad, loadPath }: UnderLoadFlags): Omit<UnderLoadOptions, 'outDir'> | undefined {
  if (underLoad === undefined) return undefined;
  return {
    hosts: readHosts(process.env),
    ...(underLoad === true ? {} : { rate: Number.parseInt(underLoad, 10) }),
    ...(loadPath === undefined ? {} : { path: loadPath }),
  };
}
