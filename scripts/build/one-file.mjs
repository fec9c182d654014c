// A bundle of one file. esbuild leaves out what nobody uses only where what is imported dynamically may become files of its own;
// put into one file at once, an SDK client comes with all its commands. So it bundles twice: into files, and those into one.
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { bannerFrom, settings } from './settings.mjs';

const OUT = '/bundle';

/**
 * `@actions/core` brings a whole HTTP client for one function, getIDToken, that nothing here calls (credentials come from a step before):
 * a seventh of the bundle.
 */
const withoutIdTokens = {
  name: 'without-id-tokens',
  setup(builder) {
    builder.onResolve({ filter: /^@actions\/http-client/ }, ({ path }) => ({ path, namespace: 'left-out' }));
    builder.onLoad({ filter: /./, namespace: 'left-out' }, () => ({
      contents:
        'export class HttpClient { constructor() { throw new Error("not in this bundle"); } }\nexport class BearerCredentialHandler {}',
      loader: 'js',
    }));
  },
};

/** The bytes of the file and of its licences. `up` leads from the file's folder to the checkout. */
export async function bundleInOne(entry, up, target) {
  const first = await build({
    ...settings,
    target,
    banner: {},
    minify: false,
    plugins: [...settings.plugins, withoutIdTokens],
    entryPoints: [{ in: entry, out: 'main' }],
    outdir: OUT,
  });
  const files = new Map(first.outputFiles.map(({ path, text }) => [path, text]));
  const fromMemory = {
    name: 'from-memory',
    setup(builder) {
      builder.onResolve({ filter: /^\.{1,2}\/|^main$/ }, ({ path, importer }) => ({
        path: importer === '' ? join(OUT, 'main.js') : join(dirname(importer), path),
        namespace: 'memory',
      }));
      builder.onLoad({ filter: /./, namespace: 'memory' }, ({ path }) => ({ contents: files.get(path), loader: 'js' }));
    },
  };
  const { outputFiles } = await build({
    ...settings,
    target,
    splitting: false,
    legalComments: 'none',
    banner: { js: bannerFrom(up) },
    plugins: [fromMemory],
    entryPoints: ['main'],
    outdir: OUT,
  });
  const legal = [...files].filter(([path]) => path.endsWith('.LEGAL.txt')).map(([, text]) => text);
  return { code: outputFiles.find(({ path }) => path.endsWith('.js')).contents, legal: legal.sort().join('\n') };
}
