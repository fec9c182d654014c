// Makes what is derived: from the field table the JSON Schema for editors and the reference, from the example the one in docs/first-spec.md.
// `npm run generate` writes; `npm run generate -- --check` fails, naming the files, when writing would change one.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { RESULT_SCHEMA } from '../action/result-schema.ts';
import { EXPERIMENT_ROWS } from '../reconciler/chaos/experiments.ts';
import { environmentSchema } from '../reconciler/model/environment.ts';
import { policySchema } from '../reconciler/model/policy.ts';
import { stackSchema } from '../reconciler/model/schema.ts';
import { DOCUMENT_COMMANDS, documentSchema } from '../reconciler/run/document-schema.ts';
import { renderActionReadme, renderActionYml } from './generate/action.ts';
import { editorSchema, schemaStore } from './generate/editor.ts';
import { renderErrors } from './generate/errors.ts';
import { renderFirstSpec } from './generate/first-spec.ts';
import { loadLibrary, loadLibraryTypes, renderLoadScripts } from './generate/load-library.ts';
import { renderPageScript } from './generate/page-script.ts';
import { renderReference } from './generate/reference.ts';

const root = join(import.meta.dirname, '..');
const FILES: Readonly<Record<string, () => string>> = {
  'schemas/stack.schema.json': () => `${JSON.stringify(editorSchema(stackSchema(EXPERIMENT_ROWS)), null, 2)}\n`,
  'schemas/policy.schema.json': () => `${JSON.stringify(editorSchema(policySchema()), null, 2)}\n`,
  'schemas/environment.schema.json': () => `${JSON.stringify(editorSchema(environmentSchema()), null, 2)}\n`,
  'schemas/result.schema.json': () => `${JSON.stringify(RESULT_SCHEMA, null, 2)}\n`,
  ...Object.fromEntries(
    DOCUMENT_COMMANDS.map((command) => [`schemas/${command}.schema.json`, () => `${JSON.stringify(documentSchema(command), null, 2)}\n`]),
  ),
  'schemas/schemastore.json': () => `${JSON.stringify(schemaStore(), null, 2)}\n`,
  'action/action.yml': renderActionYml,
  'action/README.md': () => renderActionReadme(readFileSync(join(root, 'action/README.md'), 'utf8')),
  'docs/reference.md': renderReference,
  'docs/errors.md': renderErrors,
  'reconciler/report/page/script.ts': () => renderPageScript(root),
  'k6/albedo.js': () => loadLibrary(root),
  'k6/albedo.d.ts': () => loadLibraryTypes(root),
  'docs/load-scripts.md': () => renderLoadScripts(readFileSync(join(root, 'docs/load-scripts.md'), 'utf8')),
  'docs/first-spec.md': () =>
    renderFirstSpec(
      readFileSync(join(root, 'docs/first-spec.md'), 'utf8'),
      readFileSync(join(root, 'environments/sandbox/webserver.yaml'), 'utf8'),
    ),
};

const check = process.argv.includes('--check');
const stale: string[] = [];
for (const [name, render] of Object.entries(FILES)) {
  const path = join(root, name);
  const text = render();
  if (readIfThere(path) === text) continue;
  stale.push(name);
  if (check) continue;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
if (stale.length === 0) process.stderr.write('Everything generated is up to date.\n');
else if (!check) process.stderr.write(`Written: ${stale.join(', ')}\n`);
else {
  process.stderr.write(`Out of date: ${stale.join(', ')}. Run: npm run generate\n`);
  process.exitCode = 1;
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
