/**
 * A node that runs the command of a pod as a process of this machine: scheduler and kubelet in one, as strict as what albedo relies on.
 * ConfigMaps and emptyDirs are folders, paths of mounts are replaced in command, environment and working folder, the log is served as a
 * kubelet serves it, a deleted pod gets its word to end and its grace. It pulls no image.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createReadStream, createWriteStream, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAuthority } from '../support/certificate-authority.ts';
import { type Cluster, freePort } from './cluster.ts';

const NODE = 'here';
const LOOK_MS = 150;

export interface Kubelet {
  /** Pods whose name matches are not scheduled until this many milliseconds after they were made; set before they are. */
  delay(pattern: RegExp, ms: number): void;
  /** Lets pods whose name matches wait for their image, which cannot be pulled. */
  withoutImage(pattern: RegExp): void;
  /** Keeps only so many bytes of a log, as a node does that rotates it. */
  keep(bytes: number): void;
  /** Lets no log be followed any more, or again. */
  deaf(isDeaf: boolean): void;
  /** Cuts off all logs that are followed, as a network does; how many there were. */
  cut(): number;
  /** Stops the processes of pods, or lets them go on; how many. */
  freeze(pattern: RegExp, frozen: boolean): number;
  /** Kills the process of a pod, as a node does that runs out of memory. */
  kill(pattern: RegExp): void;
  /** Of pods that were started here and are not gone. */
  readonly running: () => readonly string[];
  /** What pods were handed: command and environment. */
  readonly started: readonly {
    readonly name: string;
    readonly command: readonly string[];
    readonly env: Readonly<Record<string, string>>;
  }[];
  stop(): Promise<void>;
}

interface Mount {
  readonly name: string;
  readonly mountPath: string;
}
interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly creationTimestamp: string;
    readonly deletionTimestamp?: string;
    readonly deletionGracePeriodSeconds?: number;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly nodeName?: string;
    readonly volumes?: readonly { readonly name: string; readonly configMap?: { readonly name: string }; readonly emptyDir?: object }[];
    readonly containers: readonly {
      readonly name: string;
      readonly image: string;
      readonly command: readonly string[];
      readonly workingDir: string;
      readonly env?: readonly {
        readonly name: string;
        readonly value?: string;
        readonly valueFrom?: { readonly fieldRef?: { readonly fieldPath: string } };
      }[];
      readonly volumeMounts: readonly Mount[];
    }[];
  };
  readonly status: { readonly phase?: string };
}

interface Local {
  readonly child: ChildProcess;
  readonly log: string;
  readonly startedAt: string;
  killed: boolean;
  ended: boolean;
  /** All of its log is in the file. */
  written: boolean;
}

/** `k6`: what `k6` is for a pod. */
export async function startKubelet({ api, folder }: Cluster, k6: string): Promise<Kubelet> {
  const pods = new Map<string, Local>();
  const started: { name: string; command: readonly string[]; env: Record<string, string> }[] = [];
  const delays: { readonly pattern: RegExp; readonly ms: number }[] = [];
  const imageless: RegExp[] = [];
  let most = Number.POSITIVE_INFINITY;
  let over = false;
  const bin = join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'k6'), `#!/bin/sh\nexec '${k6}' "$@"\n`, { mode: 0o755 });

  let isDeaf = false;
  const { server, cut } = await serveLogs({ find: (name) => pods.get(name), keep: () => most, deaf: () => isDeaf });
  const { port } = server.address() as { readonly port: number };
  await api.call('POST', '/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: NODE } }).catch(ignoreGone);
  await api.call(
    'PATCH',
    `/api/v1/nodes/${NODE}/status`,
    { status: { addresses: [{ type: 'InternalIP', address: '127.0.0.1' }], daemonEndpoints: { kubeletEndpoint: { Port: port } } } },
    'application/merge-patch+json',
  );

  const path = ({ metadata }: Pod): string => `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}`;
  /** Tries again while there is no API server. */
  const report = async (pod: Pod, status: object): Promise<void> => {
    while (!over)
      try {
        await api.call('PATCH', `${path(pod)}/status`, { status }, 'application/strategic-merge-patch+json').catch(ignoreGone);
        return;
      } catch {
        await sleep(LOOK_MS);
      }
  };

  const bind = (pod: Pod): Promise<unknown> =>
    api
      .call('POST', `${path(pod)}/binding`, {
        ...{ apiVersion: 'v1', kind: 'Binding', metadata: { name: pod.metadata.name } },
        target: { apiVersion: 'v1', kind: 'Node', name: NODE },
      })
      .catch(ignoreGone);

  const start = async (pod: Pod): Promise<void> => {
    const { name, namespace } = pod.metadata;
    const [container] = pod.spec.containers;
    if (container === undefined) return;
    if (imageless.some((pattern) => pattern.test(name))) {
      const waiting = { reason: 'ErrImagePull', message: `failed to pull "${container.image}": not found` };
      const status = { name: container.name, image: container.image, imageID: '', ready: false, restartCount: 0, state: { waiting } };
      await report(pod, { phase: 'Pending', containerStatuses: [status] });
      return;
    }
    const home = join(folder, 'pods', pod.metadata.uid);
    const places = new Map<string, string>();
    for (const volume of pod.spec.volumes ?? []) {
      const place = join(home, volume.name);
      mkdirSync(place, { recursive: true });
      places.set(volume.name, place);
      if (volume.configMap === undefined) continue;
      const map = (await api.call('GET', `/api/v1/namespaces/${namespace}/configmaps/${volume.configMap.name}`).catch(() => undefined)) as
        | { readonly binaryData?: Readonly<Record<string, string>> }
        | undefined;
      // A kubelet tries again later.
      if (map === undefined) return;
      for (const [file, data] of Object.entries(map.binaryData ?? {})) writeFileSync(join(place, file), Buffer.from(data, 'base64'));
    }
    const inside = (text: string): string =>
      container.volumeMounts.reduce((whole, mount) => whole.replaceAll(mount.mountPath, places.get(mount.name) ?? ''), text);
    const field = (fieldPath: string): string => {
      const key = /^metadata\.(annotations|labels)\['(.*)'\]$/.exec(fieldPath);
      return fieldPath === 'metadata.name' ? name : (pod.metadata[key?.[1] as 'labels' | 'annotations']?.[key?.[2] ?? ''] ?? '');
    };
    const env = Object.fromEntries(
      (container.env ?? []).map((each) => [each.name, inside(each.value ?? field(each.valueFrom?.fieldRef?.fieldPath ?? ''))]),
    );
    const command = container.command.map(inside);
    const log = join(home, 'log');
    // What an image has on its path, and nothing else of this machine.
    const child = spawn(command[0] ?? '', command.slice(1), {
      cwd: inside(container.workingDir),
      env: { ...env, PATH: `${bin}:/usr/bin:/bin` },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const file = createWriteStream(log);
    child.stdout.pipe(file, { end: false });
    child.stderr.pipe(file, { end: false });
    const local: Local = { child, log, startedAt: now(), killed: false, ended: false, written: false };
    pods.set(name, local);
    started.push({ name, command, env });
    const state = (what: object): object => ({
      containerStatuses: [{ name: container.name, image: container.image, imageID: '', ready: false, restartCount: 0, state: what }],
    });
    const ended = new Promise<void>((done) => {
      child.once('close', (code) => {
        local.ended = true;
        file.end(() => {
          local.written = true;
          const exitCode = code ?? 137;
          const reason = local.killed ? 'OOMKilled' : exitCode === 0 ? 'Completed' : 'Error';
          const terminated = { exitCode, reason, startedAt: local.startedAt, finishedAt: now() };
          void report(pod, { phase: exitCode === 0 ? 'Succeeded' : 'Failed', ...state({ terminated }) }).then(() => done());
        });
      });
    });
    void ended;
    await report(pod, { phase: 'Running', startTime: now(), ...state({ running: { startedAt: local.startedAt } }) });
  };

  const end = async (pod: Pod): Promise<void> => {
    const local = pods.get(pod.metadata.name);
    pods.delete(pod.metadata.name);
    if (local !== undefined && !local.ended) {
      // A container's first process gets the word, and no other; then all are killed.
      local.child.kill('SIGTERM');
      await Promise.race([until(() => local.ended), sleep((pod.metadata.deletionGracePeriodSeconds ?? 30) * 1000)]);
      killGroup(local.child);
    }
    await api.call('DELETE', path(pod), { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0 }).catch(ignoreGone);
  };

  const busy = new Set<string>();
  const once = (pod: Pod, work: (pod: Pod) => Promise<unknown>): void => {
    const { uid } = pod.metadata;
    if (busy.has(uid)) return;
    busy.add(uid);
    // What fails is tried again with the next look.
    void work(pod)
      .catch(() => undefined)
      .finally(() => busy.delete(uid));
  };
  const look = async (): Promise<void> => {
    const { items } = (await api.call('GET', '/api/v1/pods')) as unknown as { readonly items: readonly Pod[] };
    for (const pod of items) {
      const wait = delays.find(({ pattern }) => pattern.test(pod.metadata.name))?.ms ?? 0;
      if (pod.metadata.deletionTimestamp !== undefined) once(pod, end);
      else if (pod.spec.nodeName === undefined) {
        if (Date.now() - Date.parse(pod.metadata.creationTimestamp) >= wait) once(pod, bind);
      } else if ((pod.status.phase ?? 'Pending') === 'Pending' && !pods.has(pod.metadata.name)) once(pod, start);
    }
  };
  let complaint = '';
  const loop = (async () => {
    while (!over) {
      await look().catch((thrown: unknown) => {
        if (!over && String(thrown) !== complaint) process.stderr.write(`kubelet: ${String(thrown)}\n`);
        complaint = String(thrown);
      });
      await sleep(LOOK_MS);
    }
  })();

  return {
    delay: (pattern, ms) => void delays.push({ pattern, ms }),
    withoutImage: (pattern) => void imageless.push(pattern),
    keep: (bytes) => {
      most = bytes;
    },
    deaf: (deaf) => {
      isDeaf = deaf;
    },
    cut,
    freeze(pattern, frozen) {
      const found = [...pods].flatMap(([name, { child, ended }]) =>
        pattern.test(name) && !ended && child.pid !== undefined ? [child.pid] : [],
      );
      for (const pid of found) process.kill(-pid, frozen ? 'SIGSTOP' : 'SIGCONT');
      return found.length;
    },
    kill(pattern) {
      for (const [name, local] of pods)
        if (pattern.test(name)) {
          local.killed = true;
          killGroup(local.child);
        }
    },
    running: () => [...pods].filter(([, { ended }]) => !ended).map(([name]) => name),
    started,
    async stop() {
      over = true;
      await loop;
      for (const { child, ended } of pods.values()) if (!ended) killGroup(child);
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

const now = (): string => new Date().toISOString();
const ignoreGone = (thrown: unknown): void => {
  const { status } = thrown as { readonly status?: number };
  if (status !== 404 && status !== 409) throw thrown;
};

function killGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(20);
}

interface Logs {
  readonly find: (pod: string) => Local | undefined;
  readonly keep: () => number;
  /** No log is followed: the node answers that it cannot. */
  readonly deaf: () => boolean;
}

/** `/containerLogs/NAMESPACE/POD/CONTAINER`, as the API server asks a node for it; with `follow` until the container has ended. */
async function serveLogs({ find, keep, deaf }: Logs): Promise<{ readonly server: Server; cut(): number }> {
  const { body, key } = await (await createAuthority('node')).issue('here');
  const followed = new Set<ServerResponse>();
  const server = createServer({ cert: body, key }, (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'https://here');
    const local = find(pathname.split('/')[3] ?? '');
    if (local === undefined || !existsSync(local.log)) return void response.writeHead(404).end('no such container');
    const follow = searchParams.get('follow') === 'true';
    if (follow && deaf()) return void response.writeHead(500).end('the log cannot be followed');
    if (follow) followed.add(response.once('close', () => followed.delete(response)));
    void (async () => {
      const size = statSync(local.log).size;
      for (let from = Math.max(0, size - keep()); ; ) {
        const over = local.written;
        const to = statSync(local.log).size;
        if (to > from)
          for await (const piece of createReadStream(local.log, { start: from, end: to - 1 })) {
            if (response.destroyed) return;
            response.write(piece);
          }
        from = to;
        if (!follow || over || response.destroyed) return void response.end();
        await sleep(50);
      }
    })();
  });
  const port = await freePort();
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done));
  return {
    server,
    cut() {
      const { size } = followed;
      for (const each of followed) each.destroy();
      return size;
    },
  };
}
