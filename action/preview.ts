/**
 * An environment of a pull request's own: the same specs under other names. They are rewritten where they lie, in the checkout of the
 * job, so that whatever stands beside them (policies, scripts, certificates) is found, and every line keeps its number.
 */

import { isMap, isScalar, parseDocument, type YAMLMap } from 'yaml';
import { writePlain } from '../reconciler/run/plain-file.ts';
import { loadSpecs } from '../reconciler/run/specs.ts';

/** Sections whose `name` is unique in an account and region; without one, the name is made from the stack's. */
const NAMED = ['loadBalancer', 'loadBalancers', 'targetGroups', 'trustStores'];
/** Longest name that ELB takes (CreateLoadBalancer, CreateTargetGroup, CreateTrustStore). */
const LONGEST = 32;

/** `web` becomes `web-pr-12`. A file that is no mapping is left for the reader of specs to complain about. */
export function renamedForPreview(text: string, number: number): string {
  const root = parseDocument(text, { keepSourceTokens: false }).contents;
  if (!isMap(root)) return text;
  const suffix = `-pr-${number}`;
  const edits: { readonly from: number; readonly to: number; readonly text: string }[] = [];
  const rename = (map: YAMLMap, key: string): void => {
    const node = map.get(key, true);
    if (!isScalar(node) || !node.range || typeof node.value !== 'string') return;
    const [from, to] = node.range;
    edits.push({ from, to, text: `${node.value.slice(0, LONGEST - suffix.length).replace(/-+$/, '')}${suffix}` });
  };
  rename(root, 'stack');
  for (const section of NAMED) {
    const node = root.get(section, true);
    if (!isMap(node)) continue;
    rename(node, 'name');
    for (const { value } of node.items) if (isMap(value)) rename(value, 'name');
  }
  return edits.sort((a, b) => b.from - a.from).reduce((whole, edit) => whole.slice(0, edit.from) + edit.text + whole.slice(edit.to), text);
}

/** Rewrites the specs that the paths name. Once only: a second step of the job finds them as they are to be. */
export async function renameForPreview(paths: readonly string[], number: number): Promise<void> {
  const { specs } = await loadSpecs(paths);
  for (const { file, text: bytes } of specs) {
    const text = Buffer.from(bytes).toString('utf8');
    if (new RegExp(`^stack:.*-pr-${number}\\b`, 'm').test(text)) continue;
    writePlain(file, renamedForPreview(text, number));
  }
}
