import { asObject, type SpecObject } from '../config/draft.ts';
import { renderFlow } from '../config/render-yaml.ts';
import type { Json } from '../model/json.ts';
import type { Adopted } from '../model/model.ts';
import { SECTIONS } from '../model/sections.ts';

/** The longest line. */
const WIDTH = 120;

export interface Wording {
  /** The editor's line, without the sign of a comment. */
  readonly modeline?: string;
  /** Lines above the spec. */
  readonly header: readonly string[];
  /** Above single keys, by dotted path. */
  readonly comments: Readonly<Record<string, string>>;
}

/** A spec as pretty YAML: one resource a line where it fits, the network first, `adopt` last. The same spec gives the same text. */
export function writeSpec(spec: SpecObject, adopt: readonly Adopted[], wording: Wording): string {
  const whole: SpecObject = {
    ...spec,
    ...(adopt.length === 0 ? {} : { adopt: Object.fromEntries(adopt.map(({ address, id }) => [address, id])) }),
  };
  return [
    ...[...(wording.modeline === undefined ? [] : [wording.modeline]), ...wording.header].map((line) => `# ${line}`),
    ...linesOf(whole, [], wording.comments),
    '',
  ].join('\n');
}

/** Paths of maps of names, which stand one below the other; `*` is any name. */
const LISTS: ReadonlySet<string> = new Set([
  ...['network', 'adopt'],
  ...SECTIONS.filter(({ single }) => single === undefined).map(({ path }) => path.join('.')),
]);

const isList = (path: readonly string[]): boolean =>
  LISTS.has(path.join('.')) || LISTS.has(path.map((key, index) => (index === 1 ? '*' : key)).join('.'));

function linesOf(value: SpecObject, path: readonly string[], comments: Wording['comments']): readonly string[] {
  const space = '  '.repeat(path.length);
  return Object.entries(value).flatMap(([key, entry]) => {
    const comment = comments[[...path, key].join('.')];
    return [...(comment === undefined ? [] : [`${space}# ${comment}`]), ...entryLines(key, entry, path, comments)];
  });
}

function entryLines(key: string, entry: Json, path: readonly string[], comments: Wording['comments']): readonly string[] {
  const space = '  '.repeat(path.length);
  const name = renderFlow(key);
  const flat = `${space}${name}: ${renderFlow(entry)}`;
  const whole = flat.length <= WIDTH || typeof entry !== 'object' || entry === null || Object.keys(entry).length === 0;
  const own = [...path, key];
  if (whole && !isList(own) && !Object.keys(asObject(entry)).some((inner) => isList([...own, inner]))) return [flat];
  return Array.isArray(entry)
    ? [`${space}${name}:`, ...entry.map((member: Json) => `${space}  - ${renderFlow(member)}`)]
    : [`${space}${name}:`, ...linesOf(asObject(entry), own, comments)];
}
