// How sources become a bundle. The bench bundles what it compares albedo with by the same settings.
import { readFileSync } from 'node:fs';
import { relative, sep } from 'node:path';
import { root } from '../setup/places.mjs';
import { readyMadeValidator } from './validator.mjs';

/**
 * Sources find files beside them by `import.meta.url`. In the bundle all code is in dist, so each use is replaced by the
 * address the source file has in the checkout.
 */
const sourceAddresses = {
  name: 'source-addresses',
  setup(builder) {
    builder.onLoad({ filter: /\.(ts|mjs)$/ }, ({ path }) => {
      if (path.includes(`${sep}node_modules${sep}`)) return undefined;
      const source = JSON.stringify(relative(root, path).split(sep).join('/'));
      const text = readFileSync(path, 'utf8')
        .replaceAll('import.meta.url', `__sourceAddress(${source}).href`)
        .replaceAll('import.meta.dirname', `__sourceFolder(${source})`)
        .replaceAll('import.meta.filename', `__sourcePath(${source})`);
      return { contents: text, loader: path.endsWith('.ts') ? 'ts' : 'js' };
    });
  },
};

/** What every bundle begins with; `up` leads from its folder to the checkout. */
export const bannerFrom = (up) =>
  [
    "import { createRequire as __createRequire } from 'node:module';",
    "import { fileURLToPath as __toPath } from 'node:url';",
    'const require = __createRequire(import.meta.url);',
    `const __sourceAddress = (source) => new URL('${up}' + source, import.meta.url);`,
    'const __sourcePath = (source) => __toPath(__sourceAddress(source));',
    "const __sourceFolder = (source) => __toPath(new URL('.', __sourceAddress(source))).replace(/[\\\\/]$/, '');",
  ].join('');

/** esbuild options without entry points and output folder: ES modules, what is imported dynamically in files of its own. */
export const settings = {
  absWorkingDir: root,
  write: false,
  // Says which packages are in it.
  metafile: true,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node22',
  mainFields: ['module', 'main'],
  minify: true,
  // Error classes and AWS commands are recognised by name.
  keepNames: true,
  legalComments: 'external',
  charset: 'utf8',
  banner: { js: bannerFrom('../') },
  plugins: [readyMadeValidator, sourceAddresses],
  logLevel: 'warning',
};
