/**
 * Which file of which repository a stack comes from, so that a live stack whose file is gone can be found. It is written on the stack as
 * a memory, in the tag `albedo:source`: no plan compares it and no digest holds it, so that the same spec has the same plan everywhere.
 */

import { spawnSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { dirname, relative, resolve, sep } from 'node:path';
import { CloudError } from '../errors.ts';
import type { Stack } from '../model/model.ts';
import type { Policy } from '../model/policy.ts';
import { PREVIEW_TAG, readSource, SOURCE_CARRIERS, SOURCE_TAG, type Source, type Tags, writeSource } from '../model/tags.ts';
import type { LiveRead } from '../observe/slice.ts';
import type { Refusal } from '../plan/guard.ts';
import type { Plan } from '../plan/types.ts';
import type { Env, Session } from './session.ts';

/** A working tree and the name of its repository, such as `shop/infra`. */
export interface Home {
  readonly root: string;
  readonly repository: string;
}

/** The repository that a folder is in: `GITHUB_REPOSITORY`, else the remote `origin`. Undefined where neither is known. */
export function homeOf(folder: string, env: Env): Home | undefined {
  const root = git(folder, 'rev-parse', '--show-toplevel');
  if (root === undefined) return undefined;
  const repository = env['GITHUB_REPOSITORY'] || repositoryOf(git(folder, 'config', '--get', 'remote.origin.url') ?? '');
  return repository === undefined ? undefined : { root, repository };
}

/** `git@github.com:shop/infra.git`, `https://user@github.com/shop/infra` -> `shop/infra`. A folder of this machine is no name. */
export function repositoryOf(remote: string): string | undefined {
  const path = /^(?:https?|ssh|git):\/\/[^/]+\/(.+)$/.exec(remote)?.[1] ?? /^(?:[\w.-]+@)?[\w.-]+:([^/].*)$/.exec(remote)?.[1];
  return path?.replace(/\/+$/, '').replace(/\.git$/, '');
}

/** The tag of a spec by its file. Each folder is asked for its repository once. */
export function sourcesOf(env: Env): (file: string) => string | undefined {
  const homes = new Map<string, Home | undefined>();
  return (file) => {
    if (file.startsWith('<')) return undefined;
    const folder = dirname(resolve(file));
    if (!homes.has(folder)) {
      // A folder below one that is known is in the same repository unless it has one of its own, which specs do not.
      const above = [...homes.values()].find((home) => home !== undefined && pathIn(home.root, folder) !== undefined);
      homes.set(folder, above ?? homeOf(folder, env));
    }
    const home = homes.get(folder);
    const path = home === undefined ? undefined : pathIn(home.root, resolve(file));
    return home === undefined || path === undefined ? undefined : writeSource({ repository: home.repository, path });
  };
}

/** A path from the root of a repository, with `/`; undefined for what is outside. */
export function pathIn(root: string, path: string): string | undefined {
  const inner = relative(real(root), real(path)).split(sep).join('/');
  return inner.startsWith('..') ? undefined : inner;
}

/** Links resolved as far as the path is there: what was deleted keeps its name. */
function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const above = dirname(path);
    return above === path ? path : resolve(real(above), path.slice(above.length).replace(/^[/\\]/, ''));
  }
}

const carrierOf = (raws: LiveRead['raws']): LiveRead['raws'][number] | undefined =>
  SOURCE_CARRIERS.flatMap((kind) => raws.filter((raw) => raw.kind.name === kind))[0];

/** Of a stack by the tags of its carrier; of a preview, which remembers no file, by its pull request. */
function originOf(tags: Tags): Source | undefined {
  const [, repository = '', path = ''] = /^(.+)\/(pull\/\d+)$/.exec(tags[PREVIEW_TAG] ?? '') ?? [];
  return readSource(tags[SOURCE_TAG] ?? '') ?? (repository === '' ? undefined : { repository, path });
}

/** Where a live stack was applied from, when that is another repository than the one of the spec. */
function elsewhere(
  { file, spec }: Stack,
  { raws }: LiveRead,
  session: Session,
): { readonly from: Source; readonly here: Source } | undefined {
  const said = (spec as { readonly tags?: Tags }).tags ?? {};
  const source = session.sourceOf?.(file);
  const here = originOf(source === undefined ? said : { [SOURCE_TAG]: source });
  const from = originOf(carrierOf(raws)?.tags ?? {});
  // GitHub's names are the same in any case of letters.
  return here === undefined || from === undefined || from.repository.toLowerCase() === here.repository.toLowerCase()
    ? undefined
    : { from, here };
}

/** Two repositories that call a stack alike would undo each other's changes, each with a plan that looks like drift. */
export function repositoryRefusals(stack: Stack, plan: Plan, live: LiveRead, session: Session, policy: Policy): readonly Refusal[] {
  const other = plan.changes.length === 0 ? undefined : elsewhere(stack, live, session);
  if (other === undefined || consented(other.from, policy)) return [];
  const { from, here } = other;
  return [
    {
      rule: 'repository',
      address: `stack/${plan.stack}`,
      label: 'stack',
      owner: `repository ${from.repository}`,
      reason: `the stack ${plan.stack} is applied from ${from.path} of the repository ${from.repository}, and this file is of ${here.repository}`,
      remedy: `Give this stack another name. If the spec was moved here, or the repository renamed: --moved-from ${from.repository}, or movedFrom in policy.yaml.`,
    },
  ];
}

const consented = ({ repository }: Source, { movedFrom }: Policy): boolean =>
  movedFrom?.some((one) => one.toLowerCase() === repository.toLowerCase()) === true;

/**
 * Writes down on a live stack where it comes from, unless that stands there. A refusal is told and changes nothing else. `policy`: where
 * nobody was asked yet, and another repository keeps its stack.
 */
export async function recordSource(stack: Stack, live: LiveRead, session: Session, policy?: Policy): Promise<void> {
  const { file } = stack;
  const other = policy === undefined ? undefined : elsewhere(stack, live, session);
  if (policy !== undefined && other !== undefined && !consented(other.from, policy)) return;
  const source = session.sourceOf?.(file);
  const carrier = carrierOf(live.raws);
  const arn =
    carrier === undefined ? undefined : (carrier.object as { readonly [key: string]: unknown })[carrier.kind.outputs['arn'] ?? ''];
  if (source === undefined || typeof arn !== 'string' || carrier?.tags[SOURCE_TAG] === source) return;
  try {
    await session.cloud.call(
      'elbv2:AddTags',
      { ResourceArns: [arn], Tags: [{ Key: SOURCE_TAG, Value: source }] },
      { signal: session.signal },
    );
  } catch (thrown) {
    if (!(thrown instanceof CloudError)) throw thrown;
    const path = readSource(source)?.path ?? file;
    session.emit({
      kind: 'warning',
      text: `that the stack comes from ${path} could not be written down (${SOURCE_TAG}): ${thrown.message}`,
    });
  }
}

function git(folder: string, ...args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync('git', ['--no-optional-locks', ...args], { cwd: folder, encoding: 'utf8', timeout: 10_000 });
  const text = (stdout ?? '').trim();
  return status === 0 && text !== '' ? text : undefined;
}
