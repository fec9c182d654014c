import {
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseDocument,
  visit,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import type { Json } from '../model/json.ts';
import { formatPath, type PathParts } from './path.ts';
import { renderBlock, renderFlow } from './render-yaml.ts';

/** One change of a spec's text: a value put at a path, what is at a path taken out, a member added to the list at a path. */
export type Edit =
  /** `order`: the keys beside it in the order in which they are to stand. */
  | { readonly do: 'set'; readonly path: PathParts; readonly value: Json; readonly order?: readonly string[] }
  | { readonly do: 'remove'; readonly path: PathParts }
  | { readonly do: 'append'; readonly path: PathParts; readonly value: Json };

export type Edited = { readonly text: string } | { readonly refused: string };

interface Splice {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** The widest line that is written; beyond it a mapping goes on lines of its own. */
const WIDTH = 140;

/**
 * The text after one edit. Only the characters of what changes are touched: comments, order, quotes, blank lines and the layout of
 * all else stay. Refused where the text shares a value between places, since the others would change with it.
 */
export function editText(text: string, edit: Edit): Edited {
  const root = parseDocument(text, { keepSourceTokens: true }).contents;
  const splice = isCollection(root) ? spliceOf(text, root, edit) : `the file is not a mapping`;
  if (typeof splice === 'string') return { refused: splice };
  return { text: `${text.slice(0, splice.from)}${splice.text}${text.slice(splice.to)}` };
}

interface Found {
  readonly node: Node | null | undefined;
  readonly pair?: Pair<Node, Node | null>;
  readonly parent: YAMLMap<Node, Node | null> | YAMLSeq<Node>;
  readonly key: string | number;
}

/** The node at a path, or why it cannot be edited alone; nothing when it is not there. */
function find(root: Node, path: PathParts): Found | undefined | string {
  let node: Node | null | undefined = root;
  let found: Found | undefined;
  for (const [depth, key] of path.entries()) {
    const shared = sharing(root, node, path.slice(0, depth));
    if (shared !== undefined) return shared;
    if (isMap<Node, Node | null>(node)) {
      const pair: Pair<Node, Node | null> | undefined = node.items.find(
        (item) => isScalar(item.key) && String(item.key.value) === String(key),
      );
      if (pair === undefined) return undefined;
      found = { node: pair.value, pair, parent: node, key };
    } else if (isSeq<Node>(node) && typeof key === 'number' && node.items[key] !== undefined) {
      found = { node: node.items[key], parent: node, key };
    } else return undefined;
    node = found.node;
  }
  return found;
}

/** Why what is inside a node cannot be changed without changing other places. */
function sharing(root: Node, node: Node | null | undefined, path: PathParts): string | undefined {
  const where = path.length === 0 ? 'the file' : `\`${formatPath(path)}\``;
  if (isAlias(node))
    return `${where} comes from the alias \`*${node.source}\`, which other places may use: replace the alias with the value first`;
  const anchor = isCollection(node) || isScalar(node) ? node.anchor : undefined;
  if (anchor === undefined) return undefined;
  let used = false;
  visit(root, { Alias: (_, alias) => void (used ||= alias.source === anchor) });
  return used ? `${where} has the anchor \`&${anchor}\`, and other places use it: replace the alias there with the value first` : undefined;
}

function spliceOf(text: string, root: Node, edit: Edit): Splice | string {
  const found = find(root, edit.path);
  if (typeof found === 'string') return found;
  const where = `\`${formatPath(edit.path)}\``;
  if (edit.do === 'set')
    return found === undefined ? insertAt(text, root, edit) : (sharedScalar(root, found, edit.path) ?? replace(text, found, edit.value));
  if (found === undefined) return `${where} is not in the file`;
  const shared = isAlias(found.node) && edit.do === 'remove' ? undefined : sharing(root, found.node, edit.path);
  if (shared !== undefined) return shared;
  if (edit.do === 'remove') return remove(text, found, where);
  return isSeq<Node>(found.node) ? append(text, found.node, edit.value) : `${where} is not a list`;
}

/** An alias as a whole is replaced by the value; a value that others use is not. */
const sharedScalar = (root: Node, found: Found, path: PathParts): string | undefined =>
  isAlias(found.node) ? undefined : sharing(root, found.node, path);

const startOf = (node: Node): number => node.range?.[0] ?? 0;
const endOf = (node: Node): number => node.range?.[1] ?? 0;
const isFlow = (node: Node): boolean => isCollection(node) && node.flow === true;

/** Where the last character of a value is, without comments and line ends after it. */
function contentEnd(text: string, pair: Pair<Node, Node | null> | undefined, node: Node | null | undefined): number {
  if (node === null || node === undefined) return pair === undefined ? 0 : endOf(pair.key) + 1;
  if (isCollection(node) && !isFlow(node)) {
    const last: Node | Pair | undefined = node.items.at(-1) as Node | Pair | undefined;
    if (last !== undefined)
      return 'key' in last
        ? contentEnd(text, last as Pair<Node, Node | null>, last.value as Node | null)
        : contentEnd(text, undefined, last as Node);
  }
  const end = endOf(node);
  return text.slice(0, end).trimEnd().length;
}

const lineStart = (text: string, at: number): number => text.lastIndexOf('\n', at - 1) + 1;
/** The end of the line, before its line end; a comment there belongs to what stands before it. */
function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : text[end - 1] === '\r' ? end - 1 : end;
}
const eolOf = (text: string): string => (text.includes('\r\n') ? '\r\n' : '\n');
const columnOf = (text: string, at: number): number => at - lineStart(text, at);

function replace(text: string, found: Found, value: Json): Splice {
  const { node, pair } = found;
  if (node === null || node === undefined) {
    const at = contentEnd(text, pair, node);
    return { from: at, to: at, text: ` ${renderFlow(value)}` };
  }
  if (isCollection(node) && !isFlow(node)) {
    const from = pair === undefined ? startOf(node) : text.indexOf(':', endOf(pair.key)) + 1;
    return { from, to: contentEnd(text, pair, node), text: `${pair === undefined ? '' : ' '}${renderFlow(value)}` };
  }
  const quote = isScalar(node) && node.type === 'QUOTE_SINGLE' ? "'" : isScalar(node) && node.type === 'QUOTE_DOUBLE' ? '"' : undefined;
  return { from: startOf(node), to: contentEnd(text, pair, node), text: renderFlow(value, quote) };
}

/** Adds what is missing below the nearest mapping that is there. */
function insertAt(text: string, root: Node, edit: Edit & { do: 'set' }): Splice | string {
  for (let depth = edit.path.length - 1; depth >= 0; depth--) {
    const found = depth === 0 ? { node: root } : find(root, edit.path.slice(0, depth));
    if (typeof found === 'string') return found;
    if (found === undefined) continue;
    const shared = sharing(root, found.node, edit.path.slice(0, depth));
    if (shared !== undefined) return shared;
    if (!isMap<Node, Node | null>(found.node)) return `\`${formatPath(edit.path.slice(0, depth))}\` is not a mapping`;
    const value = edit.path.slice(depth + 1).reduceRight<Json>((inner, key) => ({ [String(key)]: inner }), edit.value);
    return insertKey(text, found.node, String(edit.path[depth]), value, depth === edit.path.length - 1 ? (edit.order ?? []) : []);
  }
  return `\`${formatPath(edit.path)}\` has no place in the file`;
}

function insertKey(text: string, map: YAMLMap<Node, Node | null>, key: string, value: Json, order: readonly string[]): Splice {
  const before = order.slice(0, Math.max(0, order.indexOf(key)));
  const names = map.items.map((item) => (isScalar(item.key) ? String(item.key.value) : ''));
  const after = Math.max(-1, ...before.map((name) => names.indexOf(name)));
  const pair = map.items[after < 0 ? map.items.length - 1 : after];
  if (isFlow(map)) {
    if (pair === undefined) return { from: startOf(map), to: endOf(map), text: renderFlow({ [key]: value }) };
    const [first] = map.items;
    if (after < 0 && order.length > 0 && first !== undefined)
      return { from: startOf(first.key), to: startOf(first.key), text: `${renderFlow(key)}: ${renderFlow(value)}, ` };
    const at = contentEnd(text, pair, pair.value);
    return { from: at, to: at, text: `, ${renderFlow(key)}: ${renderFlow(value)}` };
  }
  const indent = columnOf(text, startOf(map.items[0]?.key ?? map));
  const eol = eolOf(text);
  const flat = `${' '.repeat(indent)}${renderFlow(key)}: ${renderFlow(value)}`;
  const lines = flat.length <= WIDTH ? [flat] : renderBlock({ [key]: value }, indent);
  const at = pair === undefined ? startOf(map) : lineEnd(text, contentEnd(text, pair, pair.value));
  return { from: at, to: at, text: lines.map((line) => `${eol}${line}`).join('') };
}

function append(text: string, list: YAMLSeq<Node>, value: Json): Splice {
  const last = list.items.at(-1);
  if (last === undefined) return { from: startOf(list), to: endOf(list), text: renderFlow([value]) };
  const at = contentEnd(text, undefined, last);
  if (isFlow(list)) return { from: at, to: at, text: `, ${renderFlow(value)}` };
  const line = lineEnd(text, at);
  const dash = text.lastIndexOf('-', startOf(last) - 1);
  return { from: line, to: line, text: `${eolOf(text)}${' '.repeat(columnOf(text, dash))}- ${renderFlow(value)}` };
}

function remove(text: string, found: Found, where: string): Splice | string {
  const { parent } = found;
  const parts = (parent.items as readonly (Node | Pair<Node, Node | null>)[]).map((item) => {
    const pair = 'key' in item ? item : undefined;
    return {
      from: startOf(pair === undefined ? (item as Node) : pair.key),
      to: contentEnd(text, pair, pair === undefined ? (item as Node) : pair.value),
    };
  });
  const index = isMap(parent) ? (parent.items as readonly Pair[]).indexOf(found.pair as Pair) : Number(found.key);
  const own = parts[index];
  const [before, after] = [parts[index - 1], parts[index + 1]];
  if (own === undefined) return `${where} is not in the file`;
  if (isFlow(parent)) {
    if (before !== undefined) return { from: before.to, to: own.to, text: '' };
    return after === undefined
      ? { from: startOf(parent) + 1, to: endOf(parent) - 1, text: '' }
      : { from: own.from, to: after.from, text: '' };
  }
  const start = lineStart(text, own.from);
  const lead = text.slice(start, own.from);
  // The first key of a list's member shares its line with the dash.
  if (isMap(parent) && lead.trim() !== '')
    return after === undefined ? `${where} is the only field of its list member` : { from: own.from, to: after.from, text: '' };
  const end = lineEnd(text, own.to);
  const next = end < text.length ? end + (text[end] === '\r' ? 2 : 1) : end;
  return { from: start, to: next, text: '' };
}
