/** In what the specs that share a base differ: dev, stage and prod side by side. */

import { dirname, resolve } from 'node:path';
import { formatPath } from '../config/path.ts';
import { parseWhole } from '../config/read.ts';
import { renderFlow } from '../config/render-yaml.ts';
import { valuesOf } from '../config/show.ts';
import { ReconcileError } from '../errors.ts';
import { loadSpecs, type NamedSpec } from './specs.ts';

export interface Differences {
  /** The folders of the specs, the last part of their paths. */
  readonly names: readonly string[];
  /** Of each setting that is not the same everywhere what each says; undefined where it says nothing. */
  readonly rows: readonly { readonly path: string; readonly values: readonly (string | undefined)[] }[];
}

/** Beyond so many specs nobody compares them. */
const MOST = 8;

/** Of the specs below the folder that holds both a spec and its base; undefined where no other extends that base. */
export async function differencesOf({ file, bases }: Pick<NamedSpec, 'file' | 'bases'>): Promise<Differences | undefined> {
  const base = bases[0];
  if (base === undefined) return undefined;
  const shared = resolve(base.file);
  const above = commonFolder(dirname(file), dirname(base.file));
  let files: Awaited<ReturnType<typeof loadSpecs>>['specs'];
  try {
    files = (await loadSpecs([above])).specs;
  } catch (thrown) {
    if (!(thrown instanceof ReconcileError)) throw thrown;
    return undefined;
  }
  const all = files
    .map((each) => ({ file: each.file, spec: parseWhole(each.text, each.file, {}) }))
    .filter(({ spec }) => spec.value !== undefined && spec.bases.some((each) => resolve(each.file) === shared))
    .slice(0, MOST);
  if (all.length < 2) return undefined;
  const said = all.map(({ spec }) => new Map(valuesOf(spec).map(({ path, value }) => [formatPath(path), renderFlow(value)])));
  const paths = [...new Set(said.flatMap((one) => [...one.keys()]))].filter((path) => path !== 'stack');
  const rows = paths
    .map((path) => ({ path, values: said.map((one) => one.get(path)) }))
    .filter(({ values }) => values.some((value) => value !== values[0]));
  return { names: all.map(({ file: each }) => dirname(each).split(/[/\\]/).at(-1) ?? each), rows };
}

function commonFolder(one: string, other: string): string {
  const [a, b] = [one.split(/[/\\]/), other.split(/[/\\]/)];
  const parts = a.slice(
    0,
    [...a, ''].findIndex((part, at) => part !== b[at]),
  );
  return parts.join('/') || '.';
}
