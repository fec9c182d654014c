/**
 * Reads every import of the project against the table of who may import whom, and names the layer when one is wrong:
 * `node scripts/check-layers.ts [FOLDER]`. Exit status 1 when there is one.
 * It sees type-only imports and dynamic ones too, which a bundler drops or hides. No files may need each other in a
 * circle, for types alone neither.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type Edge, judgeCircles } from './check-circles.ts';

export interface Layer {
  readonly name: string;
  /** Paths in the project, with `/`, that are of this layer. The first layer that fits a path has it. */
  readonly files: RegExp;
  /** Layers it may import beside itself. */
  readonly layers: readonly string[];
  /** Packages and `node:` modules it may import. */
  readonly packages: RegExp;
  /** What the rule is for, ending the sentence "… because". */
  readonly because: string;
}

export interface Import {
  readonly specifier: string;
  /** Counted from 1. */
  readonly line: number;
  /** Only types are imported. */
  readonly typeOnly: boolean;
}

const NONE = /^$/;
const ANY = /^/;
const PURE = 'it is pure: the same input gives the same bytes, with no clock, environment or AWS';
const EDGE = 'only reconciler/aws may know the AWS SDK';

/** Everything but AWS's own client packages. */
const NO_SDK = /^(?!@aws-sdk\/|@smithy\/)/;

export const LAYERS: readonly Layer[] = [
  { name: 'errors', files: /^reconciler\/errors\.ts$/, layers: [], packages: NONE, because: 'every other layer imports it' },
  {
    name: 'plain files',
    files: /^reconciler\/run\/plain-file\.ts$/,
    layers: [],
    packages: /^node:(fs|path)$/,
    because: 'everything that reads or writes a file of somebody else goes through it',
  },
  {
    name: 'proxy',
    files: /^reconciler\/aws\/proxy(-agents)?\.ts$/,
    layers: [],
    packages: /^(agent-base|https?-proxy-agent|node:(https?|stream))$/,
    because: 'every request to the outside may go through it',
  },
  {
    name: 'set-up places',
    files: /^scripts\/setup\/places\.mjs$/,
    layers: [],
    packages: /^node:/,
    because: 'what installs a tool and what looks for it name the same place',
  },
  {
    name: 'set-up',
    files: /^scripts\/setup\/tools\.mjs$/,
    layers: ['set-up places'],
    packages: /^node:/,
    because: 'it runs before any package is installed',
  },
  {
    name: 'plan types',
    files: /^reconciler\/plan\/(types|guard-rules)\.ts$/,
    layers: ['model'],
    packages: NONE,
    because: 'every other layer imports it',
  },
  { name: 'port', files: /^reconciler\/run\/port\.ts$/, layers: ['model', 'events'], packages: NONE, because: 'it holds interfaces only' },
  {
    name: 'events',
    files: /^reconciler\/run\/events\.ts$/,
    layers: ['model', 'plan types', 'errors'],
    packages: NONE,
    because: 'it holds types only',
  },
  {
    name: 'run',
    files: /^reconciler\/((run|verify|drift|doctor)\/|import\/import\.ts$|index\.ts$)/,
    layers: [
      'deferred',
      ...[
        'model',
        'config',
        'plan',
        'plan types',
        'report',
        'observe',
        'import',
        'execute',
        'load core',
        'load edge',
        'chaos core',
        'chaos edge',
        'iam',
      ],
      ...['aws', 'aws tables', 'port', 'events', 'plain files', 'errors'],
    ],
    packages: /^(?!@aws-sdk\/|@smithy\/|@octokit\/|@actions\/)/,
    because: 'it composes the core and knows no shell',
  },
  {
    name: 'model',
    files: /^reconciler\/model\//,
    layers: [],
    packages: NONE,
    because: 'all else is derived from it, and it from nothing',
  },
  {
    name: 'config',
    files: /^reconciler\/config\//,
    layers: ['model', 'errors', 'plain files', 'plan types', 'load core', 'chaos core'],
    packages: /^(yaml|ajv|ignore|ipaddr\.js|node:(fs|fs\/promises|path|util|crypto))(\/|$)/,
    because: 'a spec is checked before anything is called',
  },
  {
    name: 'plan',
    files: /^reconciler\/plan\//,
    layers: ['model', 'plan types', 'errors'],
    packages: /^(node:crypto|ipaddr\.js)$/,
    because: PURE,
  },
  {
    name: 'report',
    files: /^reconciler\/report\//,
    layers: ['model', 'plan', 'plan types', 'errors', 'events', 'load core', 'chaos core', 'execute'],
    packages: /^(picocolors|diff)$/,
    because: PURE,
  },
  // The two folders hold pure judgement and a few files that act; those are told by name, so that a new file is pure unless named here.
  {
    name: 'load edge',
    files:
      /^reconciler\/load\/(collect|engines|engines\/[\w-]+|find-k6|run-k6|tell-load|k6-archive|k6-process|k6-script|minder|open-script|requests|probes|cluster\/(follow|kubectl|listen|measured|pod-reader|send|standing))\.ts$/,
    layers: ['load core', 'chaos core', 'model', 'plain files', 'set-up places', 'plan types', 'port', 'events', 'errors'],
    packages: NO_SDK,
    because: EDGE,
  },
  {
    name: 'load core',
    files: /^reconciler\/load\//,
    layers: ['model', 'plan types', 'chaos core', 'errors'],
    packages: NONE,
    because: PURE,
  },
  {
    name: 'chaos edge',
    files: /^reconciler\/chaos\/carry-out\//,
    layers: ['chaos core', 'load core', 'model', 'plan', 'plan types', 'port', 'events', 'errors'],
    packages: /^node:/,
    because: 'it acts through the port only',
  },
  {
    name: 'chaos core',
    files: /^reconciler\/chaos\//,
    layers: ['model', 'plan types', 'load core', 'errors'],
    packages: NONE,
    because: PURE,
  },
  {
    name: 'observe',
    files: /^reconciler\/observe\//,
    layers: ['model', 'plan', 'plan types', 'port', 'events', 'errors'],
    packages: /^node:crypto$/,
    because: 'it reads through the port only',
  },
  {
    name: 'import',
    files: /^reconciler\/import\//,
    layers: ['model', 'config', 'observe', 'plan types', 'port', 'errors'],
    packages: NONE,
    because: 'it turns what is live into a spec and plans nothing',
  },
  {
    name: 'execute',
    files: /^reconciler\/execute\//,
    layers: ['model', 'plan', 'plan types', 'port', 'events', 'errors'],
    packages: /^(node:|@peculiar\/x509$)/,
    because: 'it acts through the port only',
  },
  {
    name: 'deferred',
    files: /^reconciler\/deferred\//,
    layers: ['model', 'plan types', 'config', 'execute', 'port', 'errors'],
    packages: /^(node:crypto|@peculiar\/x509|reflect-metadata)$/,
    because: 'it makes what no plan may hold',
  },
  {
    name: 'aws tables',
    files: /^reconciler\/aws\/(operations|looks|scopes)\.ts$/,
    layers: ['model'],
    packages: NONE,
    because: 'it holds facts only',
  },
  {
    name: 'iam',
    files: /^reconciler\/iam\//,
    layers: ['aws tables', 'model', 'plan types', 'chaos core', 'errors'],
    packages: NONE,
    because: PURE,
  },
  {
    name: 'aws',
    files: /^reconciler\/aws\//,
    layers: ['aws tables', 'proxy', 'model', 'plan types', 'port', 'events', 'errors'],
    packages: ANY,
    because: 'it knows calls, not plans',
  },
  {
    name: 'watch',
    files: /^reconciler\/watch\//,
    layers: ['run', 'report', 'load core', 'load edge', 'chaos core', 'plan types', 'port', 'events', 'errors'],
    packages: /^node:/,
    because: 'it serves a page and composes what the run has',
  },
  {
    name: 'command line',
    files: /^reconciler\/cli\//,
    layers: [
      'run',
      'watch',
      'course',
      // `albedo sandbox` and `albedo demo` start it; it knows nothing of them.
      'sandbox',
      // `albedo setup`, and the question of a command that finds a tool missing.
      'set-up',
      'set-up places',
      'config',
      'report',
      'plan types',
      'port',
      'events',
      'errors',
      'aws',
      'proxy',
      'iam',
      'load core',
      'load edge',
      'chaos core',
      'model',
    ],
    packages: /^(?!@aws-sdk\/|@smithy\/|@octokit\/|@actions\/)/,
    because: 'it is a thin shell',
  },
  {
    name: 'course',
    files: /^course\//,
    layers: [
      'plain files',
      'run',
      'sandbox',
      'config',
      'model',
      'plan types',
      'load core',
      'load edge',
      'chaos core',
      'chaos edge',
      'port',
      'events',
      'errors',
    ],
    packages: /^(node:|yaml$)/,
    because: 'it uses albedo as a student does, and nothing of albedo knows it but the command line',
  },
  {
    name: 'action',
    files: /^action\//,
    // `sandbox: true` starts it; it knows nothing of the action.
    layers: [
      'run',
      'proxy',
      'sandbox',
      'report',
      'model',
      'chaos core',
      'load edge',
      'errors',
      'events',
      'port',
      'plain files',
      'plan types',
    ],
    packages: NO_SDK,
    because: EDGE,
  },
  {
    name: 'sandbox',
    files: /^sandbox\//,
    layers: ['set-up places'],
    packages: /^(?!@aws-sdk\/)/,
    because: 'it must be able to contradict the reconciler',
  },
];

/** Replaces comments by blanks and keeps the lines. Strings are stepped over, so that `'https://…'` stays. */
function withoutComments(source: string): string {
  const token = /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;
  return source.replace(token, (text) => (text.startsWith('//') || text.startsWith('/*') ? text.replace(/[^\n]/g, ' ') : text));
}

/** What a source imports: static, type-only, re-exported, dynamic, and in types. */
export function findImports(source: string): Import[] {
  const text = withoutComments(source);
  const form = /(?:^|[;}\s])(?:import|export)\s+(?:[\w$\s{},*]+?\sfrom\s+)?(['"])([^'"\n]+)\1|\bimport\s*\(\s*(['"])([^'"\n]+)\3/g;
  return [...text.matchAll(form)].map((match) => {
    const specifier = match[2] ?? match[4] ?? '';
    const at = match.index + match[0].lastIndexOf(specifier);
    // `import('…')` behind `await`, `=>` or in a call loads; as a type it does not.
    const typeOnly =
      match[2] !== undefined ? /^\W*(import|export)\s+type\b/.test(match[0]) : !/(await|=>|\()\s*$/.test(text.slice(0, match.index));
    return { specifier, line: text.slice(0, at).split('\n').length, typeOnly };
  });
}

export function layerOf(path: string, layers: readonly Layer[] = LAYERS): Layer | undefined {
  return layers.find((layer) => layer.files.test(path));
}

/** Why the file at `path` may not import `specifier`, or undefined when it may. Paths are relative to the project, with `/`. */
export function judgeImport(path: string, specifier: string, layers: readonly Layer[] = LAYERS): string | undefined {
  const layer = layerOf(path, layers);
  if (!layer) return undefined;
  if (!specifier.startsWith('.')) {
    return layer.packages.test(specifier)
      ? undefined
      : `the layer ${layer.name} may not import the package ${specifier}, because ${layer.because}`;
  }
  const target = posix.join(posix.dirname(path), specifier);
  const other = layerOf(target, layers);
  if (other === layer) return undefined;
  if (!other)
    return target.endsWith('.json')
      ? undefined
      : `the layer ${layer.name} may not import ${target}, which is of no layer, because ${layer.because}`;
  return layer.layers.includes(other.name)
    ? undefined
    : `the layer ${layer.name} may not import ${target} of the layer ${other.name}, because ${layer.because}`;
}

/** Every wrong import below `root`, as `path:line: sentence`, and how many were read. */
export function checkLayers(root: string): { readonly wrong: readonly string[]; readonly read: number } {
  const files = ['reconciler', 'action', 'sandbox', 'course']
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) => readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(root, folder, name)))
    .filter((path) => path.endsWith('.ts') && !path.includes(`${sep}node_modules${sep}`))
    .sort();
  let read = 0;
  const edges: Edge[] = [];
  const wrong = files.flatMap((file) => {
    const path = relative(root, file).split(sep).join('/');
    return findImports(readFileSync(file, 'utf8')).flatMap(({ specifier, line, typeOnly }) => {
      read += 1;
      if (specifier.startsWith('.')) edges.push({ from: path, to: posix.join(posix.dirname(path), specifier), typeOnly });
      const sentence = judgeImport(path, specifier);
      return sentence ? [`${path}:${line}: ${sentence}`] : [];
    });
  });
  return { wrong: [...wrong, ...judgeCircles(edges)], read };
}

const [, self, folder] = process.argv;
if (self && import.meta.url === pathToFileURL(self).href) {
  const { wrong, read } = checkLayers(resolve(folder ?? dirname(dirname(fileURLToPath(import.meta.url)))));
  for (const line of wrong) process.stderr.write(`${line}\n`);
  process.stdout.write(
    wrong.length === 0 ? `layers: ${read} imports, all allowed; no circles\n` : `layers: ${wrong.length} of ${read} imports are wrong\n`,
  );
  process.exitCode = wrong.length === 0 ? 0 : 1;
}
