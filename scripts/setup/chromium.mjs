import { findOnPath } from './places.mjs';
import { mustRun, SetupProblem } from './run.mjs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const HOW = 'apt-get update && apt-get install -y --no-install-recommends chromium fonts-dejavu-core';

/** A browser for the tests of the page (`npm run test:page`), from the system's packages. */
export function chromium(env = process.env) {
  const find = () => NAMES.map((name) => findOnPath(name, env)).find(Boolean);
  return {
    name: 'chromium',
    check() {
      const path = find();
      return path ? { ok: true, text: path } : { ok: false, text: 'from the system’s packages' };
    },
    async install({ signal, progress }) {
      if (process.getuid?.() !== 0 || findOnPath('apt-get', env, ['/usr/bin']) === undefined)
        throw new SetupProblem(
          'Chromium is not installed, and this user may not install system packages',
          `Install Chromium, such as with: ${HOW}`,
        );
      const options = { signal, env: { ...env, DEBIAN_FRONTEND: 'noninteractive' } };
      const remedy = `Fix the problem above, or run it yourself: ${HOW}`;
      progress.note('chromium', 'apt-get update');
      await mustRun('reading the package lists', remedy, 'apt-get', ['update', '-qq'], options);
      progress.note('chromium', 'apt-get install');
      const packages = ['chromium', 'fonts-dejavu-core'];
      await mustRun('installing Chromium', remedy, 'apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], options);
      const path = find();
      if (!path) throw new SetupProblem('Chromium was installed but cannot be found', 'Put it on the PATH.');
      return path;
    },
  };
}
