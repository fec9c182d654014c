/** The pods of a load in `environment.yaml`: what may be said of them, and that nobody else can say it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { readEnvironment } from '../../../reconciler/config/environment.ts';
import { ReconcileError } from '../../../reconciler/errors.ts';
import { problemsOf, readSpecs } from '../../../reconciler/run/specs.ts';
import { rejects } from '../../support/rejects.ts';
import { TUTORIAL } from '../../support/spec-text.ts';
import { suite } from '../../support/suite.ts';

const t = suite('config/load-pods');

const read = (lines: readonly string[]) =>
  readEnvironment(new TextEncoder().encode(['loadPods:', ...lines.map((line) => `  ${line}`)].join('\n')), 'environment.yaml');

const GOOD = [
  'image: registry.example.com:5000/team/k6@sha256:0123',
  'serviceAccountName: load.test',
  'nodeSelector: { kubernetes.io/arch: arm64, pool: "" }',
  'tolerations: [{ operator: Exists }, { key: example.com/dedicated, value: load, effect: NoExecute, tolerationSeconds: 60 }]',
  'resources: { requests: { cpu: 500m, memory: 1.5Gi }, limits: { memory: 2Gi, ephemeral-storage: 1G } }',
  'labels: { example.com/team: shop, owner: a_b.c }',
  'annotations: { sidecar.istio.io/inject: "false", example.com/why: "load tests, every night" }',
  'imagePullSecrets: [{ name: registry }]',
  'priorityClassName: low',
];

t('what a cluster needs to be told', () => {
  const { environment, problems } = read(GOOD);
  assert.equal(problems, []);
  assert.equal(environment.loadPods?.imagePullSecrets, [{ name: 'registry' }]);
  for (const line of GOOD) assert.equal(read([line]).problems, [], line);
});

t('anything else is refused, with its line and column', () => {
  const BAD: readonly (readonly [string, RegExp])[] = [
    // What would hand a script something of the cluster, or of a node.
    ['volumes: [{ name: x, hostPath: { path: / } }]', /volumes/],
    ['volumes: [{ name: x, secret: { secretName: x } }]', /volumes/],
    ['env: [{ name: X, valueFrom: { secretKeyRef: { name: x, key: y } } }]', /env/],
    ['envFrom: [{ secretRef: { name: x } }]', /envFrom/],
    ['securityContext: { runAsUser: 0 }', /securityContext/],
    ['automountServiceAccountToken: true', /automountServiceAccountToken/],
    ['hostNetwork: true', /hostNetwork/],
    ['command: [sh, -c, id]', /command/],
    ['initContainers: []', /initContainers/],
    // What lets a cluster look away, or albedo lose its pods.
    ['annotations: { container.apparmor.security.beta.kubernetes.io/k6: unconfined }', /annotation/],
    ['labels: { batch.kubernetes.io/job-name: other }', /label/],
    ['labels: { albedo/run: other }', /label/],
    ['labels: { app.kubernetes.io/managed-by: helm }', /label/],
    // What is no value of Kubernetes.
    ['image: --privileged', /the name of an image/],
    ['image: "a b"', /the name of an image/],
    ['serviceAccountName: Load', /the name of a service account/],
    ['serviceAccountName: ../load', /the name of a service account/],
    ['nodeSelector: { "a b": c }', /label/],
    ['nodeSelector: { pool: "a b" }', /label/],
    ['nodeSelector: { pool: 1 }', /text/],
    ['tolerations: [{ effect: Never }]', /NoSchedule/],
    ['tolerations: [{ tolerationSeconds: -1 }]', /0/],
    ['resources: { requests: { cpu: 500m, gpu: "1" } }', /gpu/],
    ['resources: { requests: { cpu: 0 } }', /text/],
    ['resources: { requests: { memory: 1GB } }', /an amount/],
    ['resources: { limits: { cpu: "-1" } }', /an amount/],
    ['imagePullSecrets: [registry]', /mapping/],
    ['imagePullSecrets: [{ name: registry, namespace: other }]', /namespace/],
    ['priorityClassName: system cluster', /the name of a priority class/],
  ];
  for (const [line, words] of BAD) {
    const { environment, problems } = read(['priorityClassName: low', line].slice(line.startsWith('priority') ? 1 : 0));
    assert.equal(environment, {}, `${line}: of a file with a mistake nothing counts`);
    assert.match(JSON.stringify(problems), words, line);
    const at = line.startsWith('priority') ? 2 : 3;
    for (const problem of problems) assert.equal([problem.line, problem.column >= 3], [at, true], `${line}: ${JSON.stringify(problem)}`);
  }
});

t('the specs of a folder get them, and can say none of it themselves', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'albedo-load-pods-'));
  try {
    const [spec, around] = [join(folder, 'web.yaml'), join(folder, 'environment.yaml')];
    writeFileSync(around, 'loadPods: { serviceAccountName: load }');
    writeFileSync(spec, TUTORIAL);
    assert.equal((await readSpecs([spec], {})).specs[0]?.loadPods, { serviceAccountName: 'load' });
    for (const more of ['loadPods: { serviceAccountName: admin }', 'pods: {}', 'serviceAccountName: admin']) {
      writeFileSync(spec, `${TUTORIAL}\n${more}`);
      const { cause } = await rejects<ReconcileError>(readSpecs([spec], {}), ReconcileError);
      assert.ok(cause !== undefined, more);
    }
    for (const key of ['image', 'serviceAccountName', 'loadPods', 'pods', 'volumes']) {
      writeFileSync(spec, TUTORIAL.replace('\nload: { ', `\nload: { ${key}: admin, `));
      const error = await rejects<ReconcileError>(readSpecs([spec], {}), ReconcileError);
      assert.ok(
        problemsOf(error)?.problems.some(({ path, severity }) => severity === 'error' && path.startsWith('load')),
        JSON.stringify(problemsOf(error)?.problems),
      );
    }
    // What is written into standard input, or a base of a spec, is a spec too.
    writeFileSync(join(folder, 'base.yaml'), 'loadPods: { serviceAccountName: admin }');
    writeFileSync(spec, `${TUTORIAL}\nextends: base.yaml`);
    await rejects<ReconcileError>(readSpecs([spec], {}), ReconcileError);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

t.run();
