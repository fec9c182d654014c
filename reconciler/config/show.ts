/** A spec with all that it extends, as text: what albedo reads, and where each value of it stands. Pure. */

import type { Json, JsonObject } from '../model/json.ts';
import type { Extended } from './extend.ts';
import type { PathParts } from './path.ts';
import { visible } from './quote.ts';
import { renderFlow } from './render-yaml.ts';

export interface ShownValue {
  readonly path: PathParts;
  readonly value: Json;
  readonly file: string;
  readonly line: number;
}

/** Every value that is no mapping, or an empty one, in the order of the spec. */
export function valuesOf(spec: Extended): readonly ShownValue[] {
  const found: ShownValue[] = [];
  const walk = (value: Json, path: PathParts): void => {
    if (isMapping(value) && Object.keys(value).length > 0) for (const [key, entry] of Object.entries(value)) walk(entry, [...path, key]);
    else {
      const { file, line } = spec.at(path, 'key');
      found.push({ path, value, file, line });
    }
  };
  if (spec.value !== undefined) walk(spec.value, []);
  return found;
}

/** As YAML. `where`: each value is followed by the file and line that it comes from. */
export function renderMerged(spec: Extended, where: boolean): string {
  const lines: string[] = [];
  let open: PathParts = [];
  for (const { path, value, file, line } of valuesOf(spec)) {
    const parents = path.slice(0, -1);
    const shared = parents.findIndex((part, at) => open[at] !== part);
    const from = shared === -1 ? parents.length : shared;
    for (let at = from; at < parents.length; at++) lines.push(`${'  '.repeat(at)}${renderFlow(String(parents[at]))}:`);
    open = parents;
    const text = `${'  '.repeat(parents.length)}${renderFlow(String(path.at(-1)))}: ${renderFlow(value)}`;
    lines.push(where ? `${text}   # ${visible(file)}:${line}` : text);
  }
  return `${lines.join('\n')}\n`;
}

const isMapping = (value: Json): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);
