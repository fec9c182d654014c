import { renderProblems } from '../config/render.ts';
import { asError, EXIT } from '../errors.ts';
import { endedDocument, headOf } from '../run/document.ts';
import { problemsOf, readSpecs } from '../run/specs.ts';
import { print, printJson, type Shared } from './shell.ts';

/** Checks specs; calls nothing. With `--format json` the problems are on standard output, for tools. */
export async function validateCommand(paths: readonly string[], shared: Shared): Promise<number> {
  try {
    const { specs, warnings, sources } = await readSpecs(paths, process.env);
    if (shared.format.prints === 'document')
      printJson({
        ...{ ...headOf('validate', EXIT.ok), valid: true },
        files: specs.map(({ file, spec }) => ({
          file,
          stack: spec.stack.name,
          region: spec.stack.region,
          resources: spec.stack.desired.length,
        })),
        problems: warnings,
      });
    else {
      if (warnings.length > 0) print(renderProblems(warnings, { source: sources }));
      for (const { file, spec } of specs) print(`${file}: stack ${spec.stack.name} is valid, ${spec.stack.desired.length} resources`);
    }
    return EXIT.ok;
  } catch (thrown) {
    if (shared.format.prints !== 'document') throw thrown;
    const error = asError(thrown);
    printJson(endedDocument('validate', error));
    // Mistakes in specs are the requested result; any other error is also printed on standard error.
    if (problemsOf(error) === undefined) throw thrown;
    return error.exit;
  }
}
