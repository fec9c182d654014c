import { renderProblems } from '../config/render.ts';
import { EXIT, ReconcileError } from '../errors.ts';
import { readSpecs } from '../run/specs.ts';
import { print, printJson, type Shared } from './shell.ts';

/** Checks specs; calls nothing. With `--format json` the problems are on standard output, for tools. */
export async function validateCommand(paths: readonly string[], shared: Shared): Promise<number> {
  try {
    const { specs, warnings, sources } = await readSpecs(paths, process.env);
    if (shared.format === 'json')
      printJson({
        version: 1,
        valid: true,
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
    if (shared.format !== 'json' || !(thrown instanceof ReconcileError) || thrown.code !== 'SpecInvalid') throw thrown;
    printJson({ version: 1, valid: false, problems: (thrown.cause as { problems: unknown }).problems });
    return EXIT.error;
  }
}
