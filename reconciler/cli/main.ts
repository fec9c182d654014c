import { CommanderError } from 'commander';
import { asError, type ErrorCode, EXIT, ReconcileError } from '../errors.ts';
import { makeProgram } from './program.ts';

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';

// The reader of the output may end early (`| head`): the work continues, since an apply must not stop half-way because of it.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });

const program = makeProgram();
try {
  await program.parseAsync();
} catch (thrown) {
  // Commander has printed what is wrong, or the requested help.
  if (thrown instanceof CommanderError && thrown.exitCode === 0) process.exitCode = 0;
  else {
    await documentFor(thrown instanceof CommanderError ? wrongArguments(thrown) : thrown);
    process.exitCode = thrown instanceof CommanderError ? EXIT.error : await complain(thrown);
  }
}

function wrongArguments({ message }: CommanderError): ReconcileError {
  return new ReconcileError('ArgumentsWrong', message.replace(/^error: /, '').split('\n')[0] ?? '');
}

/** `--format json` prints one document in any case: here for an error that ended the command before its own document. */
async function documentFor(thrown: unknown): Promise<void> {
  const said = process.argv.findIndex((word) => word === '--format' || word.startsWith('--format='));
  const format = process.argv[said] === '--format' ? process.argv[said + 1] : process.argv[said]?.slice('--format='.length);
  if (said < 0 || format !== 'json') return;
  const [{ hasPrintedJson, printJson }, { endedDocument }] = await Promise.all([import('./shell.ts'), import('../run/document.ts')]);
  if (hasPrintedJson()) return;
  const names = new Set(program.commands.map((one) => one.name()));
  const command = process.argv.slice(2).find((word) => names.has(word)) ?? 'albedo';
  printJson(endedDocument(command, asError(thrown)));
}

/** One clear sentence and what to do next; a stack trace only for a defect of albedo. */
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
    `albedo: ${error.message}\n  ${code}: this is a bug in albedo; please report it with the lines below.\n${(error.stack ?? '').split('\n').slice(1, 6).join('\n')}\n`,
  );
  return EXIT.error;
}
