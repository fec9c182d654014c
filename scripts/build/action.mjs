// How the action is bundled: like the command, for the runner's Node, from a folder one deeper.
import { join } from 'node:path';
import { build } from 'esbuild';
import { root } from '../setup/places.mjs';
import { withLicences } from './licences.mjs';
import { bannerFrom, settings } from './settings.mjs';
import { readyMadeResultCheck } from './validator.mjs';

const noSignIn = (name) =>
  `export const ${name} = () => async () => { throw new Error('a profile that signs in with a browser does not work in the action'); };`;

/**
 * What a package brings and nothing here calls, by its name, with what stands in its place: a sixth of the bundle. Octokit's endpoints and
 * pages are methods for each request; requests are made by their route. The HTTP client is for getIDToken: credentials come from a step before.
 * bowser tells browsers apart, and a runner is none. Nobody signs in at a browser there either: a profile that asks for it gets this error.
 */
const LEFT_OUT = {
  '@actions/http-client':
    'export class HttpClient { constructor() { throw new Error("not in this bundle"); } }\nexport class BearerCredentialHandler {}',
  '@aws-sdk/credential-provider-login': noSignIn('fromLoginCredentials'),
  '@aws-sdk/credential-provider-sso': noSignIn('fromSSO'),
  bowser: 'export default {};',
  '@octokit/plugin-rest-endpoint-methods': 'export const legacyRestEndpointMethods = () => ({});',
  '@octokit/plugin-paginate-rest': 'export const paginateRest = () => ({});',
};
const names = Object.keys(LEFT_OUT).join('|');
const withoutUnused = {
  name: 'without-unused',
  setup(builder) {
    builder.onResolve({ filter: new RegExp(`^(${names})(/|$)`) }, ({ path }) => ({ path, namespace: 'left-out' }));
    builder.onLoad({ filter: /./, namespace: 'left-out' }, ({ path }) => ({
      contents: LEFT_OUT[path.split('/').slice(0, 2).join('/')],
      loader: 'js',
    }));
  },
};

/**
 * The files of the action, `{ path, contents }` below `folder`: the same bytes for the same sources. What is imported dynamically is a file
 * of its own, so that a runner, which compiles everything anew each time, reads only what its command uses.
 */
export async function actionFiles(folder) {
  const made = await build({
    ...settings,
    target: 'node24',
    banner: { js: bannerFrom('../../') },
    // First, since of plugins that load a file the first one wins.
    plugins: [readyMadeResultCheck, ...settings.plugins, withoutUnused],
    entryPoints: [{ in: join(root, 'action/main.ts'), out: 'main' }],
    outdir: folder,
  });
  return withLicences(made, folder);
}
