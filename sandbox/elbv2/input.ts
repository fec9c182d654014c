/**
 * The flat form body of a query-protocol call (`Subnets.member.1=subnet-…`) read as nested, typed input.
 *
 * Two kinds of refusal, as at AWS: a value that breaks a constraint of the service model is collected, and all of them are
 * reported in one `N validation error(s) detected: Value 'x' at 'path' failed to satisfy constraint: …` by `settle`; rules
 * of the service itself are thrown by the operations one at a time.
 * Paths are written the way AWS writes them: lower camel case, list positions from 1 (`defaultActions.1.member.type`).
 */
import { ApiError, validation } from './errors.ts';

interface Tree {
  [key: string]: string | Tree;
}

export interface Input {
  /** Where this input stands in the call, for messages; empty at the top. */
  readonly path: string;
  /** Names of the fields present. */
  names(): string[];
  has(name: string): boolean;
  text(name: string): string | undefined;
  /** Text with a length between `min` and `max`, both inclusive. */
  sized(name: string, min: number, max: number): string | undefined;
  matching(name: string, pattern: RegExp): string | undefined;
  integer(name: string, min: number, max: number): number | undefined;
  flag(name: string): boolean | undefined;
  choice<T extends string>(name: string, values: readonly T[]): T | undefined;
  /** Sub-structure; undefined when absent. */
  nested(name: string): Input | undefined;
  /** A list of structures; undefined when absent or sent empty (`Name=`). */
  list(name: string): Input[] | undefined;
  /** A list of texts. */
  texts(name: string): string[] | undefined;
  /** A map of texts (`Name.entry.1.key`, `Name.entry.1.value`). */
  map(name: string): Map<string, string> | undefined;
  /** Notes a broken constraint; `settle` reports it. `value` undefined is written `null`. */
  violate(name: string, value: string | undefined, constraint: string): void;
  /** Throws ValidationError when a constraint was broken so far. */
  settle(): void;
}

/** Deep enough for every structure of this API; a guard against hostile keys such as `a.a.a.…`. */
const MAX_DEPTH = 16;

/** Where empty text is a value: of tags, attributes, query conditions and maps, of a body, a query, a replacement, of a list's member. */
const EMPTY_IS_A_VALUE = /(^|\.)(Value|value|key|MessageBody|Query|Replace|(Tags|Attributes)\.member\.\d+\.Key|member\.\d+)$/;

/** An empty parameter is an absent one (`ProtocolVersion=`, as Terraform's provider sends it); what it stands in is there. */
function grow(params: Readonly<Record<string, string>>): Tree {
  const root: Tree = Object.create(null) as Tree;
  for (const [key, value] of Object.entries(params)) {
    const isAbsent = value === '' && !EMPTY_IS_A_VALUE.test(key);
    if (!key.includes('.')) {
      // `Subnets=` beside `Subnets.member.1=` would be a contradiction; the members win.
      if (!isAbsent && typeof root[key] !== 'object') root[key] = value;
      continue;
    }
    const parts = key.split('.', MAX_DEPTH);
    let at = root;
    for (let i = 0; i < parts.length - 1; i++) {
      const part = parts[i] ?? '';
      let next = at[part];
      if (typeof next !== 'object') {
        next = Object.create(null) as Tree;
        at[part] = next;
      }
      at = next;
    }
    const leaf = parts[parts.length - 1] ?? '';
    if (!isAbsent && typeof at[leaf] !== 'object') at[leaf] = value;
  }
  return root;
}

/** What is there has another shape than the service model says. */
const malformed = (words: string): ApiError => new ApiError('MalformedInput', words);

const camel = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);

/** Positions of a list in their numeric order; gaps are allowed, as at AWS. */
function members(node: string | Tree | undefined, wrapper: 'member' | 'entry'): [number, string | Tree][] | undefined {
  if (node === undefined) return undefined;
  if (typeof node === 'string') return [];
  const items = node[wrapper];
  if (typeof items !== 'object') return [];
  const out: [number, string | Tree][] = [];
  for (const [position, item] of Object.entries(items)) if (/^[1-9][0-9]{0,5}$/.test(position)) out.push([Number(position), item]);
  return out.sort((a, b) => a[0] - b[0]);
}

function inputAt(tree: Tree, path: string, violations: string[]): Input {
  const at = (name: string): string => (path === '' ? camel(name) : `${path}.${camel(name)}`);
  const raw = (name: string): string | undefined => {
    const value = tree[name];
    // Words: lineofflight/peddler#48, of another service with AWS's own query front.
    if (typeof value === 'object' && value['member'] !== undefined) throw malformed('Start of list found where not expected');
    return typeof value === 'string' ? value : undefined;
  };
  const self: Input = {
    path,
    names: () => Object.keys(tree),
    has: (name) => tree[name] !== undefined,
    text: raw,
    violate(name, value, constraint) {
      violations.push(`Value ${value === undefined ? 'null' : `'${value}'`} at '${at(name)}' failed to satisfy constraint: ${constraint}`);
    },
    settle() {
      if (violations.length === 0) return;
      const found = violations.splice(0);
      throw validation(`${found.length} validation error${found.length > 1 ? 's' : ''} detected: ${found.join('; ')}`);
    },
    sized(name, min, max) {
      const value = raw(name);
      if (value === undefined) return undefined;
      // Characters, not UTF-16 units.
      const length = [...value].length;
      if (length < min) self.violate(name, value, `Member must have length greater than or equal to ${min}`);
      if (length > max) self.violate(name, value, `Member must have length less than or equal to ${max}`);
      return value;
    },
    matching(name, pattern) {
      const value = raw(name);
      if (value !== undefined && !pattern.test(value))
        self.violate(name, value, `Member must satisfy regular expression pattern: ${pattern.source}`);
      return value;
    },
    integer(name, min, max) {
      const value = raw(name);
      if (value === undefined) return undefined;
      if (!/^[+-]?[0-9]{1,15}$/.test(value)) {
        self.violate(name, value, 'Member must be an integer');
        return undefined;
      }
      const number = Number(value);
      if (number < min) self.violate(name, value, `Member must have value greater than or equal to ${min}`);
      if (number > max) self.violate(name, value, `Member must have value less than or equal to ${max}`);
      return number;
    },
    flag(name) {
      const value = raw(name);
      if (value === undefined) return undefined;
      if (value !== 'true' && value !== 'false') self.violate(name, value, 'Member must be a boolean: true or false');
      return value === 'true';
    },
    choice<T extends string>(name: string, values: readonly T[]): T | undefined {
      const value = raw(name);
      if (value === undefined) return undefined;
      const found = values.find((known) => known === value);
      if (found === undefined) self.violate(name, value, `Member must satisfy enum value set: [${values.join(', ')}]`);
      return found;
    },
    nested(name) {
      const value = tree[name];
      if (value === undefined) return undefined;
      return inputAt(typeof value === 'object' ? value : (Object.create(null) as Tree), at(name), violations);
    },
    list(name) {
      return members(tree[name], 'member')?.map(([position, item]) => {
        // Words: boto/boto#100, of Elastic Load Balancing.
        if (typeof item === 'string' && item !== '') throw malformed('Unexpected complex element termination');
        return inputAt(typeof item === 'object' ? item : (Object.create(null) as Tree), `${at(name)}.${position}.member`, violations);
      });
    },
    texts(name) {
      return members(tree[name], 'member')?.map(([, item]) => (typeof item === 'string' ? item : ''));
    },
    map(name) {
      const found = members(tree[name], 'entry');
      if (found === undefined) return undefined;
      const out = new Map<string, string>();
      for (const [, item] of found) {
        if (typeof item !== 'object') continue;
        const key = item['key'];
        const value = item['value'];
        if (typeof key === 'string') out.set(key, typeof value === 'string' ? value : '');
      }
      return out;
    },
  };
  return self;
}

/** Reads the parameters of one call. */
export function readInput(params: Readonly<Record<string, string>>): Input {
  return inputAt(grow(params), '', []);
}
