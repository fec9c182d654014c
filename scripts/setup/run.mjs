import { spawn } from 'node:child_process';

/** Something only the user can mend: `remedy` is what to run or change. */
export class SetupProblem extends Error {
  constructor(message, remedy, options) {
    super(message, options);
    this.name = 'SetupProblem';
    this.remedy = remedy;
  }
}

/** Lines of a failed program's output that are shown, at its beginning and at its end. */
const HEAD = 12;
const TAIL = 24;
/** Milliseconds between asking a process to end and ending it. */
const GRACE = 3000;

/**
 * Runs a program to its end, without a terminal and without a shell, and answers its exit code and output.
 * Each runs in a process group of its own, so that what it started ends with it when `signal` aborts.
 */
export function run(command, args, { cwd, env = process.env, signal, timeout } = {}) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    let stdout = '';
    let stderr = '';
    let killing;
    let timedOut = false;
    const end = (name) => {
      try {
        process.kill(-child.pid, name);
      } catch {
        // The group is gone already.
      }
    };
    const stop = () => {
      end('SIGTERM');
      killing = setTimeout(() => end('SIGKILL'), GRACE);
    };
    const alarm = timeout
      ? setTimeout(() => {
          timedOut = true;
          stop();
        }, timeout)
      : undefined;
    const settle = () => {
      clearTimeout(alarm);
      clearTimeout(killing);
      signal?.removeEventListener('abort', stop);
    };
    signal?.addEventListener('abort', stop, { once: true });
    child.stdout.on('data', (chunk) => (stdout += chunk));
    child.stderr.on('data', (chunk) => (stderr += chunk));
    child.once('error', (error) => {
      settle();
      reject(error);
    });
    child.once('close', (code, killedBy) => {
      settle();
      if (signal?.aborted) return reject(signal.reason);
      if (timedOut) stderr += `\nended after ${timeout / 1000} s without finishing`;
      resolve({ code: timedOut ? 1 : (code ?? 1), killedBy, stdout, stderr });
    });
  });
}

/** The lines that tell most: some programs name the cause first and print their whole usage after it. */
function excerpt(text) {
  const lines = text.trim().split('\n');
  const shown = lines.length <= HEAD + TAIL ? lines : [...lines.slice(0, HEAD), '…', ...lines.slice(-TAIL)];
  return shown.join('\n    ');
}

/** Runs a program that has to succeed; otherwise throws a SetupProblem that ends with what it printed. */
export async function mustRun(doing, remedy, command, args, options) {
  let result;
  try {
    result = await run(command, args, options);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    throw new SetupProblem(`${doing}: there is no ${command} on PATH`, remedy, { cause: error });
  }
  if (result.code === 0) return result;
  const ended = `\`${[command, ...args].join(' ')}\` ended with ${result.killedBy ?? result.code}`;
  throw new SetupProblem(`${doing}: ${ended}\n    ${excerpt(`${result.stdout}\n${result.stderr}`)}`, remedy);
}
