/** Result files in an artifact of another run: a ZIP that anybody may have made. */

import { unzipSync } from 'fflate';

/** An artifact of a plan has one file of at most some megabytes. */
export const LARGEST = 16 * 1024 * 1024;

/** The texts of its `result.json`, wherever they lie; those that are too large are left out. Throws for what is no ZIP. */
export function resultTexts(data: unknown): readonly string[] {
  const files = unzipSync(new Uint8Array(data as ArrayBuffer), {
    filter: ({ name, originalSize }) => /(^|\/)result\.json$/.test(name) && originalSize <= LARGEST,
  });
  return Object.values(files).map((file) => new TextDecoder().decode(file));
}
