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

/** The text of a module that answers like `reconciler/config/ajv.ts`, made from the sources as they are now. */
async function readyMade() {
  const { outputFiles } = await build({
    absWorkingDir: root,
    stdin: { contents: GENERATOR, resolveDir: root, loader: 'ts' },
    write: false,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'warning',
  });
  const { names, code } = await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
  return `${code}
export function compileSchema(schema) {
  const check = { ${Object.entries(names)
    .map(([id, name]) => `${JSON.stringify(id)}: ${name}`)
    .join(', ')} }[schema.$id];
  if (check === undefined) throw new Error('the bundle holds no validator for the schema ' + schema.$id);
  return check;
}`;
}

/** esbuild plugin: ready-made code instead of Ajv. */
export const readyMadeValidator = {
  name: 'ready-made-validator',
  setup(builder) {
    let made;
    const path = join(root, 'reconciler/config/ajv.ts').replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    builder.onLoad({ filter: new RegExp(`^${path}$`) }, async () => ({ contents: await (made ??= readyMade()), loader: 'js' }));
  },
};
