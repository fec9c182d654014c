// The inputs that the workflows use, as actions/checkout means them. Anything else is refused, so that nothing is overlooked.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const { env } = process;
const input = (name) => env[`INPUT_${name.toUpperCase()}`] ?? '';
const known = new Set(
  [
    ...['repository', 'ref', 'path', 'fetch-depth', 'persist-credentials', 'token'],
    ...['filter', 'sparse-checkout', 'sparse-checkout-cone-mode', 'allow-unsafe-pr-checkout'],
  ].map((name) => `INPUT_${name.toUpperCase()}`),
);
const strange = Object.keys(env).filter((name) => name.startsWith('INPUT_') && !known.has(name));
if (strange.length > 0) throw new Error(`this checkout does not know ${strange.join(', ')}`);
if (input('persist-credentials') !== 'false') throw new Error('persist-credentials has to be false');

// As version 7 does since June 2026 (actions/checkout, pull request 2454).
const { pull_request: pull, repository } = JSON.parse(readFileSync(env.GITHUB_EVENT_PATH, 'utf8'));
const ofFork = pull !== undefined && pull.head.repo?.full_name !== repository.full_name;
const wantsHead = /^refs\/pull\/\d+\/(head|merge)$/.test(input('ref')) || input('ref') === pull?.head.sha;
if (env.GITHUB_EVENT_NAME === 'pull_request_target' && ofFork && wantsHead && input('allow-unsafe-pr-checkout') !== 'true')
  throw new Error("Refusing to check out fork pull request code from a 'pull_request_target' workflow.");

const folder = join(env.GITHUB_WORKSPACE, input('path'));
if (input('path') === '.albedo') {
  // albedo itself: the working tree that is tested, with what set-up put into it.
  rmSync(folder, { recursive: true, force: true });
  symlinkSync(env.TEST_ALBEDO, folder);
} else {
  const ref = input('ref') || env.GITHUB_SHA;
  const git = (...args) => execFileSync('git', args, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  mkdirSync(folder, { recursive: true });
  git('init', '--quiet', '--initial-branch=main');
  git('remote', 'add', 'origin', `file://${join(env.TEST_ORIGINS, input('repository'))}`);
  const depth = Number(input('fetch-depth'));
  // As the real one: a sparse checkout leaves the content of files behind, unless another filter is named.
  const sparse = input('sparse-checkout');
  const filter = input('filter') || (sparse === '' ? '' : 'blob:none');
  const limits = [...(depth > 0 ? [`--depth=${depth}`] : []), ...(filter === '' ? [] : [`--filter=${filter}`])];
  git('fetch', '--quiet', '--no-tags', ...limits, 'origin', `${ref}:refs/remotes/origin/it`);
  if (sparse !== '') {
    if (input('sparse-checkout-cone-mode') !== 'false') throw new Error('this checkout knows patterns only, no cones');
    git('config', 'core.sparseCheckout', 'true');
    mkdirSync(join(folder, '.git/info'), { recursive: true });
    writeFileSync(join(folder, '.git/info/sparse-checkout'), `${sparse}\n`);
  }
  git('checkout', '--quiet', '--detach', 'refs/remotes/origin/it');
  process.stdout.write(`checked out ${ref} of ${input('repository')}\n`);
}
