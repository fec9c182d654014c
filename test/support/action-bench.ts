/** Runs the action's bundle as a runner would: on Node 24, with its variables and files, main step and post step. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const BUNDLE = join(ROOT, 'action/dist/main.js');

/** Makes the bundle where it is not there or older than a source. */
export async function buildBundle(): Promise<string> {
  const { isBundleFresh } = (await import(join(ROOT, 'scripts/setup/bundle.mjs'))) as { isBundleFresh(root: string): boolean };
  if (!isBundleFresh(ROOT) || !existsSync(BUNDLE)) {
    const { status, stderr } = spawnSync(process.execPath, [join(ROOT, 'scripts/build.mjs')], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`the bundle does not build: ${stderr}`);
  }
  return BUNDLE;
}

/** The runner's Node: from the cache where set-up put it, else this one. */
export async function runnerNode(): Promise<string> {
  const cache = process.env['ALBEDO_CACHE'] || join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'albedo');
  const { node24Path } = (await import(join(ROOT, 'scripts/setup/node-release.mjs'))) as { node24Path(cache: string): string };
  const path = node24Path(cache);
  return existsSync(path) ? path : process.execPath;
}

export interface StepInput {
  readonly inputs: Readonly<Record<string, string>>;
  /** Of the repository, `owner/name`. */
  readonly repository: string;
  readonly apiUrl: string;
  readonly event: string;
  readonly payload: unknown;
  readonly sha: string;
  readonly run: number;
  readonly attempt?: number;
  /** AWS variables and the like. */
  readonly env: Readonly<Record<string, string>>;
}

export interface StepEnd {
  /** Null after a signal. */
  readonly code: number | null;
  readonly out: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly exported: Readonly<Record<string, string>>;
  readonly summary: string;
}

export interface Step {
  /** To the step and all that it started, as the runner ends a step. */
  signal(name: NodeJS.Signals): void;
  /** Resolves with what was printed so far, once `pattern` is in it. Rejects when the process ends without. */
  until(pattern: RegExp): Promise<string>;
  readonly end: Promise<StepEnd>;
}

export interface Runner {
  /** The workspace, where specs are put. */
  readonly folder: string;
  write(path: string, text: string): void;
  read(path: string): string;
  main(input: StepInput): Step;
  /** A main step whose post step is not asked for: the last one's stays. */
  aside(input: StepInput): Step;
  /** The post step of the last main step. */
  post(input: StepInput): Step;
  remove(): void;
}

/** `bundle`: another than that of the working tree, such as a release's. */
export async function openRunner(bundle?: string): Promise<Runner> {
  const folder = mkdtempSync(join(tmpdir(), 'albedo-action-'));
  const node = await runnerNode();
  const main = bundle ?? (await buildBundle());
  let state: Readonly<Record<string, string>> = {};
  let steps = 0;

  const start = (input: StepInput, stepState: Readonly<Record<string, string>>, kept = true): Step => {
    const files = join(folder, '.runner', String(++steps));
    mkdirSync(files, { recursive: true });
    mkdirSync(join(folder, '.runner/temp'), { recursive: true });
    const file = (name: string, text = ''): string => {
      writeFileSync(join(files, name), text);
      return join(files, name);
    };
    const env: Record<string, string> = {
      ...Object.fromEntries(
        ['PATH', 'HOME', 'ALBEDO_CACHE', 'ALBEDO_PYTHON', 'ALBEDO_K6', 'XDG_CACHE_HOME'].flatMap((name) =>
          process.env[name] === undefined ? [] : [[name, process.env[name]]],
        ),
      ),
      ...{ CI: 'true', GITHUB_ACTIONS: 'true', GITHUB_API_URL: input.apiUrl, GITHUB_SERVER_URL: 'https://github.com' },
      ...{ GITHUB_REPOSITORY: input.repository, GITHUB_SHA: input.sha, GITHUB_ACTOR: 'ana', GITHUB_WORKSPACE: folder },
      ...{ GITHUB_RUN_ID: String(input.run), GITHUB_RUN_ATTEMPT: String(input.attempt ?? 1), GITHUB_EVENT_NAME: input.event },
      ...{ GITHUB_EVENT_PATH: file('event.json', JSON.stringify(input.payload)), RUNNER_TEMP: join(folder, '.runner/temp') },
      ...{ GITHUB_OUTPUT: file('output'), GITHUB_STATE: file('state'), GITHUB_ENV: file('env'), GITHUB_STEP_SUMMARY: file('summary') },
      ...Object.fromEntries(Object.entries(input.inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
      ...Object.fromEntries(Object.entries(stepState).map(([name, value]) => [`STATE_${name}`, value])),
      ...input.env,
    };
    const child = spawn(node, [main], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    let out = '';
    const waiting: { readonly pattern: RegExp; resolve(text: string): void; reject(error: Error): void }[] = [];
    const hear = (chunk: Buffer): void => {
      out += chunk.toString();
      for (const each of waiting.splice(0)) {
        if (each.pattern.test(out)) each.resolve(out);
        else waiting.push(each);
      }
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    const end = new Promise<StepEnd>((resolve) => {
      child.once('close', (code) => {
        for (const each of waiting.splice(0)) each.reject(new Error(`it ended without ${each.pattern}:\n${out}`));
        const read = (name: string): string => readFileSync(join(files, name), 'utf8');
        if (kept) state = { ...stepState, ...commandFile(read('state')) };
        resolve({ code, out, outputs: commandFile(read('output')), exported: commandFile(read('env')), summary: read('summary') });
      });
    });
    const until = (pattern: RegExp): Promise<string> =>
      new Promise((resolve, reject) => {
        if (pattern.test(out)) resolve(out);
        else waiting.push({ pattern, resolve, reject });
      });
    return { signal: (name) => signalGroup(child, name), until, end };
  };

  return {
    folder,
    write(path, text) {
      mkdirSync(join(folder, path, '..'), { recursive: true });
      writeFileSync(join(folder, path), text);
    },
    read: (path) => readFileSync(resolve(folder, path), 'utf8'),
    main: (input) => start(input, {}),
    aside: (input) => start(input, {}, false),
    post: (input) => start(input, state),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function signalGroup(child: ChildProcess, name: NodeJS.Signals): void {
  if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) process.kill(-child.pid, name);
}

/** `name<<mark`, lines, `mark`, as the toolkit writes them; later words of a name win. */
function commandFile(text: string): Record<string, string> {
  const values: Record<string, string> = {};
  for (const [, name = '', , value = ''] of text.matchAll(/^([\w-]+)<<(.+)\r?\n([\s\S]*?)\r?\n\2$/gm)) values[name] = value;
  return values;
}

/** What a runner would take for a command of the step: those outside of stop-commands. */
export function heardCommands(out: string): string[] {
  let token: string | undefined;
  const heard: string[] = [];
  for (const raw of out.split('\n')) {
    const line = raw.trim();
    if (token !== undefined) {
      if (line === `::${token}::`) token = undefined;
      continue;
    }
    const stop = /^::stop-commands::(.+)$/.exec(line);
    if (stop) token = stop[1];
    else if (line.startsWith('::') || /##\[/.test(line)) heard.push(line);
  }
  return heard;
}
