/**
 * What a shell script may do on an instance of the sandbox: look at, stop, start, kill and freeze the units of its webserver, and run a transient
 * unit beside it. A root shell script cannot be run safely on the user's machine, so lines of other forms fail as an unknown command does.
 */
import type { Clock } from './types.ts';

/** The unit that runs the webserver, as its installation names it. */
const WEBSERVER = 'webserver';

/** The webserver's processes of one boot of an instance. */
export interface Server {
  /** Milliseconds of real time may pass until it is so. */
  start(): Promise<void>;
  stop(): Promise<void>;
  isRunning(): boolean;
  freeze(on: boolean): void;
  /** Another server in its place, which answers 500 except at this path; undefined: nothing is in its place any more. */
  failExcept(path: string | undefined): Promise<void>;
}

export interface Result {
  readonly code: number;
  readonly stderr: string;
}

/** One boot of an instance. */
export interface Shell {
  run(lines: readonly string[]): Promise<Result>;
  /** The machine is going down: nothing more happens on it. */
  end(): void;
}

interface Transient {
  readonly name: string;
  readonly after: string;
  readonly cancel: () => void;
  readonly ended: () => Promise<void>;
}

const fine: Result = { code: 0, stderr: '' };
const failed = (code: number, stderr: string): Result => ({ code, stderr });

export function openShell(server: Server, clock: Clock, log: (line: string) => void): Shell {
  const units = new Map<string, Transient>();
  let over = false;

  const endUnit = async (unit: Transient): Promise<void> => {
    if (!units.delete(unit.name)) return;
    unit.cancel();
    await unit.ended();
    if (over || unit.after === '') return;
    const { code, stderr } = await command(words(unit.after));
    if (code !== 0) log(`${unit.name}: what follows its end failed: ${stderr}`);
  };

  const systemctl = async (args: readonly string[]): Promise<Result> => {
    const [verb = '', named = '', ...more] = args.filter((arg) => !arg.startsWith('--'));
    const options = args.filter((arg) => arg.startsWith('--'));
    if (more.length > 0) return failed(1, `the sandbox's systemctl takes one unit, not ${more.length + 1}`);
    const name = named.replace(/\.service$/, '');
    const transient = units.get(name);
    if (transient !== undefined && verb === 'stop') {
      await endUnit(transient);
      return fine;
    }
    if (name !== WEBSERVER) return failed(verb === 'is-active' ? 4 : 5, `Unit ${name}.service could not be found.`);
    switch (verb) {
      case 'is-active':
        return server.isRunning() ? fine : failed(3, '');
      case 'start':
        await server.start();
        return fine;
      case 'stop':
        await server.stop();
        return fine;
      case 'kill':
        if (!options.includes('--signal=SIGKILL')) return failed(1, 'the sandbox kills with --signal=SIGKILL only');
        // Its unit starts it again (Restart=always).
        await server.stop();
        await server.start();
        return fine;
      case 'freeze':
      case 'thaw':
        if (!server.isRunning()) return failed(1, `Failed to ${verb} unit: Unit is not active.`);
        server.freeze(verb === 'freeze');
        return fine;
      default:
        return failed(1, `Unknown command verb ${verb}.`);
    }
  };

  const systemdRun = async (args: readonly string[]): Promise<Result> => {
    const option = (name: string): string => args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3) ?? '';
    const setting = (name: string): string => args.find((arg) => arg.startsWith(`--setenv=${name}=`))?.slice(name.length + 10) ?? '';
    const property = (name: string): string => args.find((arg) => arg.startsWith(`--property=${name}=`))?.slice(name.length + 12) ?? '';
    const program = args.filter((arg) => !arg.startsWith('--'));
    const name = option('unit');
    const seconds = Number(property('RuntimeMaxSec'));
    if (name === '' || !(seconds > 0)) return failed(1, 'the sandbox runs units with a name and RuntimeMaxSec only');
    if (units.has(name))
      return failed(1, `Failed to start transient service unit: Unit ${name}.service was already loaded or has a fragment file.`);
    const work = await begin(program, setting);
    if (work === undefined) return failed(203, `Failed to execute ${program[0] ?? ''}: the sandbox knows no such program`);
    const unit: Transient = {
      ...{ name, after: property('ExecStopPost'), ended: work },
      cancel: clock.after(seconds * 1000, () => void endUnit(unit)),
    };
    units.set(name, unit);
    return fine;
  };

  /** Begins what the sandbox knows; the answer ends it. */
  const begin = async (program: readonly string[], setting: (name: string) => string): Promise<(() => Promise<void>) | undefined> => {
    const [path = '', first = '', script = ''] = program;
    if (path === '/usr/bin/sleep' && first === 'infinity') return async () => undefined;
    if (path === '/usr/bin/python3' && first === '-c' && setting('HEALTH') !== '') {
      await server.failExcept(setting('HEALTH'));
      return () => server.failExcept(undefined);
    }
    const loop = /^while :; do systemctl freeze (\S+); sleep ([\d.]+); systemctl thaw \1; sleep ([\d.]+); done$/.exec(script);
    return path === '/bin/sh' && first === '-c' && loop?.[1] === WEBSERVER ? pauses(Number(loop[2]), Number(loop[3])) : undefined;
  };
  const pauses = (pause: number, work: number): (() => Promise<void>) => {
    let cancel: () => void = () => undefined;
    let frozen = false;
    const turn = (): void => {
      frozen = !frozen;
      server.freeze(frozen);
      cancel = clock.after((frozen ? pause : work) * 1000, turn);
    };
    turn();
    return async () => {
      cancel();
      // A unit that is killed thaws nothing: that is for what follows it.
    };
  };

  const command = async ([name = '', ...args]: readonly string[]): Promise<Result> => {
    if (/^(\/usr\/bin\/)?systemctl$/.test(name)) return systemctl(args);
    if (name === 'systemd-run') return systemdRun(args);
    return failed(127, `${name}: command not found (the sandbox knows systemctl and systemd-run, in few of their forms)`);
  };

  return {
    async run(lines) {
      let last = fine;
      let strict = false;
      for (const line of lines) {
        if (over) return failed(1, 'the machine went down');
        if (line.trim() === 'set -e') {
          strict = true;
          continue;
        }
        const [, plain = line, otherwise] = /^(.*) \|\| (true|exit \d{1,3})$/.exec(line) ?? [];
        last = await command(words(plain.replace(/ 2>\/dev\/null$/, '')));
        if (otherwise === 'true') last = fine;
        else if (otherwise !== undefined && last.code !== 0) return failed(Number(otherwise.slice('exit '.length)), last.stderr);
        if (strict && last.code !== 0) return last;
      }
      return last;
    },
    end() {
      over = true;
      for (const unit of units.values()) unit.cancel();
      units.clear();
    },
  };
}

/** Words of a shell: bare, or in single quotes. */
function words(line: string): readonly string[] {
  const found: string[] = [];
  for (const [whole] of line.matchAll(/(?:'[^']*'|\\'|[^\s'\\])+/g))
    found.push(whole.replace(/'([^']*)'|\\'/g, (all, inner) => (all === "\\'" ? "'" : inner)));
  return found;
}
