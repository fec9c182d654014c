/** A plan job from a released tag, from the checkout to its first call of AWS: how long it takes, and what it installs. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { openRunner, runnerNode, type StepInput } from '../../test/support/action-bench.ts';
import { eventPayload } from '../../test/support/github/events.ts';
import { startGitHub } from '../../test/support/github/server.ts';
import { releasedTree } from '../../test/support/released-tree.ts';
import { median, type Row } from './rows.ts';
import { root, TUTORIAL } from './world.ts';

const RUNS = 5;
const REPOSITORY = 'acme/shop';
const WHO = ['-c', 'user.name=ana', '-c', 'user.email=ana@example.com'];
const SPEC = 'environments/prod/webserver.yaml';

/** Answers every call of AWS with a refusal, at once, and remembers when the first came. */
interface Aws {
  readonly server: Server;
  readonly endpoint: string;
  first: number;
}

/** The steps of `plan.yml` after the checkouts, which are the runner's and the network's: look, ready, plan. */
export async function released(say: (text: string) => void): Promise<readonly Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'albedo-released-'));
  const github = await startGitHub();
  const aws = await startAws();
  try {
    say('making a release');
    const tree = await releasedTree(folder);
    const spec = readFileSync(join(root, TUTORIAL), 'utf8');
    const { state } = github;
    state.user('ana');
    state.addRepository(REPOSITORY, { files: { 'README.md': 'x' } });
    const { sha } = state.commit(REPOSITORY, 'change', { files: { [SPEC]: spec } });
    const { number } = state.openPull(REPOSITORY, { title: 'A first spec', head: 'change', user: 'ana' });
    const token = state.jobToken(REPOSITORY, { 'pull-requests': 'write', contents: 'read' });
    const payload = eventPayload('pull_request', state, { repository: REPOSITORY, number, action: 'opened' });
    // Whoever asks for a package is heard, and gets none.
    for (const name of ['npm', 'npx', 'pip', 'pip3', 'apt-get', 'sudo', 'curl'])
      writeFileSync(join(folder, name), `#!/bin/sh\necho ${name} "$@" >> '${folder}/installs'\nexit 1\n`, { mode: 0o755 });
    const runner = await openRunner(join(tree, 'action/dist/main.js'));
    try {
      runner.write(SPEC, spec);
      for (const args of [
        ['init', '--quiet'],
        ['add', SPEC],
        [...WHO, 'commit', '--quiet', '--message', 'change'],
      ])
        execFileSync('git', args, { cwd: runner.folder });
      const node = await runnerNode();
      const path = [folder, process.env['PATH'] ?? ''].join(delimiter);
      const beside = { PATH: path, NODE_DISABLE_COMPILE_CACHE: '1' };
      const step = (run: number): StepInput => ({
        inputs: { command: 'plan', spec: SPEC, commit: 'HEAD', 'github-token': token, 'job-token': token },
        ...{ repository: REPOSITORY, apiUrl: github.url, event: 'pull_request', payload, sha, run },
        env: {
          ...{ ...beside, AWS_ENDPOINT_URL: aws.endpoint, AWS_REGION: 'us-east-1' },
          ...{ AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret' },
        },
      });
      const event = join(folder, 'event.json');
      writeFileSync(event, JSON.stringify(payload));
      const seconds: number[] = [];
      for (let run = 1; run <= RUNS; run++) {
        say(`plan job of a release, ${run} of ${RUNS}`);
        aws.first = 0;
        const begun = performance.now();
        const look = {
          ...{ PATH: path, INPUT_SPEC: SPEC, 'INPUT_GITHUB-TOKEN': token, GITHUB_API_URL: github.url, GITHUB_REPOSITORY: REPOSITORY },
          ...{ GITHUB_EVENT_NAME: 'pull_request', GITHUB_EVENT_PATH: event, GITHUB_OUTPUT: join(folder, 'output') },
        };
        const looked = await finished(node, [join(tree, '.github/actions/concerned/main.mjs')], look);
        if (looked !== 0 || !/true/.test(readFileSync(join(folder, 'output'), 'utf8')))
          throw new Error('the pull request is not looked at');
        const ready = spawnSync('bash', [join(tree, '.github/actions/ready/install.sh')], {
          ...{ encoding: 'utf8', env: { PATH: path, HOME: folder, SANDBOX: 'false', LOAD: 'false' } },
        });
        if (ready.status !== 0) throw new Error(`a release is not ready: ${ready.stdout}${ready.stderr}`);
        const { out } = await runner.main(step(run)).end;
        if (aws.first === 0) throw new Error(`AWS was not called:\n${out}`);
        seconds.push((aws.first - begun) / 1000);
      }
      const installs = existsSync(join(folder, 'installs')) ? readFileSync(join(folder, 'installs'), 'utf8').trim().split('\n') : [];
      return [
        {
          name: 'action: a plan job of a release, to its first call of AWS',
          measured: median(seconds),
          ...{ limit: 5, unit: 's', kind: 'time' },
          detail: `after the checkouts: looks what it concerns, needs no tools, begins to plan; median of ${RUNS}, no compiled code kept`,
        },
        {
          name: 'action: what a plan job of a release installs',
          measured: installs.length + Number(existsSync(join(tree, 'node_modules'))),
          ...{ limit: 0, unit: '', kind: 'count' },
          detail: installs.length === 0 ? 'no npm, pip, apt-get or curl was called' : installs.join('; '),
        },
      ];
    } finally {
      runner.remove();
    }
  } finally {
    aws.server.close();
    await github.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A process that talks to a server of this one must not be waited for in a blocking way. */
function finished(node: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<number | null> {
  const child = spawn(node, args, { env, stdio: 'ignore' });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
}

async function startAws(): Promise<Aws> {
  const server = createServer((request, response) => {
    if (aws.first === 0) aws.first = performance.now();
    request.resume();
    response.writeHead(403, { 'Content-Type': 'text/xml' });
    response.end('<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>');
  });
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve));
  const aws: Aws = { server, endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, first: 0 };
  return aws;
}
