/** From the YAML parser's tree to JSON and a duplicate of it that knows where everything stands. */

import { type Alias, type Document, isAlias, isMap, isScalar, isSeq, type Pair, type Scalar, type YAMLMap, type YAMLSeq } from 'yaml';
import type { Json } from '../model/json.ts';
import { formatPath } from './path.ts';
import { quoteValue } from './quote.ts';
import { resolvePlain } from './scalar.ts';

/** Deepest nesting of a spec; the deepest field of the schema is at about a tenth of it. */
export const MAX_DEPTH = 64;
/** Values of a file with its aliases put in: what an alias bomb makes many of. */
export const MAX_VALUES = 100_000;

/** How a value was written: `80` is a number and `"80"` is not, and only this tells a message which it was. */
export interface Written {
  readonly text: string;
  readonly style: 'plain' | 'quoted' | 'block' | 'collection';
}

/** Where a value stands; offsets into the text. */
export interface Place {
  readonly key: number | undefined;
  readonly value: number;
  readonly written: Written;
  readonly fields?: ReadonlyMap<string, Place>;
  readonly items?: readonly Place[];
}

export interface Finding {
  readonly offset: number;
  readonly path: string;
  readonly message: string;
  readonly hint: string;
}

/** The same name twice in one mapping. The first one is kept. */
export interface Duplicate {
  readonly path: string;
  readonly name: string;
  readonly offset: number;
  readonly first: number;
}

export interface Tree {
  readonly value: Json;
  readonly place: Place;
  readonly findings: readonly Finding[];
  readonly duplicates: readonly Duplicate[];
  /** Paths whose value is a guess, or, for a mapping, that lacks fields which were refused: the schema must not complain about them too. */
  readonly guessed: ReadonlySet<string>;
}

interface Node {
  readonly value: Json;
  readonly place: Place;
  /** Values in it, itself included, and levels below it. */
  readonly size: number;
  readonly height: number;
}

/** Every name that a plain object already answers to: as a name in a spec it could change what a lookup finds. */
const RESERVED: ReadonlySet<string> = new Set([...Object.getOwnPropertyNames(Object.prototype), 'prototype']);

const COLLECTION: Written = { text: '', style: 'collection' };

/** Reads the tree of a document without syntax errors and at most `MAX_DEPTH` deep. Scalars are resolved here, not by the parser's schema. */
export function readTree(document: Document): Tree {
  const findings: Finding[] = [];
  const duplicates: Duplicate[] = [];
  const guessed = new Set<string>();
  const anchors = new Map<string, Node | 'open'>();
  const path: (string | number)[] = [];
  let values = 0;
  let full = false;

  function find(offset: number, message: string, hint: string): void {
    findings.push({ offset, path: formatPath(path), message, hint });
  }

  function read(node: unknown, key: number | undefined, fallback: number): Node {
    values++;
    if (isAlias(node)) return readAlias(node, key);
    const anchor = isMap(node) || isSeq(node) || isScalar(node) ? node.anchor : undefined;
    if (anchor !== undefined) anchors.set(anchor, 'open');
    // A tag was refused when the tokens were cut; what it would have made of the value is unknown.
    if ((isMap(node) || isSeq(node) || isScalar(node)) && node.tag !== undefined) guessed.add(formatPath(path));
    const out = isMap(node)
      ? readMap(node, key)
      : isSeq(node)
        ? readSeq(node, key)
        : isScalar(node)
          ? readScalar(node, key)
          : empty(key, fallback);
    if (anchor !== undefined) anchors.set(anchor, out);
    return out;
  }

  function empty(key: number | undefined, value: number): Node {
    return { value: null, place: { key, value, written: { text: '', style: 'plain' } }, size: 1, height: 0 };
  }

  function readScalar(node: Scalar, key: number | undefined): Node {
    const offset = node.range?.[0] ?? key ?? 0;
    const text = typeof node.value === 'string' ? node.value : (node.source ?? '');
    const style =
      node.type === 'PLAIN' || node.type === undefined
        ? 'plain'
        : node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE'
          ? 'quoted'
          : 'block';
    const place: Place = { key, value: offset, written: { text, style } };
    if (style !== 'plain') return { value: text, place, size: 1, height: 0 };
    const { value, problem } = resolvePlain(text);
    if (problem !== undefined) {
      find(offset, problem.message, problem.hint);
      guessed.add(formatPath(path));
    }
    return { value, place, size: 1, height: 0 };
  }

  function readAlias(node: Alias, key: number | undefined): Node {
    const offset = node.range?.[0] ?? key ?? 0;
    const known = anchors.get(node.source);
    const name = quoteValue(`*${node.source}`);
    if (known === undefined || known === 'open') {
      if (known === 'open') find(offset, `the alias ${name} is inside the value it names, which would never end.`, 'Write the fields out.');
      else
        find(
          offset,
          `the alias ${name} names an anchor that is not above it.`,
          `Define it as ${quoteValue(`&${node.source}`)} above, or put the value in quotes if it is text.`,
        );
      guessed.add(formatPath(path));
      return empty(key, offset);
    }
    values += known.size - 1;
    if (values > MAX_VALUES || path.length + known.height > MAX_DEPTH) {
      if (!full)
        find(
          offset,
          `with its aliases put in, the file holds more than ${MAX_VALUES.toLocaleString('en-US')} values or ${MAX_DEPTH} levels.`,
          'Use fewer aliases inside aliased values.',
        );
      full = true;
      guessed.add(formatPath(path));
      return empty(key, offset);
    }
    return { ...known, place: { ...known.place, key, value: offset } };
  }

  function readSeq(node: YAMLSeq, key: number | undefined): Node {
    const offset = node.range?.[0] ?? key ?? 0;
    const value: Json[] = [];
    const items: Place[] = [];
    let size = 1;
    let height = 0;
    for (const item of node.items) {
      path.push(value.length);
      const child = read(item, undefined, offset);
      path.pop();
      value.push(child.value);
      items.push(child.place);
      size += child.size;
      height = Math.max(height, child.height + 1);
    }
    return { value, place: { key, value: offset, written: COLLECTION, items }, size, height };
  }

  function readMap(node: YAMLMap, key: number | undefined): Node {
    const value: Record<string, Json> = {};
    const fields = new Map<string, Place>();
    const offset = node.range?.[0] ?? key ?? 0;
    let size = 1;
    let height = 0;
    for (const pair of node.items) {
      const name = readKey(pair, offset);
      path.push(name.text);
      const child = read(pair.value, name.offset, name.end);
      size += child.size;
      height = Math.max(height, child.height + 1);
      const first = fields.get(name.text);
      if (first !== undefined)
        duplicates.push({ path: formatPath(path), name: name.text, offset: name.offset, first: first.key ?? first.value });
      path.pop();
      if (!name.usable) {
        guessed.add(formatPath(path));
      } else if (first === undefined) {
        fields.set(name.text, child.place);
        value[name.text] = child.value;
      }
    }
    return { value, place: { key, value: offset, written: COLLECTION, fields }, size, height };
  }

  function readKey(pair: Pair, fallback: number): { text: string; offset: number; end: number; usable: boolean } {
    const node = pair.key;
    const offset = (isScalar(node) || isAlias(node) || isMap(node) || isSeq(node) ? node.range?.[0] : undefined) ?? fallback;
    if (!isScalar(node)) {
      find(
        offset,
        'the name of a field must be plain text, not a list, a mapping or an alias.',
        'Write `name: value`; a value that begins with `[`, `{` or `*` as text needs quotes.',
      );
      return { text: '', offset, end: offset, usable: false };
    }
    const end = node.range?.[1] ?? offset;
    const text = typeof node.value === 'string' ? node.value : (node.source ?? '');
    const plain = node.type === 'PLAIN' || node.type === undefined;
    if (plain && text === '<<') {
      find(
        offset,
        'merge keys (`<<`) were dropped in YAML 1.2 and are not read.',
        'Repeat the fields here, or use an alias for the whole value: `name: *anchor`.',
      );
      return { text, offset, end, usable: false };
    }
    if (RESERVED.has(text)) {
      find(
        offset,
        `${quoteValue(text)} may not be used as a name.`,
        'Choose another name; this one has a meaning of its own in JavaScript.',
      );
      return { text, offset, end, usable: false };
    }
    if (plain && text === '') {
      find(offset, 'there is a colon with no name before it.', 'Write `name: value`.');
      return { text, offset, end, usable: false };
    }
    const meaning = plain ? resolvePlain(text).value : text;
    if (typeof meaning !== 'string') {
      const kind = meaning === null ? 'the empty value' : typeof meaning === 'boolean' ? 'a boolean' : 'a number';
      find(offset, `names must be text, and ${quoteValue(text)} is ${kind} to YAML.`, `Put it in quotes: "${text.slice(0, 40)}".`);
    }
    return { text, offset, end, usable: true };
  }

  const root = read(document.contents, undefined, 0);
  return { value: root.value, place: root.place, findings, guessed, duplicates };
}
