import { stringify } from 'yaml';
import type { Json } from '../model/json.ts';
import { resolvePlain } from './scalar.ts';

/** A value on one line, as specs are written: `{ path: /status, interval: 5s }`, `[a, b]`. `quote`: the quotes that stood there before. */
export function renderFlow(value: Json, quote?: string): string {
  if (Array.isArray(value)) return `[${value.map((entry: Json) => renderFlow(entry)).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(([key, entry]) => `${renderFlow(key)}: ${renderFlow(entry)}`);
    return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
  }
  if (typeof value !== 'string') return String(value);
  if (quote === "'" && /^[^'\p{Cc}]*$/u.test(value)) return `'${value}'`;
  return quote === undefined && isPlain(value) ? value : JSON.stringify(value);
}

/** Whether every reader of YAML, of 1.1 too, takes the bare text as this text, within brackets as well. */
const isPlain = (text: string): boolean =>
  !/[,[\]{}]/.test(text) &&
  resolvePlain(text).value === text &&
  resolvePlain(text).problem === undefined &&
  stringify(text, { compat: 'yaml-1.1', lineWidth: 0 }).trimEnd() === text;

/** A mapping on lines of its own, `indent` spaces in; what is below its keys stands on one line each where it fits. */
export function renderBlock(value: { readonly [key: string]: Json }, indent: number, width = 140): string[] {
  const space = ' '.repeat(indent);
  return Object.entries(value).flatMap(([key, entry]) => {
    const flat = `${space}${renderFlow(key)}: ${renderFlow(entry)}`;
    if (flat.length <= width || typeof entry !== 'object' || entry === null || Object.keys(entry).length === 0) return [flat];
    if (!Array.isArray(entry))
      return [`${space}${renderFlow(key)}:`, ...renderBlock(entry as { readonly [key: string]: Json }, indent + 2, width)];
    return [`${space}${renderFlow(key)}:`, ...entry.map((member: Json) => `${space}  - ${renderFlow(member)}`)];
  });
}
