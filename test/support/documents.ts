/** The documents and what stands in them between fences. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');

const below = (folder: string): readonly string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).flatMap((name) =>
    name.endsWith('.md') ? [`${folder}/${name}`] : [],
  );

/** Every page that users read, from the root of the checkout. */
export const DOCUMENTS: readonly string[] = [
  ...readdirSync(ROOT).filter((name) => name.endsWith('.md')),
  ...below('docs'),
  ...['action/README.md', 'sandbox/SPEC.md', 'schemas/README.md'],
].sort();

export const textOf = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

export interface Block {
  readonly language: string;
  readonly title: string | undefined;
  readonly body: string;
  /** Counted from 1. */
  readonly line: number;
}

export const blocksOf = (text: string): readonly Block[] =>
  [...text.matchAll(/^```([a-z]*)(?: title="([^"]+)")?\n([\s\S]*?)^```$/gm)].map(({ 1: language = '', 2: title, 3: body = '', index }) => ({
    ...{ language, title, body },
    line: text.slice(0, index).split('\n').length,
  }));

/** Whether a text is what a page shows: a line `…` stands for any lines, `…` in a line for any text. */
export function fits(shown: string, printed: string): boolean {
  const escaped = (line: string): string => line.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll('…', '.*');
  const parts = shown
    .trimEnd()
    .split('\n')
    .map((line) => (line === '…' ? '(?:.*\\n)*' : `${escaped(line.trimEnd())} *\\n`));
  return new RegExp(`^${parts.join('')}$`).test(`${printed.trimEnd()}\n`);
}
