import { randomUUID } from 'node:crypto';
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { findOnPath, fingerprint, isExecutable, readIfPresent, shown } from './places.mjs';
import { mustRun, run, SetupProblem } from './run.mjs';

const STAMP = '.albedo-stamp';
const NAMES = ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python3.10'];
const PROBE = 'import sys; print("%d.%d" % sys.version_info[:2]); import venv, ensurepip';
const HOW = {
  linux: 'Install it, then run this again: sudo apt-get install -y python3 python3-venv (or your system’s package of Python 3.10+).',
  darwin: 'Install it, then run this again: brew install python3',
};

/** A Python of 3.10 or newer that can make virtual environments. */
export async function findPython(env, signal) {
  const remedy = HOW[process.platform] ?? 'Install Python 3.10 or newer with its venv module, then run this again.';
  const seen = [];
  for (const name of NAMES) {
    const path = findOnPath(name, env);
    if (!path) continue;
    const { code, stdout } = await run(path, ['-c', PROBE], { signal, timeout: 60_000 });
    const version = stdout.trim();
    const isNewEnough = Number(version.split('.')[1]) >= 10;
    if (code === 0 && isNewEnough) return path;
    seen.push(`${path} is ${version || 'broken'}${isNewEnough ? ' but lacks the venv module' : ''}`);
  }
  throw new SetupProblem(`no Python 3.10 or newer with venv on PATH${seen.length ? `: ${seen.join('; ')}` : ''}`, remedy);
}

/** Points the link `venv` at `target` in one step; a folder in its place (never made by us) is set aside and removed. */
function pointAt(link, target) {
  const draft = `${link}.${randomUUID()}`;
  symlinkSync(target, draft);
  if (lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink() === false) {
    const aside = `${draft}.old`;
    renameSync(link, aside);
    rmSync(aside, { recursive: true, force: true });
  }
  renameSync(draft, link);
}

/**
 * The virtual environment of tools/requirements.txt, at `<cache>/venv`. An environment cannot be moved once made, so each
 * is made where it stays, in a new folder of `<cache>/venvs`, stamped when it is whole, and `venv` is a link to the current one.
 */
export function python(root, cache, env = process.env) {
  const link = join(cache, 'venv');
  const requirements = join(root, 'tools', 'requirements.txt');
  const digest = () => fingerprint(readFileSync(requirements, 'utf8')).slice(0, 12);

  return {
    name: 'python',
    async check({ signal } = {}) {
      if (env.ALBEDO_PYTHON) {
        const probe = 'import importlib.util as u, sys; sys.exit(not all(map(u.find_spec, ("moto", "flask", "flask_cors", "yaml"))))';
        const ready = isExecutable(env.ALBEDO_PYTHON) && (await run(env.ALBEDO_PYTHON, ['-c', probe], { signal })).code === 0;
        if (ready) return { ok: true, text: `${env.ALBEDO_PYTHON} (ALBEDO_PYTHON)` };
        return {
          ok: false,
          problem: new SetupProblem(
            `ALBEDO_PYTHON is ${env.ALBEDO_PYTHON}, which is not a Python with moto and Flask`,
            'Unset it, or run: "$ALBEDO_PYTHON" -m pip install -r tools/requirements.txt',
          ),
        };
      }
      const ok = readIfPresent(join(link, STAMP)) === digest() && isExecutable(join(link, 'bin', 'python'));
      const text = ok ? `moto and Flask in ${shown(link, env)}` : `pip install of tools/requirements.txt into ${shown(link, env)}`;
      return { ok, text };
    },
    async install({ signal, progress, onCleanUp }) {
      const interpreter = await findPython(env, signal);
      const folders = join(cache, 'venvs');
      mkdirSync(folders, { recursive: true });
      const folder = mkdtempSync(join(folders, `${digest()}-`));
      const keep = onCleanUp(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
      await mustRun('making the virtual environment', HOW[process.platform] ?? '', interpreter, ['-m', 'venv', folder], { signal });
      progress.note('python', 'pip install');
      const own = join(folder, 'bin', 'python');
      const pip = (...args) => ['-m', 'pip', '--disable-pip-version-check', '--no-input', ...args];
      const remedy = 'Check that the Python package index can be reached, then run this again.';
      await mustRun('installing tools/requirements.txt', remedy, own, pip('install', '--quiet', '--no-deps', '-r', requirements), {
        signal,
      });
      await mustRun('checking tools/requirements.txt', 'Pin the package named above in tools/requirements.txt.', own, pip('check'), {
        signal,
      });
      writeFileSync(join(folder, STAMP), digest());
      keep();
      pointAt(link, join('venvs', basename(folder)));
      for (const other of readdirSync(folders)) {
        if (other !== basename(folder)) rmSync(join(folders, other), { recursive: true, force: true });
      }
      return `moto and Flask in ${shown(link, env)}`;
    },
  };
}
