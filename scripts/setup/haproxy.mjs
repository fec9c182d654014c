import { findOnPath, isExecutable } from './places.mjs';
import { mustRun, SetupProblem } from './run.mjs';

/** Where packages put it, beyond an ordinary user's PATH. */
const ELSEWHERE = ['/usr/sbin', '/usr/local/sbin', '/usr/local/bin', '/opt/homebrew/bin'];

const MANAGERS = [
  ['apt-get', 'apt-get update && {sudo}apt-get install -y haproxy'],
  ['dnf', 'dnf install -y haproxy'],
  ['yum', 'yum install -y haproxy'],
  ['apk', 'apk add haproxy'],
  ['pacman', 'pacman -S --noconfirm haproxy'],
  ['zypper', 'zypper install -y haproxy'],
];

/** What to type to install HAProxy on this system. */
export function howToInstall(hasCommand, { platform = process.platform, isRoot = process.getuid?.() === 0 } = {}) {
  if (platform === 'darwin')
    return hasCommand('brew') ? 'brew install haproxy' : 'Install Homebrew (https://brew.sh), then: brew install haproxy';
  const manager = MANAGERS.find(([name]) => hasCommand(name));
  if (!manager) return 'Install HAProxy 2.6 or newer with your system’s packages.';
  const sudo = isRoot ? '' : 'sudo ';
  return `${sudo}${manager[1].replace('{sudo}', sudo)}`;
}

/** The data plane of the sandbox, from the system's packages: ALBEDO_HAPROXY, PATH or the sbin folders. */
export function haproxy(env = process.env) {
  const find = () => findOnPath('haproxy', env, ELSEWHERE);
  const hasCommand = (name) => findOnPath(name, env, ['/usr/bin', '/usr/sbin']) !== undefined;
  return {
    name: 'haproxy',
    check() {
      if (env.ALBEDO_HAPROXY) {
        if (isExecutable(env.ALBEDO_HAPROXY)) return { ok: true, text: `${env.ALBEDO_HAPROXY} (ALBEDO_HAPROXY)` };
        return {
          ok: false,
          problem: new SetupProblem(`ALBEDO_HAPROXY is ${env.ALBEDO_HAPROXY}, which is not an executable file`, 'Unset it or correct it.'),
        };
      }
      const path = find();
      if (path) return { ok: true, text: path };
      return { ok: false, text: 'from the system’s packages' };
    },
    async install({ signal, progress }) {
      const how = howToInstall(hasCommand);
      const problem = new SetupProblem('HAProxy is not installed, and this user may not install system packages', `Run: ${how}`);
      const mayInstall =
        process.platform === 'darwin' ? process.getuid?.() !== 0 && hasCommand('brew') : process.getuid?.() === 0 && hasCommand('apt-get');
      if (!mayInstall) throw problem;
      const options = { signal, env: { ...env, DEBIAN_FRONTEND: 'noninteractive', HOMEBREW_NO_AUTO_UPDATE: '1' } };
      const remedy = `Fix the problem above, or run it yourself: ${how}`;
      if (process.platform === 'darwin') {
        await mustRun('installing HAProxy', remedy, 'brew', ['install', '--quiet', 'haproxy'], options);
      } else {
        progress.note('haproxy', 'apt-get update');
        await mustRun('reading the package lists', remedy, 'apt-get', ['update', '-qq'], options);
        progress.note('haproxy', 'apt-get install');
        await mustRun('installing HAProxy', remedy, 'apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'haproxy'], options);
      }
      const path = find();
      if (!path) throw new SetupProblem('HAProxy was installed but cannot be found', 'Name it: ALBEDO_HAPROXY=/path/to/haproxy');
      return path;
    },
  };
}
