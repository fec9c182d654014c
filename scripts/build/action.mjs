// How the action is bundled: like the command, for the runner's Node, from a folder one deeper.
import { join } from 'node:path';
import { build } from 'esbuild';
import { root } from '../setup/places.mjs';
import { bannerFrom, settings } from './settings.mjs';

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

/**
 * The files of the action, `{ path, contents }` below `folder`: the same bytes for the same sources. What is imported dynamically is a file
 * of its own, so that a runner, which compiles everything anew each time, reads only what its command uses.
 */
export async function actionFiles(folder) {
  const { outputFiles } = await build({
    ...settings,
    target: 'node24',
    banner: { js: bannerFrom('../../') },
    plugins: [...settings.plugins, withoutIdTokens],
    entryPoints: [{ in: join(root, 'action/main.ts'), out: 'main' }],
    outdir: folder,
  });
  return outputFiles;
}
