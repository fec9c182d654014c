// Carries out parts of set-up, whoever asks for them: a checkout (checkout.mjs) or the command (tools.mjs).
import { withLock } from './lock.mjs';
import { makeProgress } from './progress.mjs';
import { SetupProblem } from './run.mjs';

const EXIT_OF_SIGNAL = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };

class Interrupted extends Error {
  constructor(name) {
    super(`stopped by ${name}`);
    this.name = 'Interrupted';
    this.exit = EXIT_OF_SIGNAL[name];
  }
}

/** Aborts on Ctrl-C and its kind; `release` gives the signals back. */
function listenForStop() {
  const controller = new AbortController();
  const listeners = Object.keys(EXIT_OF_SIGNAL).map((name) => [name, () => controller.abort(new Interrupted(name))]);
  for (const [name, listener] of listeners) process.on(name, listener);
  return {
    signal: controller.signal,
    release() {
      for (const [name, listener] of listeners) process.off(name, listener);
    },
  };
}

async function look(steps, signal) {
  const states = new Map();
  await Promise.all(
    steps.map(async (step) => {
      try {
        states.set(step, await step.check({ signal }));
      } catch (error) {
        if (!(error instanceof SetupProblem)) throw error;
        states.set(step, { ok: false, problem: error });
      }
    }),
  );
  return states;
}

/** Does every step that is not done, all at once except where one needs another. Answers what could not be done. */
async function install(steps, progress, signal) {
  const states = await look(steps, signal);
  const failures = [];
  const cleanUps = new Set();
  const onCleanUp = (undo) => {
    cleanUps.add(undo);
    return () => cleanUps.delete(undo);
  };
  const results = new Map();

  const perform = async (step) => {
    const needed = step.after && (await results.get(step.after));
    if (signal.aborted) return false;
    if (needed === false) {
      progress.fail(step.name, `not tried: it needs ${step.after}`);
      return false;
    }
    let state = states.get(step);
    if (state.ok) {
      progress.done(step.name, state.text);
      return true;
    }
    try {
      if (state.problem) throw state.problem;
      if (step.after) state = await step.check({ signal });
      progress.start(step.name, state.text);
      progress.done(step.name, await step.install({ signal, progress, onCleanUp, state }));
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      if (!(error instanceof SetupProblem)) error.message = `${step.name}: ${error.message}`;
      failures.push(error);
      progress.fail(step.name, error instanceof SetupProblem ? error.message.split('\n')[0] : error.message);
      return false;
    }
  };

  for (const step of steps) results.set(step.name, perform(step));
  await Promise.all(results.values());
  if (signal.aborted || failures.length > 0) for (const undo of cleanUps) undo();
  signal.throwIfAborted();
  return failures;
}

function tellFailures(failures, progress) {
  for (const failure of failures) {
    progress.line('');
    progress.line(failure instanceof SetupProblem ? failure.message : (failure.stack ?? String(failure)));
    if (failure.remedy) progress.line(`→ ${failure.remedy}`);
  }
}

/** What each part is and whether it is there: `[{ name, ok, text }]`. Changes nothing. */
export async function inspect(steps, signal) {
  const states = await look(steps, signal);
  return [...states].map(([{ name }, { ok, text, problem }]) => ({ name, ok, text: problem?.message ?? text }));
}

/**
 * Installs the parts that are missing and answers the exit status: 0 everything is there, 1 something is missing that only the user can
 * bring, 128 + n after a signal. Any number may run at once: `locks` names the files that make one wait for the other, with what they protect.
 * `about` says in a few words what is set up and where.
 */
export async function carryOut(steps, { about, locks, checkOnly = false, quiet = false, out = process.stderr }) {
  const began = Date.now();
  const progress = makeProgress(out);
  const stop = listenForStop();
  try {
    const states = await look(steps, stop.signal);
    const isComplete = [...states.values()].every((state) => state.ok);
    if (checkOnly) {
      for (const [step, state] of states) {
        if (state.ok) progress.done(step.name, state.text);
        else progress.fail(step.name, `missing: ${state.problem?.message ?? state.text}`);
      }
      return isComplete ? 0 : 1;
    }
    if (isComplete) {
      if (!quiet) progress.line(`Set-up: everything is in place (${about}, ${Date.now() - began} ms)`);
      return 0;
    }
    progress.line(`Set-up: ${about}`);
    const waiting = (what) => (pid) => progress.line(`  waiting for another set-up of ${what}${pid ? ` (process ${pid})` : ''}`);
    const task = locks.reduceRight(
      (inner, [path, what]) =>
        () =>
          withLock(path, { signal: stop.signal, onWait: waiting(what) }, inner),
      () => install(steps, progress, stop.signal),
    );
    const failures = await task();
    tellFailures(failures, progress);
    if (failures.length > 0) return 1;
    progress.line(`Set-up done in ${((Date.now() - began) / 1000).toFixed(1)} s`);
    return 0;
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    progress.line(`Set-up ${error.message}; what was half made is removed. Run it again to go on.`);
    return error.exit;
  } finally {
    progress.close();
    stop.release();
  }
}
