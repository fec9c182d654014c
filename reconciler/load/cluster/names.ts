/** What everything in a cluster that albedo makes has in common. Pure. */

import { ReconcileError } from '../../errors.ts';

/** k6 as it is tested here, and not the newest one. */
export const K6_IMAGE = 'grafana/k6:2.2.0';
/** The user of that image (k6 source: Dockerfile). */
export const K6_USER = 12_345;

export const labelsOf = (stack: string): Readonly<Record<string, string>> => ({
  'app.kubernetes.io/name': 'albedo-load',
  'app.kubernetes.io/managed-by': 'albedo',
  'albedo/stack': stack,
});

/** The restricted Pod Security Standard (Kubernetes docs): no root, no capabilities, no way to get more. */
export const POD_SECURITY = {
  ...{ runAsNonRoot: true, runAsUser: K6_USER, runAsGroup: K6_USER, fsGroup: K6_USER },
  seccompProfile: { type: 'RuntimeDefault' },
} as const;
export const CONTAINER_SECURITY = {
  ...{ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true },
  capabilities: { drop: ['ALL'] },
} as const;

/** All the data of a ConfigMap, bytes (Kubernetes docs, ConfigMaps). */
const MOST_DATA = 1024 * 1024;

/** A ConfigMap with one file of any content. Throws `LoadFailed` where that is too large. */
export function configMapOf(
  metadata: Readonly<Record<string, unknown>>,
  files: Readonly<Record<string, Uint8Array>>,
): Readonly<Record<string, unknown>> {
  const bytes = Object.values(files).reduce((sum, each) => sum + each.length, 0);
  if (bytes > MOST_DATA)
    throw new ReconcileError(
      'LoadFailed',
      `the load script and what lies beside it have ${Math.ceil(bytes / 1024)} KiB, and a ConfigMap has room for ${MOST_DATA / 1024}`,
      { hint: 'A script takes its whole folder along: give it one of its own, with the files it needs.' },
    );
  return {
    ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata },
    binaryData: Object.fromEntries(Object.entries(files).map(([name, data]) => [name, Buffer.from(data).toString('base64')])),
  };
}

/** Names of Kubernetes: lower-case letters, digits and hyphens, and no more than so many (RFC 1123 labels, 63; some get something added). */
const NAME = /^[a-z0-9]([a-z0-9-]{0,50}[a-z0-9])?$/;

/** Throws `SpecInvalid` where it is none. `what`: the kind of object that has the name. */
export function requireName(what: string, name: string): void {
  if (NAME.test(name)) return;
  throw new ReconcileError('SpecInvalid', `${name} cannot be the name of a ${what} in Kubernetes`, {
    hint: 'Use lower-case letters, digits and hyphens, at most 52 characters.',
  });
}

/** Throws `SpecInvalid` for what is no reference of an image; so it is no flag either. */
export function requireImage(image: string): void {
  if (/^[a-z0-9][\w.:/@-]{0,500}$/i.test(image)) return;
  throw new ReconcileError('SpecInvalid', `${image} is not the name of an image`, { hint: `Name one such as ${K6_IMAGE}.` });
}
