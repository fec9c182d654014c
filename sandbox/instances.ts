/**
 * Running instances as real processes. Each has a loopback address of its own; what listens there is up to its user data.
 * A root shell script cannot be run safely on the user's machine, so the sandbox runs the apps it knows by their marker line
 * and nothing else: without a marker every port of the instance is closed.
 */
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { openShell, type Server, type Shell } from './services.ts';
import type { SupervisedProcess, spawnSupervised } from './supervised-process.ts';
import type { Clock, InstanceFacts, Machines, NetworkView } from './types.ts';

const WEBSERVER = fileURLToPath(new URL('./webserver/app.py', import.meta.url));
const STATIC = fileURLToPath(new URL('./webserver/static.cfg', import.meta.url));
const MARKER =
  /^[ \t]*#[ \t]*albedo-app:[ \t]*(?:flask-webserver[ \t]+port=(\d{1,5})(?:[ \t]+(tls))?|static-webserver[ \t]+port=(\d{1,5}))[ \t]*$/gm;
/** Real time (ms) an app may take to listen before it counts as up anyway; Flask needs about 500 on a busy machine. */
const LISTEN_PATIENCE_MS = 60_000;
const LISTEN_LOOK_MS = 30;

export interface InstanceProcessesOptions {
  readonly clock: Clock;
  readonly network: NetworkView;
  readonly addressOf: (instanceId: string) => string;
  /** The port really bound for a port the user data asks for. */
  readonly boundPort: (port: number) => number;
  readonly spawnSupervised: typeof spawnSupervised;
  readonly python: string;
  readonly haproxy: string;
  readonly log: (line: string) => void;
}

export interface InstanceProcesses extends Machines {
  /** Starts and ends processes as the instances' states say. Cheap when nothing changed; never waits. */
  update(): void;
  /** How often this instance was started so far. Another number means it is a fresh machine: nothing known of it holds. */
  boots(instanceId: string): number;
  /** Resolves when every process that should run listens and every other one is gone. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

export interface Webserver {
  /** `flask`: the tutorial's; `static`: HAProxy, for more load than Flask takes. */
  readonly kind: 'flask' | 'static';
  readonly port: number;
  readonly tls: boolean;
}

/** What user data asks the webserver to listen on, in order, each port once: the first line that names it. */
export function webserversOf(userData: string): readonly Webserver[] {
  const asked = [...userData.matchAll(MARKER)].map(
    ([, flask, tls, fast]): Webserver => ({
      kind: fast === undefined ? 'flask' : 'static',
      port: Number(fast ?? flask),
      tls: tls !== undefined,
    }),
  );
  return asked.filter(({ port }, index) => port >= 1 && port <= 65_535 && asked.findIndex((other) => other.port === port) === index);
}

interface Machine {
  processes: SupervisedProcess[];
  listening: Promise<unknown>;
  readonly shell: Shell;
  /** Processes that were told to end, which is no accident. */
  readonly ending: Set<SupervisedProcess>;
  /** Set once it is being shut down; resolves when its processes are gone. */
  gone?: Promise<unknown>;
}

export function startInstances(options: InstanceProcessesOptions): InstanceProcesses {
  const machines = new Map<string, Machine>();
  const boots = new Map<string, number>();

  const boot = (facts: InstanceFacts, after: Promise<unknown> | undefined): Machine => {
    boots.set(facts.id, (boots.get(facts.id) ?? 0) + 1);
    const ending = new Set<SupervisedProcess>();
    const machine: Machine = {
      processes: [],
      listening: Promise.resolve(),
      ending,
      shell: openShell(
        serverOf(facts, () => machine),
        options.clock,
        options.log,
      ),
    };
    machine.listening = start(facts, machine, after);
    return machine;
  };

  /** The unit that serves on the machine. */
  const serverOf = (facts: InstanceFacts, machineOf: () => Machine): Server => {
    const end = async (): Promise<void> => {
      const machine = machineOf();
      const old = machine.processes;
      machine.processes = [];
      for (const each of old) machine.ending.add(each);
      await Promise.all(old.map((each) => each.stop()));
    };
    const begin = async (failExcept?: string): Promise<void> => {
      const machine = machineOf();
      if (machine.gone || machine.processes.length > 0) return;
      const servers = webserversOf(facts.userData);
      machine.processes = servers.map((server) => run(facts, server, machine, failExcept));
      const { processes } = machine;
      await Promise.all(
        servers.map(({ port }, index) => untilListening(options.addressOf(facts.id), options.boundPort(port), processes[index])),
      );
    };
    let failing = false;
    return {
      isRunning: () => !failing && machineOf().processes.length > 0,
      start: () => (failing ? Promise.resolve() : begin()),
      stop: () => (failing ? Promise.resolve() : end()),
      freeze(on) {
        for (const { pid } of machineOf().processes) {
          try {
            process.kill(pid, on ? 'SIGSTOP' : 'SIGCONT');
          } catch {
            // It has ended.
          }
        }
      },
      async failExcept(path) {
        await end();
        failing = path !== undefined;
        if (path !== undefined) await begin(path);
      },
    };
  };

  const start = async (facts: InstanceFacts, machine: Machine, after: Promise<unknown> | undefined): Promise<void> => {
    await after;
    if (machine.gone) return;
    const servers = webserversOf(facts.userData);
    if (servers.length === 0) options.log(`instance ${facts.id}: its user data names no app the sandbox knows, so nothing listens on it`);
    for (const server of servers) machine.processes.push(run(facts, server, machine));
    await Promise.all(
      servers.map(({ port }, index) => untilListening(options.addressOf(facts.id), options.boundPort(port), machine.processes[index])),
    );
  };

  const run = (facts: InstanceFacts, server: Webserver, machine: Machine, failExcept?: string): SupervisedProcess => {
    const host = options.addressOf(facts.id);
    const { port } = server;
    const said: string[] = [];
    const [command, args, more] = commandOf(server, host, options.boundPort(port), failExcept);
    const started = options.spawnSupervised(command, args, {
      env: {
        INSTANCE_ID: facts.id,
        INSTANCE_ZONE: facts.availabilityZone,
        INSTANCE_HOST: `ip-${facts.privateIp.replaceAll('.', '-')}`,
        ...more,
      },
      onStderr: (line) => {
        said.push(line);
        if (said.length > 20) said.shift();
      },
    });
    void started.exited.then(({ code, signal }) => {
      if (!machine.gone && !machine.ending.has(started))
        options.log(
          `instance ${facts.id}: its webserver on ${host}:${port} ended by itself (${signal ?? `exit ${code}`}): ${said.join(' | ')}`,
        );
    });
    return started;
  };

  /** What is run, with which arguments and variables. `failExcept`: the only path that is answered well. */
  const commandOf = (
    { kind, tls }: Webserver,
    host: string,
    port: number,
    failExcept: string | undefined,
  ): readonly [command: string, args: readonly string[], env: Readonly<Record<string, string>>] => {
    if (kind === 'static') {
      const failing = { FAILING: failExcept === undefined ? '0' : '1', FAIL_EXCEPT: failExcept ?? '/' };
      return [options.haproxy, ['-db', '-q', '-f', STATIC], { HOST: host, PORT: String(port), ...failing }];
    }
    const more = [...(tls ? ['--tls'] : []), ...(failExcept === undefined ? [] : ['--fail-except', failExcept])];
    return [options.python, ['-u', WEBSERVER, '--host', host, '--port', String(port), ...more], { PYTHONDONTWRITEBYTECODE: '1' }];
  };

  /** As an operating system shutting down: SIGTERM first. */
  const shutDown = (machine: Machine): Promise<unknown> => {
    machine.shell.end();
    machine.gone ??= Promise.all(machine.processes.map((process) => process.stop()));
    return machine.gone;
  };

  return {
    update() {
      const running = new Map(
        options.network
          .instances()
          .filter(({ state }) => state === 'running')
          .map((facts) => [facts.id, facts]),
      );
      for (const [id, machine] of machines) if (!running.has(id)) void shutDown(machine);
      for (const [id, facts] of running) {
        const machine = machines.get(id);
        if (!machine || machine.gone) machines.set(id, boot(facts, machine?.gone));
      }
    },
    boots: (id) => boots.get(id) ?? 0,
    knows: (id) => webserversOf(options.network.instance(id)?.userData ?? '').length > 0,
    run: async (id, lines) => {
      const machine = machines.get(id);
      return machine === undefined || machine.gone ? undefined : machine.shell.run(lines);
    },
    async settled() {
      await Promise.all([...machines.values()].map((machine) => machine.gone ?? machine.listening));
    },
    async stop() {
      await Promise.all([...machines.values()].map(shutDown));
      machines.clear();
    },
  };
}

/** Resolves when something accepts connections there, the process has ended, or patience has. */
async function untilListening(host: string, port: number, process: SupervisedProcess | undefined): Promise<void> {
  let ended = process === undefined;
  void process?.exited.then(() => {
    ended = true;
  });
  const patience = Date.now() + LISTEN_PATIENCE_MS;
  while (!ended && Date.now() < patience && !(await accepts(host, port))) {
    await new Promise((resolve) => setTimeout(resolve, LISTEN_LOOK_MS));
  }
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
