/**
 * A real API server with the controllers of Jobs and of garbage, on etcd, all on loopback and gone with `stop`. There is no scheduler and no
 * node: `kubelet.ts` is both.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cacheFolder, findOnPath, isExecutable } from '../../scripts/setup/places.mjs';

const PROGRAMS = ['kube-apiserver', 'kube-controller-manager', 'kubectl'] as const;
const FOLDER = join(cacheFolder(), 'kubernetes');

/** What is missing, in a clause; empty when a cluster can be started. */
export function missing(): string {
  const lacking = PROGRAMS.filter((name) => !isExecutable(join(FOLDER, name)));
  if (findEtcd() === undefined) lacking.push('etcd' as never);
  return lacking.length === 0 ? '' : `${lacking.join(', ')}: node scripts/setup.mjs --kubernetes brings it`;
}

const findEtcd = (): string | undefined => findOnPath('etcd');
export const KUBECTL = join(FOLDER, 'kubectl');

/** Users of the API server by token: one may do everything, the other what its role allows. */
const ADMIN = 'admin-token';
export const LOADER = 'loader-token';

export interface Api {
  /** Answers the object; throws with the status and what the server says. */
  call(method: string, path: string, body?: unknown, type?: string): Promise<Record<string, never>>;
}

export interface Cluster {
  readonly api: Api;
  readonly folder: string;
  readonly url: string;
  /** A kubeconfig of this user, in which `namespace` is the default. */
  kubeconfig(token: string, namespace: string): string;
  kubectl(...args: string[]): string;
  /** Kills the API server, as a control plane does that is lost; all else stays. */
  loseServer(): Promise<void>;
  /** Another API server in its place, with the same data. */
  againServer(): Promise<void>;
  stop(): Promise<void>;
}

export const freePort = (): Promise<number> =>
  new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { readonly port: number };
      server.close(() => done(port));
    });
  });

export async function startCluster(): Promise<Cluster> {
  const folder = mkdtempSync(join(tmpdir(), 'albedo-kubernetes-'));
  const children: ChildProcess[] = [];
  const start = (name: string, command: string, args: readonly string[]): ChildProcess => {
    const log = openSync(join(folder, `${name}.log`), 'a');
    const child = spawn(command, args, { cwd: folder, stdio: ['ignore', log, log] });
    children.push(child);
    return child;
  };
  const stop = async (): Promise<void> => {
    for (const child of children.reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGTERM');
      await Promise.race([new Promise((done) => child.once('close', done)), sleep(10_000).then(() => child.kill('SIGKILL'))]);
    }
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  try {
    const [etcd, peer, port] = [await freePort(), await freePort(), await freePort()];
    start('etcd', findEtcd() ?? '', [
      ...['--data-dir', join(folder, 'etcd'), '--unsafe-no-fsync', '--log-level', 'error'],
      ...['--listen-client-urls', `http://127.0.0.1:${etcd}`, '--advertise-client-urls', `http://127.0.0.1:${etcd}`],
      ...['--listen-peer-urls', `http://127.0.0.1:${peer}`, '--initial-advertise-peer-urls', `http://127.0.0.1:${peer}`],
      ...['--initial-cluster', `default=http://127.0.0.1:${peer}`],
    ]);
    const key = join(folder, 'accounts.key');
    execFileSync('openssl', ['genrsa', '-out', key, '2048'], { stdio: 'ignore' });
    writeFileSync(join(folder, 'tokens.csv'), `${ADMIN},admin,1,"system:masters"\n${LOADER},loader,2\n`);
    const startServer = (): ChildProcess =>
      start('apiserver', join(FOLDER, 'kube-apiserver'), [
        ...[
          `--etcd-servers=http://127.0.0.1:${etcd}`,
          '--bind-address=127.0.0.1',
          `--secure-port=${port}`,
          `--cert-dir=${join(folder, 'certs')}`,
        ],
        ...[`--token-auth-file=${join(folder, 'tokens.csv')}`, '--authorization-mode=RBAC', '--endpoint-reconciler-type=none'],
        ...[
          '--service-account-issuer=https://loopback.example',
          `--service-account-key-file=${key}`,
          `--service-account-signing-key-file=${key}`,
        ],
        // There are no service accounts without their controller, and none is needed.
        ...[
          '--disable-admission-plugins=ServiceAccount',
          '--service-cluster-ip-range=127.77.0.0/24',
          '--kubelet-preferred-address-types=InternalIP',
        ],
      ]);
    let server = startServer();
    const url = `https://127.0.0.1:${port}`;
    const api = apiOf(url);
    const kubeconfig = (token: string, namespace: string): string => {
      const path = join(folder, `kubeconfig-${token}-${namespace}.json`);
      const context = { cluster: 'here', user: 'me', namespace };
      writeFileSync(
        path,
        JSON.stringify({
          ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'here', contexts: [{ name: 'here', context }] },
          clusters: [{ name: 'here', cluster: { server: url, 'insecure-skip-tls-verify': true } }],
          users: [{ name: 'me', user: { token } }],
        }),
      );
      return path;
    };
    await ready(api, folder);
    const admin = kubeconfig(ADMIN, 'default');
    start('controllers', join(FOLDER, 'kube-controller-manager'), [
      ...[`--kubeconfig=${admin}`, '--controllers=job-controller,garbage-collector-controller,ttl-after-finished-controller'],
      ...[
        '--leader-elect=false',
        '--bind-address=127.0.0.1',
        `--secure-port=${await freePort()}`,
        `--cert-dir=${join(folder, 'certs-controllers')}`,
      ],
    ]);
    mkdirSync(join(folder, 'home'));
    const kubectl = (...args: string[]): string =>
      execFileSync(KUBECTL, [`--kubeconfig=${admin}`, ...args], { encoding: 'utf8', env: { HOME: join(folder, 'home') }, stdio: 'pipe' });
    return {
      ...{ api, folder, url, kubeconfig, kubectl, stop },
      loseServer: () =>
        new Promise((done) => {
          server.once('close', () => done());
          server.kill('SIGKILL');
        }),
      async againServer() {
        server = startServer();
        await ready(api, folder);
      },
    };
  } catch (thrown) {
    const log = join(folder, 'apiserver.log');
    if (existsSync(log)) process.stderr.write(readFileSync(log, 'utf8').split('\n').slice(-15).join('\n'));
    await stop();
    throw thrown;
  }
}

const READY_MS = 120_000;

async function ready(api: Api, folder: string): Promise<void> {
  for (const until = Date.now() + READY_MS; ; ) {
    try {
      await api.call('GET', '/readyz');
      // The namespace of the kubeconfig is made after it.
      await api.call('GET', '/api/v1/namespaces/default');
      return;
    } catch (thrown) {
      if (Date.now() > until) throw new Error(`no API server in ${folder} after ${READY_MS / 1000} s: ${String(thrown)}`);
      await sleep(200);
    }
  }
}

function apiOf(url: string): Api {
  const agent = new Agent({ keepAlive: false, rejectUnauthorized: false });
  return {
    call: (method, path, body, type = 'application/json') =>
      new Promise((done, fail) => {
        const text = body === undefined ? '' : JSON.stringify(body);
        const sent = request(
          `${url}${path}`,
          {
            method,
            agent,
            headers: {
              authorization: `Bearer ${ADMIN}`,
              accept: 'application/json',
              'content-type': type,
              'content-length': Buffer.byteLength(text),
            },
          },
          (response) => {
            let answer = '';
            response.setEncoding('utf8').on('data', (piece: string) => (answer += piece));
            response.on('end', () => {
              const { statusCode: status = 0 } = response;
              if (status >= 300) return fail(Object.assign(new Error(`${method} ${path}: ${status} ${answer.slice(0, 400)}`), { status }));
              done((answer.startsWith('{') ? JSON.parse(answer) : {}) as Record<string, never>);
            });
          },
        );
        sent.once('error', fail);
        sent.end(text);
      }),
  };
}
