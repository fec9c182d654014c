// Ajv turns a schema into code whenever a command starts, which costs more than reading the spec. The bundle holds that code
// ready made, for the schemas it validates with, and leaves Ajv's compiler out.
import { join } from 'node:path';
import { build } from 'esbuild';
import { root } from '../setup/places.mjs';

const GENERATOR = `
import standalone from 'ajv/dist/standalone/index.js';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { AJV_OPTIONS, schemaBody } from './reconciler/config/ajv.ts';
import { EXPERIMENT_ROWS } from './reconciler/chaos/experiments.ts';
import { environmentSchema } from './reconciler/model/environment.ts';
import { policySchema } from './reconciler/model/policy.ts';
import { stackSchema } from './reconciler/model/schema.ts';
const ajv = new Ajv2020({ ...AJV_OPTIONS, code: { source: true, esm: true } });
const schemas = { stack: stackSchema(EXPERIMENT_ROWS), policy: policySchema(), environment: environmentSchema() };
for (const [name, schema] of Object.entries(schemas)) ajv.addSchema(schemaBody(schema), name);
export const names = Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [schema.$id, name]));
export const code = (standalone.default ?? standalone)(ajv, Object.fromEntries(Object.keys(schemas).map((name) => [name, name])));
`;

const RESULT_GENERATOR = `
import standalone from 'ajv/dist/standalone/index.js';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { RESULT_OPTIONS } from './action/result-check.ts';
import { RESULT_SCHEMA } from './action/result-schema.ts';
const ajv = new Ajv2020({ ...RESULT_OPTIONS, code: { source: true, esm: true } });
export const code = (standalone.default ?? standalone)(ajv, ajv.compile(RESULT_SCHEMA));
`;

/** What a generator exports, made from the sources as they are now. */
async function generated(contents) {
  const { outputFiles } = await build({
    absWorkingDir: root,
    stdin: { contents, resolveDir: root, loader: 'ts' },
    write: false,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    logLevel: 'warning',
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
}

/** One error as Ajv writes it: `{instancePath:…,schemaPath:"…",keyword:"…",params:{…}}`. */
const ERROR =
  /= \{instancePath(?::((?:[^,{}"]|"[^"]*")+))?,schemaPath:("(?:[^"\\]|\\.)*"),keyword:("\w+"),params:(\{(?:[^{}"]|"(?:[^"\\]|\\.)*")*\})\};/g;

/** A schema that the code holds whole, and a place in it that the code reads. */
const WHOLE = /const (schema\d+) = (\{.*?\});(?=const |export |function |\n|$)/g;
const READ = /\b(schema\d+)((?:\.\w+|\["(?:[^"\\]|\\.)*"\]|\[\d+\])+)/g;

/**
 * Ajv looks up lists of words, and the names of an object that has many, in a copy of the whole schema: a hundred thousand characters, of
 * which it reads a twentieth. Only what is read stays.
 */
function withoutUnread(code) {
  const wholes = new Map([...code.matchAll(WHOLE)].map(([, name, text]) => [name, { schema: JSON.parse(text), kept: {} }]));
  const [bare] = code.match(/\bschema\d+\b(?! =|\.|\[)/) ?? [];
  if (bare !== undefined) throw new Error(`the validators use ${bare} as a whole`);
  for (const [, name, path] of code.matchAll(READ)) {
    const whole = wholes.get(name);
    if (whole === undefined) throw new Error(`the validators read ${name}, which they do not hold`);
    const keys = [...path.matchAll(/\.(\w+)|\[(.*?)\]/g)].map(([, word, quoted]) => word ?? JSON.parse(quoted));
    const last = keys.pop();
    let [from, to] = [whole.schema, whole.kept];
    for (const key of keys) [from, to] = [from[key], (to[key] ??= {})];
    // Of the properties of an object only the names are asked for; some may be there already, with what is read below them.
    to[last] = last === 'properties' ? { ...Object.fromEntries(Object.keys(from[last]).map((key) => [key, {}])), ...to[last] } : from[last];
  }
  return code.replaceAll(WHOLE, (_, name) => `const ${name} = ${JSON.stringify(wholes.get(name).kept)};`);
}

/**
 * Where in the schema each error is, which Ajv writes out with each: a quarter of the code. The way to a field is written once: of
 * `#/properties/a/items/properties/b/anyOf/1/type` it leads to `b`.
 */
function sharedWays() {
  const names = new Map();
  return {
    at(quoted) {
      const path = JSON.parse(quoted);
      const way = /^.*\/properties\/[^/]+/.exec(path)?.[0];
      if (way === undefined) return quoted;
      if (!names.has(way)) names.set(way, `way${names.size}`);
      return `${names.get(way)}+${JSON.stringify(path.slice(way.length))}`;
    },
    code: () => [...names].map(([way, name]) => `const ${name} = ${JSON.stringify(way)};\n`).join(''),
  };
}

/** Ajv writes out each error, how it joins the others, and how a name becomes part of a JSON pointer: thousands of times the same. */
function shorter(code) {
  const ways = sharedWays();
  const short = withoutUnread(code)
    .replace(
      /if\s*\(vErrors === null\)\s*\{\s*vErrors = \[(err\d+)\];?\s*\}\s*else\s*\{\s*vErrors\.push\(\1\);?\s*\}/g,
      'vErrors = joined(vErrors, $1);',
    )
    .replaceAll(/\b(\w+)\.replace\(\/~\/g, "~0"\)\.replace\(\/\\\/\/g, "~1"\)/g, 'pointer($1)')
    .replaceAll(
      ERROR,
      (_, path, schemaPath, keyword, params) => `= problem(${path ?? 'instancePath'},${ways.at(schemaPath)},${keyword},${params});`,
    );
  return `const joined = (all, one) => (all === null ? [one] : (all.push(one), all));
const problem = (instancePath, schemaPath, keyword, params) => ({ instancePath, schemaPath, keyword, params });
const pointer = (name) => name.replace(/~/g, '~0').replace(/\\//g, '~1');
${ways.code()}${short}`;
}

/** The text of a module that answers like `reconciler/config/ajv.ts`. */
async function readyMade() {
  const { names, code } = await generated(GENERATOR);
  return `import { withDetails } from './error-details.ts';
${shorter(code)}
export function compileSchema(schema) {
  const check = { ${Object.entries(names)
    .map(([id, name]) => `${JSON.stringify(id)}: ${name}`)
    .join(', ')} }[schema.$id];
  if (check === undefined) throw new Error('the bundle holds no validator for the schema ' + schema.$id);
  const { $schema, $id, ...body } = schema;
  return withDetails(body, check);
}`;
}

/** The text of a module that answers like `action/result-check.ts`. */
async function readyMadeResult() {
  const { code } = await generated(RESULT_GENERATOR);
  return `${shorter(code)}\nexport const resultCheck = () => validate;`;
}

/** An esbuild plugin: ready-made code in the place of a source that loads Ajv. */
function insteadOf(name, source, make) {
  return {
    name,
    setup(builder) {
      let made;
      const path = join(root, source).replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
      builder.onLoad({ filter: new RegExp(`^${path}$`) }, async () => ({ contents: await (made ??= make()), loader: 'js' }));
    },
  };
}

export const readyMadeValidator = insteadOf('ready-made-validator', 'reconciler/config/ajv.ts', readyMade);
/** Of the action only. */
export const readyMadeResultCheck = insteadOf('ready-made-result-check', 'action/result-check.ts', readyMadeResult);
