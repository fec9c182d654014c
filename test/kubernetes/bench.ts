/** A cluster with a node, a server that is loaded, and a namespace for each test. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { kubernetes } from '../../reconciler/load/engines/kubernetes.ts';
import { findK6 } from '../../reconciler/load/find-k6.ts';
import type { LoadRun, LoadSettings, VerifyTarget } from '../../reconciler/load/types.ts';
import type { LoadPods } from '../../reconciler/model/load-pods.ts';
import type { Event } from '../../reconciler/run/events.ts';
import { type Cluster, KUBECTL, LOADER, startCluster } from './cluster.ts';
import { type Kubelet, startKubelet } from './kubelet.ts';

export interface Bench {
  readonly cluster: Cluster;
  kubelet: Kubelet;
  readonly k6: string;
  readonly folder: string;
  readonly port: number;
  readonly asked: string[];
  readonly server: Server;
  /** Another node, after the one before was stopped. */
  again(): Promise<Kubelet>;
  stop(): Promise<void>;
}

export async function openBench(): Promise<Bench> {
  const k6 = (await findK6(process.env)).command;
  const cluster = await startCluster();
  const folder = mkdtempSync(join(tmpdir(), 'albedo-from-cluster-'));
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.end('hello');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const kubelet = await startKubelet(cluster, k6);
  const bench: Bench = {
    ...{ cluster, kubelet, k6, folder, asked, server, port: (server.address() as AddressInfo).port },
    again: () => startKubelet(cluster, k6),
    async stop() {
      await bench.kubelet.stop();
      server.closeAllConnections();
      server.close();
      await cluster.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return bench;
}

const DOCS = new URL('../../docs/examples/kubernetes/role.yaml', import.meta.url);

/** A namespace with the restricted Pod Security Standard, in which the user of the load has the role of the docs, and no other. */
export async function makeNamespace({ cluster }: Bench, name: string): Promise<void> {
  cluster.kubectl('create', 'namespace', name);
  cluster.kubectl('label', 'namespace', name, 'pod-security.kubernetes.io/enforce=restricted');
  for (const document of parseAllDocuments(readFileSync(DOCS, 'utf8'))) {
    const object = document.toJS() as { readonly kind: string; subjects?: unknown; metadata: { namespace?: string } };
    if (object.kind === 'RoleBinding') object.subjects = [{ kind: 'User', name: 'loader', apiGroup: 'rbac.authorization.k8s.io' }];
    object.metadata.namespace = name;
    const [group, kind] = ['rbac.authorization.k8s.io/v1', object.kind === 'Role' ? 'roles' : 'rolebindings'];
    await cluster.api.call('POST', `/apis/${group}/namespaces/${name}/${kind}`, object);
  }
}

/** What kubectl is started with, as the user of the load. */
export const environmentOf = ({ cluster, k6 }: Bench, namespace: string): Record<string, string> => ({
  ...{ PATH: process.env['PATH'] ?? '', HOME: join(cluster.folder, 'home') },
  ...{ KUBECONFIG: cluster.kubeconfig(LOADER, namespace), ALBEDO_KUBECTL: KUBECTL, ALBEDO_K6: k6 },
});

export interface Sending {
  readonly run: LoadRun;
  readonly events: readonly Event[];
  readonly starts: readonly number[];
  readonly startedAt: number;
}

export const settings: LoadSettings = { script: 'k6/load.ts', rate: 40, duration: 4, path: '/', timeout: 2 };

/** Sends from the cluster without the command around it. */
export async function send(
  bench: Bench,
  namespace: string,
  more: {
    readonly folder?: string;
    readonly shards?: number;
    readonly startInMs?: number;
    readonly settings?: Partial<LoadSettings>;
    readonly signal?: AbortSignal;
    readonly most?: number;
    readonly pods?: LoadPods;
    readonly onEvent?: (event: Event) => void;
  } = {},
): Promise<Sending> {
  const target: VerifyTarget = {
    ...{ stack: 'shop', dnsName: 'shop.example', listeners: [{ name: 'http', protocol: 'HTTP', port: 80 }], groups: [] },
    hosts: { 'shop.example:80': `127.0.0.1:${bench.port}` },
  };
  const events: Event[] = [];
  const starts: number[] = [];
  const startedAt = Date.now();
  const { shards = 2, startInMs = 12_000 } = more;
  const run = await kubernetes.sender({ shards, startInMs, cluster: {} }).send({
    ...{ target, settings: { ...settings, ...more.settings }, outDir: join(bench.folder, more.folder ?? namespace) },
    environment: environmentOf(bench, namespace),
    emit: (event) => {
      events.push(event);
      more.onEvent?.(event);
    },
    onStart: (at) => starts.push(at),
    ...(more.signal === undefined ? {} : { signal: more.signal }),
    ...(more.most === undefined ? {} : { most: more.most }),
    ...(more.pods === undefined ? {} : { pods: more.pods }),
  });
  return { run, events, starts, startedAt };
}

/** Names of what albedo makes that is still in a namespace. */
export const left = ({ cluster }: Bench, namespace: string): string[] =>
  cluster
    .kubectl('get', 'jobs,pods,configmaps', '-n', namespace, '-l', 'app.kubernetes.io/managed-by=albedo', '-o', 'name')
    .split('\n')
    .filter((line) => line !== '');
