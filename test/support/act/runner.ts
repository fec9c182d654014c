/**
 * Runs the project's workflows, unchanged, by act: jobs are processes of this machine, published actions are folders beside this file,
 * GitHub is the server on loopback, and AWS a sandbox.
 */
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { buildBundle } from '../action-bench.ts';
import { type EventDetails, type EventKind, eventPayload } from '../github/events.ts';
import type { Conclusion, Repository, WorkflowRun } from '../github/model.ts';
import type { GitHub } from '../github/server.ts';
import { writeOrigins } from './origin.ts';
import { grantsOf, readWorkflow } from './permissions.ts';

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const STUBS = fileURLToPath(new URL('actions/', import.meta.url));
/** Longest run of one workflow (ms). */
const LIMIT = 300_000;

export const cacheFolder = (): string =>
  process.env['ALBEDO_CACHE'] || join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'albedo');

/** A program that `npm run setup -- --workflows` puts in place. */
export function workflowTool(name: 'act' | 'actionlint' | 'zizmor'): string {
  const path = name === 'zizmor' ? join(cacheFolder(), 'zizmor', 'bin', name) : join(cacheFolder(), 'workflows', name);
  if (!existsSync(path)) throw new Error(`there is no ${path}: run \`node scripts/setup.mjs --workflows\``);
  return path;
}

export interface RunOf<Kind extends EventKind> {
  /** Its file, `.github/workflows/….yml`. */
  readonly workflow: string;
  readonly event: Kind;
  readonly details: Omit<EventDetails[Kind], 'repository'>;
  readonly actor?: string;
  /** Variables of the repository. */
  readonly vars?: Readonly<Record<string, string>>;
  /** For every step, beside what the workflow says. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface RunEnd {
  readonly run: WorkflowRun;
  readonly conclusion: Conclusion;
  /** All that the jobs printed. */
  readonly out: string;
  /** Folder with the artifacts of this run, by name. */
  readonly artifacts: string;
  /** A file of an artifact of this run. */
  artifact(name: string, path: string): string;
}

export interface Running {
  /** To act, as the button that cancels a run. */
  cancel(): void;
  /** Resolves with what was printed so far, once `pattern` is in it. Rejects when the run ends without. */
  until(pattern: RegExp): Promise<string>;
  readonly end: Promise<RunEnd>;
}

export interface Workflows {
  /** The repositories of the server as git has them, made anew for each run: `OWNER/NAME` below it. */
  readonly origins: string;
  /** Sets off a workflow as an event would. */
  start<Kind extends EventKind>(wanted: RunOf<Kind>): Running;
  run<Kind extends EventKind>(wanted: RunOf<Kind>): Promise<RunEnd>;
  /** Puts another text into a file of an artifact, as who owns the run could. */
  forge(run: number, artifact: string, path: string, text: string): void;
  remove(): void;
}

export interface WorkflowOptions {
  readonly github: GitHub;
  /** `owner/name`, at the server. */
  readonly repository: string;
  /** Variables of the sandbox that stands for AWS where a workflow assumes a role. */
  readonly aws: Readonly<Record<string, string>>;
  /** Roles are assumed at that sandbox's STS, with the job's claims, and not just given. */
  readonly assume?: boolean;
  /** A folder with programs that take the place of the machine's. */
  readonly tools?: string;
  /** Longest run of one workflow, ms. */
  readonly limit?: number;
  /** What other actions are, by `owner/name@ref`: folders of this machine. */
  readonly actions?: Readonly<Record<string, string>>;
  /** Hears what runs print, line by line. */
  readonly watch?: (line: string) => void;
  /** The workflows of another repository, which calls ours at this `owner/name@commit`: their texts by file name. */
  readonly copied?: { readonly from: string; readonly files: Readonly<Record<string, string>> };
}

export async function openWorkflows(options: WorkflowOptions): Promise<Workflows> {
  const { github, repository } = options;
  const act = workflowTool('act');
  await buildBundle();
  const { node24Path } = (await import(join(ROOT, 'scripts/setup/node-release.mjs'))) as { node24Path(cache: string): string };
  const folder = mkdtempSync(join(tmpdir(), 'albedo-act-'));
  const place = (name: string): string => join(folder, name);
  const checkout = place('checkout');
  const { copied } = options;
  if (copied === undefined) copyWorkflows(checkout);
  else mkdirSync(join(checkout, '.github/workflows'), { recursive: true });
  if (copied !== undefined) {
    copyWorkflows(place('published'));
    // act looks for what a called workflow calls by `./` in the checkout of the caller, GitHub in the commit of the called one.
    for (const name of calledByCalled(place('published/.github/workflows')))
      cpSync(place(`published/.github/workflows/${name}`), join(checkout, '.github/workflows', name));
  }
  for (const [name, text] of Object.entries(copied?.files ?? {}))
    writeFileSync(join(checkout, '.github/workflows', name), withoutQueue(text));
  mkdirSync(place('home'));
  const pins = publishedActions(join(ROOT, '.github'));

  const start: Workflows['start'] = ({ workflow, event, details, actor, vars = {}, env = {} }) => {
    const { state } = github;
    const payload = eventPayload(event, state, { repository, ...details } as never);
    const file = readWorkflow(checkout, workflow);
    const where = whereOf(state, repository, event, payload);
    const who = actor ?? state.repository(repository).owner.login;
    const run = state.addRun(repository, { workflow, event, actor: who, ...where.head, jobs: Object.keys(file.jobs) });
    const permissions = grantsOf(file);
    const { 'id-token': idToken, ...rest } = permissions;
    const token = where.fork ? state.forkToken(repository, rest) : state.jobToken(repository, rest);
    writeOrigins(state, place('origins'));
    writeFileSync(place(`event-${run.id}.json`), JSON.stringify(payload));
    const said: Record<string, string> = {
      ...{ GITHUB_API_URL: github.url, GITHUB_SERVER_URL: 'https://github.com', GITHUB_REPOSITORY: repository },
      ...{ GITHUB_REPOSITORY_OWNER: repository.split('/')[0] ?? '', GITHUB_RUN_ID: String(run.id), GITHUB_RUN_NUMBER: String(run.number) },
      ...{ GITHUB_REF: where.ref, SHA_REF: where.sha },
      ...{ TEST_ALBEDO: ROOT.replace(/\/$/, ''), TEST_ORIGINS: place('origins'), TEST_ARTIFACTS: place('artifacts') },
      ...{ TEST_AWS: JSON.stringify(options.aws), TEST_ID_TOKEN: where.fork ? 'none' : (idToken ?? 'none') },
      ...(options.assume === true ? { TEST_CLAIMS: JSON.stringify(claimsOf(state.repository(repository), event, where.ref)) } : {}),
      ...env,
    };
    const args = [
      ...[event, '-C', checkout, '-W', workflow, '-e', place(`event-${run.id}.json`), '--actor', who, '-s', `GITHUB_TOKEN=${token}`],
      ...['-P', 'ubuntu-24.04=-self-hosted', '--no-skip-checkout', '--no-cache-server', '--action-offline-mode'],
      ...['--action-cache-path', place('cache'), '--concurrent-jobs', '1'],
      ...Object.entries(vars).flatMap(([name, value]) => ['--var', `${name}=${value}`]),
      ...Object.entries(said).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
      ...(copied ? ['--local-repository', `${copied.from}=${place('published')}`] : []),
      ...Object.entries(options.actions ?? {}).flatMap(([uses, at]) => ['--local-repository', `${uses}=${at}`]),
      ...pins.flatMap(({ uses, name }) => ['--local-repository', `${uses}=${join(STUBS, name)}`]),
    ];
    const path = [...(options.tools ? [options.tools] : []), dirname(node24Path(cacheFolder())), process.env['PATH'] ?? ''].join(delimiter);
    // The steps get this environment: nothing of the user's own, above all no credentials.
    const own = { PATH: path, HOME: place('home'), ALBEDO_CACHE: cacheFolder(), TMPDIR: tmpdir(), NO_COLOR: '1' };
    const child = spawn(act, args, { cwd: checkout, env: own, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    const signal = (name: NodeJS.Signals): void => {
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) process.kill(child.pid, name);
    };
    const late = setTimeout(() => signal('SIGKILL'), options.limit ?? LIMIT);
    let out = '';
    let cancelled = false;
    const waiting: { readonly pattern: RegExp; resolve(text: string): void; reject(error: Error): void }[] = [];
    const hear = (chunk: Buffer): void => {
      out += chunk.toString();
      for (const each of waiting.splice(0)) {
        if (each.pattern.test(out)) each.resolve(out);
        else waiting.push(each);
      }
    };
    if (options.watch) createInterface({ input: child.stdout }).on('line', options.watch);
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    const end = new Promise<RunEnd>((resolve) => {
      child.once('close', (code) => {
        clearTimeout(late);
        for (const each of waiting.splice(0)) each.reject(new Error(`the run ended without ${each.pattern}:\n${out}`));
        const conclusion: Conclusion = cancelled ? 'cancelled' : code === 0 ? 'success' : 'failure';
        const artifacts = place(`artifacts/${run.id}`);
        for (const name of existsSync(artifacts) ? readdirSync(artifacts) : [])
          github.state.addArtifact(repository, run.id, name, filesBelow(join(artifacts, name)));
        github.state.finishRun(repository, run.id, conclusion);
        resolve({ run, conclusion, out, artifacts, artifact: (name, path) => readFileSync(join(artifacts, name, path), 'utf8') });
      });
    });
    return {
      end,
      cancel() {
        cancelled = true;
        signal('SIGINT');
      },
      until: (pattern) =>
        new Promise((resolve, reject) => {
          if (pattern.test(out)) resolve(out);
          else waiting.push({ pattern, resolve, reject });
        }),
    };
  };

  const forge: Workflows['forge'] = (run, artifact, path, text) =>
    writeFileSync(place(join('artifacts', String(run), artifact, path)), text);
  return {
    origins: place('origins'),
    start,
    forge,
    run: (wanted) => start(wanted).end,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/**
 * What GitHub says of a job in its identity token (GitHub docs, "OpenID Connect reference"). act knows no environments, so the subject is
 * that of a job without one.
 */
function claimsOf({ id, fullName, owner }: Repository, event: EventKind, ref: string): Readonly<Record<string, string>> {
  return {
    ...{ iss: 'https://token.actions.githubusercontent.com', aud: 'sts.amazonaws.com' },
    sub: `repo:${fullName}:${event === 'pull_request' ? 'pull_request' : `ref:${ref}`}`,
    ...{ repository: fullName, repository_id: String(id), repository_owner: owner.login, repository_owner_id: String(owner.id), ref },
  };
}

/** What act does not know yet and refuses: `queue` of `concurrency`, which it has no notion of anyway. */
const withoutQueue = (text: string): string => text.replace(/^ +queue: max\n/gm, '');

/** Files of reusable workflows that other reusable ones call. */
function calledByCalled(folder: string): Set<string> {
  const texts = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
  const reusable = texts.filter((text) => /^ {2}workflow_call:/m.test(text));
  return new Set(
    reusable.flatMap((text) => [...text.matchAll(/uses: \.\/\.github\/workflows\/([\w-]+\.yml)/g)].map(([, name = '']) => name)),
  );
}

function copyWorkflows(folder: string): void {
  cpSync(join(ROOT, '.github'), join(folder, '.github'), { recursive: true });
  for (const name of readdirSync(join(folder, '.github/workflows'))) {
    const path = join(folder, '.github/workflows', name);
    writeFileSync(path, withoutQueue(readFileSync(path, 'utf8')));
  }
}

/** `owner/name@sha` of every published action that a workflow or an action of ours uses. */
function publishedActions(folder: string): { readonly uses: string; readonly name: string }[] {
  const found = new Set<string>();
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
    if (file.endsWith('.yml'))
      for (const [, uses = ''] of readFileSync(join(folder, file), 'utf8').matchAll(/uses: ([\w-]+\/[\w-]+@[0-9a-f]{40})/g))
        found.add(uses);
  return [...found]
    .map((uses) => ({ uses, name: /\/([\w-]+)@/.exec(uses)?.[1] ?? '' }))
    .filter(({ name }) => existsSync(join(STUBS, name)));
}

interface Where {
  /** What the workflow runs on. */
  readonly ref: string;
  readonly sha: string;
  readonly fork: boolean;
  /** As the run shows it. */
  readonly head: { readonly headBranch: string; readonly headSha: string; readonly headRepository?: string };
}

type Payload = { readonly [key: string]: unknown };

function whereOf(state: GitHub['state'], repository: string, event: EventKind, payload: Payload): Where {
  const found = state.repository(repository);
  const main = `refs/heads/${found.defaultBranch}`;
  const at = (ref: string, sha: string): Where => ({
    ...{ ref, sha, fork: false },
    head: { headBranch: ref.replace(/^refs\/heads\//, ''), headSha: sha },
  });
  if (event === 'pull_request') {
    const number = payload['number'] as number;
    const { head, merge } = state.pullCommits(repository, number);
    const pull = state.repository(repository).issues.get(number)?.pull;
    const from = pull?.head ?? { repository, ref: '' };
    return {
      ...{ ref: `refs/pull/${number}/merge`, sha: (merge ?? head).sha, fork: from.repository !== repository },
      head: { headBranch: from.ref, headSha: head.sha, headRepository: from.repository },
    };
  }
  if (event === 'merge_group') {
    const { head_ref: ref, head_sha: sha } = payload['merge_group'] as { head_ref: string; head_sha: string };
    return at(ref, sha);
  }
  if (event === 'push') return at(payload['ref'] as string, payload['after'] as string);
  return at(main, found.refs.get(main) ?? '');
}

function filesBelow(folder: string): Record<string, Uint8Array> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => statSync(join(folder, name)).isFile());
  return Object.fromEntries(names.map((name) => [name, new Uint8Array(readFileSync(join(folder, name)))]));
}
