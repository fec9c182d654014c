/**
 * An environment of a pull request's own: the same specs under other names. They are rewritten where they lie, in the checkout of the
 * job, so that whatever stands beside them (policies, scripts, certificates) is found, and every line keeps its number.
 */

import { normalize } from 'node:path';
import { isMap, isScalar, parseDocument, type YAMLMap } from 'yaml';
import { PREVIEW_TAG, previewSuffix, writePreview } from '../reconciler/model/tags.ts';
import { writePlain } from '../reconciler/run/plain-file.ts';
import { basesOf, loadSpecs, type NamedSpec } from '../reconciler/run/specs.ts';

/** Sections whose `name` is unique in an account and region; without one, the name is made from the stack's. */
const NAMED = ['loadBalancer', 'loadBalancers', 'targetGroups', 'trustStores'];
/** Longest name that ELB takes (CreateLoadBalancer, CreateTargetGroup, CreateTrustStore). */
const LONGEST = 32;

/**
 * `web` becomes `web-pr-12`, and all of it gets the tag by which it is found again. A file that is no mapping is left for the reader of
 * specs to complain about.
 */
export function renamedForPreview(text: string, number: number, repository: string): string {
  const root = parseDocument(text, { keepSourceTokens: false }).contents;
  if (!isMap(root)) return text;
  const suffix = previewSuffix(number);
  const edits: TextEdit[] = [];
  const rename = (map: YAMLMap, key: string): void => {
    const node = map.get(key, true);
    if (!isScalar(node) || !node.range || typeof node.value !== 'string') return;
    const [from, to] = node.range;
    // Once only: a file that several stacks extend is found again.
    if (node.value.endsWith(suffix)) return;
    edits.push({ from, to, text: `${node.value.slice(0, LONGEST - suffix.length).replace(/-+$/, '')}${suffix}` });
  };
  rename(root, 'stack');
  // What others extend names no stack, and has the tag from them.
  if (typeof root.get('stack') === 'string') edits.push(...taggedWith(root, text, writePreview(repository, number)));
  for (const section of NAMED) {
    const node = root.get(section, true);
    if (!isMap(node)) continue;
    rename(node, 'name');
    for (const { value } of node.items) if (isMap(value)) rename(value, 'name');
  }
  return edits.sort((a, b) => b.from - a.from).reduce((whole, edit) => whole.slice(0, edit.from) + edit.text + whole.slice(edit.to), text);
}

/** A preview is made from what a pull request says, and nobody has to agree to it: its author chooses no image and no service account in a cluster. */
export const withoutLoadPods = (specs: readonly NamedSpec[]): readonly NamedSpec[] => specs.map(({ loadPods: _, ...named }) => named);

interface TextEdit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** The tag in the `tags` of the whole spec, in place of one of that name; as the last line where it has none, so that no line moves. */
function taggedWith(root: YAMLMap, text: string, value: string): readonly TextEdit[] {
  const line = `${PREVIEW_TAG}: ${value}`;
  const tags = root.get('tags', true);
  if (!isMap(tags))
    return root.has('tags') ? [] : [{ from: text.length, to: text.length, text: `${text.endsWith('\n') ? '' : '\n'}tags: { ${line} }\n` }];
  const old = tags.get(PREVIEW_TAG, true);
  if (isScalar(old) && old.range) return [{ from: old.range[0], to: old.range[1], text: value }];
  const [first] = tags.items;
  if (first === undefined) return tags.range ? [{ from: tags.range[0], to: tags.range[1], text: `{ ${line} }` }] : [];
  const at = isScalar(first.key) ? first.key.range?.[0] : undefined;
  if (at === undefined) return [];
  const indent = text.slice(text.lastIndexOf('\n', at - 1) + 1, at);
  return [{ from: at, to: at, text: tags.flow ? `${line}, ` : `${line}\n${/^\s*$/.test(indent) ? indent : ''}` }];
}

/** Rewrites the specs that the paths name, and what they extend. A second step of the job finds them as they are to be. */
export async function renameForPreview(paths: readonly string[], number: number, repository: string): Promise<void> {
  const { specs } = await loadSpecs(paths);
  const files = new Map(specs.map(({ file, text }) => [normalize(file), text]));
  for (const { file, text } of specs) for (const base of basesOf(text, file)) files.set(normalize(base.file), base.text);
  for (const [file, bytes] of files) {
    const text = Buffer.from(bytes).toString('utf8');
    const renamed = renamedForPreview(text, number, repository);
    if (renamed !== text) writePlain(file, renamed);
  }
}
