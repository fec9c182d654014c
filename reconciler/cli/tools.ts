/** `albedo setup`, and the check before a command that needs a missing program: it asks, then installs it. */

import { installTools, missingTools, TOOLS, type ToolName } from '../../scripts/setup/tools.mjs';
import { ERRORS, EXIT, ReconcileError } from '../errors.ts';
import { canAsk, confirm } from './ask.ts';
import { print, printJson, type Shared } from './shell.ts';

const NAMES = Object.keys(TOOLS) as readonly ToolName[];

/** Installs the named programs, or all; with `check`, only lists those that are missing. Exit 1 if one is missing in the end. */
export async function setupCommand(named: readonly string[], flags: { readonly check?: boolean }, shared: Shared): Promise<number> {
  const unknown = named.filter((name) => !NAMES.includes(name as ToolName));
  if (unknown.length > 0)
    throw new ReconcileError('ToolMissing', `setup does not know ${unknown.join(', ')}`, { hint: `Name one of ${NAMES.join(', ')}.` });
  const names = named.length === 0 ? NAMES : (named as readonly ToolName[]);
  if (shared.format.prints === 'document') {
    if (flags.check !== true) await installTools(names, { quiet: true });
    const missing = await missingTools(names);
    printJson({ version: 1, tools: names.map((name) => ({ name, missing: missing.some((each) => each.name === name) })) });
    return missing.length === 0 ? EXIT.ok : EXIT.error;
  }
  return installTools(names, { checkOnly: flags.check === true, quiet: shared.quiet === true });
}

/**
 * Called before a command that needs these programs. With `--yes`, installs the missing ones; on a terminal, asks first. Otherwise does
 * nothing, and the code that looks for the program reports that it is missing. Throws `ToolMissing` if the answer is no.
 */
export async function ensureTools(names: readonly ToolName[], shared: Shared): Promise<void> {
  if (shared.yes !== true && !canAsk()) return;
  const missing = await missingTools(names);
  if (missing.length === 0) return;
  if (shared.yes !== true) {
    process.stderr.write(
      `This needs programs that are not installed yet:\n${missing.map(({ name }) => `  ${name}: ${TOOLS[name]}`).join('\n')}\n`,
    );
    if (!(await confirm('Download them now?')))
      throw new ReconcileError('ToolMissing', `${missing.map(({ name }) => name).join(', ')} not downloaded`, {
        hint: `\`albedo setup\` downloads them later; ${missing.map(({ name }) => `ALBEDO_${name.toUpperCase()}`).join(', ')} can point to your own.`,
      });
  }
  const status = await installTools(missing.map(({ name }) => name));
  if (status === ERRORS.Interrupted.exit) throw new ReconcileError('Interrupted', 'set-up was interrupted');
  if (status !== 0)
    throw new ReconcileError('ToolMissing', 'set-up could not install everything', { hint: 'Its output shows what to do.' });
  if (shared.format.prints === 'told') print('');
}
