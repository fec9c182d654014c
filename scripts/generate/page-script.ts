// The script of the page, from `reconciler/report/page/client`: one string and its digest for the Content Security Policy.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { buildSync } from 'esbuild';

export function renderPageScript(root: string): string {
  const { outputFiles } = buildSync({
    entryPoints: [join(root, 'reconciler/report/page/client/client.ts')],
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    charset: 'ascii',
    write: false,
    tsconfigRaw: {},
  });
  // It stands in an element of the page, which these characters would end or begin.
  const text = (outputFiles[0]?.text ?? '').trim().replace(/<(?=[/!])/g, '\\x3C');
  const digest = createHash('sha256').update(text).digest('base64');
  return `/** Made by \`npm run generate\` from \`page/client\`: what the page runs, and its digest for the Content Security Policy. */
export const SCRIPT = ${JSON.stringify(text)};
export const SCRIPT_DIGEST = 'sha256-${digest}';
`;
}
