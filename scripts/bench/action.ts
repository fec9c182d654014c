/** What the action adds: the size of its bundle, a plan inside it beside the command's, and what it asks of GitHub. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buildBundle, openRunner, runnerNode, type StepInput } from '../../test/support/action-bench.ts';
import { eventPayload } from '../../test/support/github/events.ts';
import { startGitHub } from '../../test/support/github/server.ts';
import { median, type Row } from './rows.ts';
import { root, TUTORIAL, type World } from './world.ts';

const PAIRS = 9;
const REPOSITORY = 'acme/shop';
const SPEC = 'environments/prod/webserver.yaml';

/** The tutorial's stack must stand; the pull request changes one field of it, so that each run has a comment to write. */
export async function action(world: World, say: (text: string) => void): Promise<readonly Row[]> {
  const bundle = await buildBundle();
  const node = await runnerNode();
  const spec = readFileSync(join(root, TUTORIAL), 'utf8').replace('scheme: internet-facing', 'scheme: internet-facing\n  idleTimeout: 75s');
  const github = await startGitHub();
  const runner = await openRunner();
  try {
    const { state } = github;
    state.user('ana');
    state.addRepository(REPOSITORY, { files: { 'README.md': 'x' } });
    const { sha } = state.commit(REPOSITORY, 'change', { files: { [SPEC]: spec } });
    const { number } = state.openPull(REPOSITORY, { title: 'A longer wait', head: 'change', user: 'ana' });
    for (let comment = 0; comment < 40; comment++) state.comment(REPOSITORY, number, 'ana', `Comment ${comment}`);
    const token = state.jobToken(REPOSITORY, { 'pull-requests': 'write', contents: 'read' });
    runner.write(SPEC, spec);
    const step = (run: number): StepInput => ({
      inputs: { command: 'plan', spec: SPEC, 'github-token': token, 'job-token': token },
      repository: REPOSITORY,
      apiUrl: github.url,
      event: 'pull_request',
      payload: eventPayload('pull_request', state, { repository: REPOSITORY, number, action: 'opened' }),
      sha,
      run,
      env: world.env,
    });
    const asked: number[] = [];
    const inAction = async (run: number): Promise<number> => {
      const earlier = github.requests().length;
      const startedAt = performance.now();
      const { code, out } = await runner.main(step(run)).end;
      if (code !== 0) throw new Error(`the action ended with ${code}:\n${out}`);
      asked.push(github.requests().length - earlier);
      return (performance.now() - startedAt) / 1000;
    };
    const asCommand = async (): Promise<number> => {
      const startedAt = performance.now();
      await command(node, ['bin/albedo.mjs', '--quiet', 'plan', join(runner.folder, SPEC)]);
      return (performance.now() - startedAt) / 1000;
    };
    await inAction(1);
    await asCommand();
    const ratios: number[] = [];
    const times: { readonly inside: number; readonly beside: number }[] = [];
    for (let pair = 0; pair < PAIRS; pair++) {
      say(`plan in the action, pair ${pair + 1} of ${PAIRS}`);
      const first = pair % 2 === 0 ? await inAction(pair + 2) : await asCommand();
      const second = pair % 2 === 0 ? await asCommand() : await inAction(pair + 2);
      const [inside, beside] = pair % 2 === 0 ? [first, second] : [second, first];
      times.push({ inside, beside });
      ratios.push(inside / beside);
    }
    const of = (what: 'inside' | 'beside') => median(times.map((time) => time[what])).toFixed(2);
    return [
      {
        name: 'action: size of the bundle',
        measured: await sizeOf(dirname(bundle)),
        limit: 3,
        unit: 'MB',
        kind: 'count',
        detail: 'all its files, minified, licences apart',
      },
      {
        name: 'action: plan with its comment, to the command',
        measured: median(ratios),
        limit: 1.3,
        unit: '×',
        kind: 'ratio',
        detail: `${of('inside')} against ${of('beside')} s on the runner's Node, median of ${PAIRS} pairs`,
      },
      {
        name: 'action: GitHub requests for a plan comment',
        measured: Math.max(...asked),
        limit: 3,
        unit: 'calls',
        kind: 'count',
        detail: `${asked[0]} to make it, ${Math.max(...asked.slice(1))} to rewrite it, among 40 comments of others`,
      },
    ];
  } finally {
    runner.remove();
    await github.stop();
  }
}

/** Of the files that the last build wrote, in MB. */
async function sizeOf(folder: string): Promise<number> {
  const { actionFiles } = (await import(new URL('../build/action.mjs', import.meta.url).href)) as {
    actionFiles(folder: string): Promise<readonly { readonly path: string; readonly contents: Uint8Array }[]>;
  };
  const files = await actionFiles(folder);
  return files.filter(({ path }) => path.endsWith('.js')).reduce((sum, { contents }) => sum + contents.length, 0) / 1e6;
}

/** Runs the command from the checkout, without compiled code of an earlier run: a runner is new each time. Its plan has changes: exit 2. */
async function command(node: string, args: readonly string[]): Promise<void> {
  const child = spawn(node, args, { cwd: root, stdio: 'ignore', env: { ...process.env, NODE_DISABLE_COMPILE_CACHE: '1' } });
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  if (status !== 2) throw new Error(`${args.join(' ')} ended with ${status} instead of 2`);
}
