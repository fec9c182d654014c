/**
 * A load as the k6 operator runs it: a TestRun, and the ConfigMap with the script. The operator starts the shards together over k6's REST
 * port, so no time is agreed, and hands back neither points nor exit statuses (k6-operator 1.6.0, source and measured): the points stay in
 * the volume. Pure.
 */

import { ReconcileError } from '../../errors.ts';
import { closedTo, proxyVariables } from '../bounds.ts';
import { confinement, pointsFlags } from '../k6-command.ts';
import { equalParts, type Shard } from '../shards.ts';
import { configMapOf, labelsOf } from './names.ts';
import { CONTAINER_SECURITY, POD_SECURITY, type PodsAsked, podParts } from './pod-template.ts';

/** Where the claim is mounted in a runner: a folder for each. */
const POINTS = '/points';
const ARCHIVE = 'script.tar';

export interface TestRunInput {
  readonly stack: string;
  readonly namespace?: string;
  readonly shards: readonly Shard[];
  /** Name of the load balancer, and whether a table says where it is. */
  readonly dnsName: string;
  readonly mapped: boolean;
  /** The archive, packed with `testRunOptions`. */
  readonly archive: Uint8Array;
  readonly pods: PodsAsked;
  /** k6 in the image, such as `2.2.0`. */
  readonly version: string;
  /** Name of the PersistentVolumeClaim for the points; several nodes must be able to write to it. */
  readonly claim: string;
  /** Each runner on a node of its own; the rest waits until there is one. */
  readonly separate: boolean;
}

/**
 * What albedo says to k6 in flags elsewhere: the operator puts the flags into a line of a shell, cut at every space, and hands some of them
 * to `k6 archive` too, which older versions do not take (k6-operator source: pkg/types/k6cli.go).
 */
export function testRunOptions(
  own: Readonly<Record<string, unknown>>,
  hosts: Readonly<Record<string, string>>,
  shards: readonly Shard[],
): Readonly<Record<string, unknown>> {
  const closed = Array.isArray(own['blacklistIPs']) ? own['blacklistIPs'] : [];
  const asked = Number(own['rps']) > 0 ? Number(own['rps']) : Number.POSITIVE_INFINITY;
  // All runners have the same options: that of the last one, which has the smallest part.
  const most = Math.min(asked, ...shards.map(({ most = Number.POSITIVE_INFINITY }) => most));
  return {
    ...equalParts(own, shards.length),
    blacklistIPs: [...closed, ...closedTo(Object.values(hosts))],
    ...(Number.isFinite(most) ? { rps: most } : {}),
  };
}

/** Nothing that a shell takes for more than a word. */
const WORD = /^[\w@%+=:,./-]+$/;

function argumentsOf(version: string): string {
  const all = ['--no-usage-report', ...confinement(version), ...pointsFlags(`${POINTS}/points.csv.gz`)];
  const odd = all.find((each) => !WORD.test(each));
  if (odd !== undefined)
    throw new ReconcileError('LoadFailed', `the k6 operator cannot pass on the argument ${odd}, because it puts arguments into a shell`);
  return all.join(' ');
}

/** The ConfigMap and the TestRun, in the order in which they are applied. Throws `LoadFailed` where the script is too large. */
export function testRunOf(input: TestRunInput): readonly Readonly<Record<string, unknown>>[] {
  const { stack, shards, claim } = input;
  const parts = podParts(stack, input.pods);
  const name = `albedo-${stack}`;
  const metadata = { name, ...(input.namespace === undefined ? {} : { namespace: input.namespace }), labels: labelsOf(stack) };
  const pod = {
    ...{ metadata: parts.metadata, ...parts.spec, ...parts.container },
    // The script comes from whoever may write it: no role of the cluster is near it.
    automountServiceAccountToken: 'false',
    securityContext: POD_SECURITY,
    // The initializer writes into /tmp.
    containerSecurityContext: { ...CONTAINER_SECURITY, readOnlyRootFilesystem: false },
  };
  return [
    configMapOf(metadata, { [ARCHIVE]: input.archive }),
    {
      ...{ apiVersion: 'k6.io/v1alpha1', kind: 'TestRun', metadata },
      spec: {
        parallelism: shards.length,
        script: { configMap: { name, file: ARCHIVE } },
        arguments: argumentsOf(input.version),
        ...(input.separate ? { separate: true } : {}),
        initializer: pod,
        runner: {
          ...pod,
          env: [
            { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
            // Nothing but the load balancer is reached (bounds.ts).
            ...Object.entries(proxyVariables({}, input.dnsName, input.mapped)).map(([name, value]) => ({ name, value })),
          ],
          volumes: [{ name: 'points', persistentVolumeClaim: { claimName: claim } }],
          // A folder for each, or they would write one file.
          volumeMounts: [{ name: 'points', mountPath: POINTS, subPathExpr: '$(POD_NAME)' }],
        },
      },
    },
  ];
}
