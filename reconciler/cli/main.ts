import { type ErrorCode, EXIT, ReconcileError } from '../errors.ts';
import { makeProgram } from './program.ts';

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';

try {
  await makeProgram().parseAsync();
} catch (thrown) {
  process.exitCode = await complain(thrown);
}

/** One clear sentence and what to do next; never a stack trace for what is no defect of ours. */
async function complain(thrown: unknown): Promise<number> {
  if (thrown instanceof ReconcileError) {
    const { renderError } = await import('./shell.ts');
    process.stderr.write(renderError(thrown));
    if (thrown.code === 'Interrupted') process.exit(thrown.exit);
    return thrown.exit;
  }
  const code: ErrorCode = 'Internal';
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  process.stderr.write(
    `albedo: ${error.message}\n  ${code}: this is a defect of albedo; please report it with the lines below.\n${(error.stack ?? '').split('\n').slice(1, 6).join('\n')}\n`,
  );
  return EXIT.error;
}
