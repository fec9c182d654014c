/** Where the sandbox finds what it does not carry itself: a Python with moto and Flask. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../scripts/setup/places.mjs';

/** The Python that has moto and Flask: `$ALBEDO_PYTHON`, else the virtual environment that set-up makes in the cache. */
export function findPython(env: NodeJS.ProcessEnv = process.env): string {
  const given = env['ALBEDO_PYTHON'];
  const path = given ?? join(cacheFolder(env), 'venv', 'bin', 'python');
  if (existsSync(path)) return path;
  throw new Error(
    given
      ? `ALBEDO_PYTHON is ${given}, which does not exist. Unset it, or point it at a Python that has moto and Flask (tools/requirements.txt).`
      : `The sandbox needs a Python with moto and Flask and found none at ${path}. Run "albedo setup", or set ALBEDO_PYTHON.`,
  );
}
