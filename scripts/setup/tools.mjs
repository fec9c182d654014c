// The programs that the sandbox and load tests need: `albedo setup`, and the question of a command that finds one missing.
import { join } from 'node:path';
import { haproxy } from './haproxy.mjs';
import { k6 } from './k6.mjs';
import { cacheFolder, root, shown } from './places.mjs';
import { python } from './python.mjs';
import { carryOut, inspect } from './set-up.mjs';

/** Part -> what it is for, and about how much is fetched. */
export const TOOLS = {
  python: 'the APIs of the sandbox (moto and Flask in a virtual environment of their own, about 40 MB)',
  k6: 'load tests (about 35 MB)',
  haproxy: 'the load balancer of the sandbox (your system’s package, about 5 MB)',
};

export const toolSteps = (home, cache, env = process.env) => [python(home, cache, env), k6(home, cache, env), haproxy(env)];

const chosen = (names, env) => toolSteps(root, cacheFolder(env), env).filter(({ name }) => names.includes(name));

/** Of these parts, those that are missing: `[{ name, text }]`, `text` being what would be done. Changes nothing and asks no network. */
export async function missingTools(names, env = process.env) {
  return (await inspect(chosen(names, env))).filter(({ ok }) => !ok);
}

/** Installs these parts; answers 0 when all are there, else 1, or 128 + n after a signal. */
export function installTools(names, options = {}, env = process.env) {
  const cache = cacheFolder(env);
  return carryOut(chosen(names, env), {
    ...options,
    about: `tools in ${shown(cache, env)}`,
    locks: [[join(cache, '.setup.lock'), shown(cache, env)]],
  });
}
