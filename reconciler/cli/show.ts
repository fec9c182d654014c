import { resolve } from 'node:path';
import { formatPath } from '../config/path.ts';
import { parseWhole } from '../config/read.ts';
import { renderMerged, valuesOf } from '../config/show.ts';
import { EXIT, ReconcileError } from '../errors.ts';
import { DOCUMENT_VERSION } from '../run/document.ts';
import { loadSpecs } from '../run/specs.ts';
import { print, printJson, type Shared } from './shell.ts';

export interface ShowFlags {
  readonly where?: true;
}

/** Prints specs merged with the files that they extend. Calls nothing and does not check the schema: `validate` does. */
export async function showCommand(paths: readonly string[], flags: ShowFlags, shared: Shared): Promise<number> {
  const loaded = await loadSpecs(paths);
  const all = loaded.specs.map(({ file, text }) => ({ file, text, spec: parseWhole(text, file, {}) }));
  const problems = [...loaded.problems, ...all.flatMap(({ spec }) => spec.problems)];
  if (problems.length > 0)
    throw new ReconcileError('SpecInvalid', `${problems.length} mistake${problems.length === 1 ? '' : 's'} in the spec`, {
      cause: {
        problems,
        sources: new Map(
          all.flatMap(({ file, text, spec }) => [[file, text], ...spec.bases.map((base) => [base.file, base.text] as const)]),
        ),
      },
    });
  // A base file is shown as part of the specs that extend it.
  const extended = new Set(all.flatMap(({ spec }) => spec.bases.map(({ file }) => resolve(file))));
  const shown = all.filter(
    ({ file, spec: { value } }) => !extended.has(resolve(file)) || (value !== null && Object.hasOwn(value as object, 'stack')),
  );
  if (shared.format.prints === 'document')
    printJson({
      version: DOCUMENT_VERSION,
      command: 'show',
      exitCode: EXIT.ok,
      specs: shown.map(({ file, spec }) => ({
        ...{ file, extends: spec.bases.map((base) => base.file), spec: spec.value },
        where: Object.fromEntries(valuesOf(spec).map(({ path, file: from, line }) => [formatPath(path), `${from}:${line}`])),
      })),
    });
  else
    for (const [index, { file, spec }] of shown.entries()) {
      const head = shown.length > 1 ? `${index > 0 ? '---\n' : ''}# ${file}\n` : '';
      print(`${head}${renderMerged(spec, flags.where === true)}`);
    }
  return EXIT.ok;
}
