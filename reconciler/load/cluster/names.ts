/** Names and labels of what albedo creates in a cluster, and its ConfigMap. Pure. */

import { ReconcileError } from '../../errors.ts';

/** Of a pod, the container with k6. */
export const CONTAINER = 'k6';
/** k6 as it is tested here, and not the newest one. */
export const K6_IMAGE = 'grafana/k6:2.2.0';

export const labelsOf = (stack: string): Readonly<Record<string, string>> => ({
  'app.kubernetes.io/name': 'albedo-load',
  'app.kubernetes.io/managed-by': 'albedo',
  'albedo/stack': stack,
});

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
      `the packed load script has ${Math.ceil(bytes / 1024)} KiB, but a ConfigMap holds at most ${MOST_DATA / 1024} KiB`,
      { hint: 'The whole folder of the script is packed. Move the script to a folder of its own, with only the files that it needs.' },
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
