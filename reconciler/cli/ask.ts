/** Questions to a person. They go to standard error, so that standard output contains only the result. */

import { ReconcileError } from '../errors.ts';

/** Whether there is somebody to ask: a terminal on both sides, and no CI. The prompt library would end the process silently without one. */
export const canAsk = (env: NodeJS.ProcessEnv = process.env): boolean =>
  process.stdin.isTTY === true && process.stderr.isTTY === true && env['CI'] === undefined && env['TERM'] !== 'dumb';

const output = { output: process.stderr } as const;

/** The answer; Ctrl-C and Escape end the command. */
async function answered<T extends string | boolean>(asked: Promise<T | symbol>): Promise<T> {
  const answer = await asked;
  if (typeof answer === 'symbol') throw new ReconcileError('Interrupted', 'stopped at a question', { hint: 'Nothing was written.' });
  return answer;
}

export async function confirm(message: string, initialValue = true): Promise<boolean> {
  const { confirm: ask } = await import('@clack/prompts');
  return answered<boolean>(ask({ message, initialValue, ...output }));
}

/** `check` returns what is wrong with an answer, or undefined. An empty answer means `initial`. */
export async function askText(message: string, initial: string, check: (value: string) => string | undefined): Promise<string> {
  const { text } = await import('@clack/prompts');
  const given = (value: string | undefined) => (value === undefined || value.trim() === '' ? initial : value.trim());
  return given(
    await answered<string>(
      text({
        message,
        ...(initial === '' ? {} : { placeholder: initial, defaultValue: initial }),
        validate: (value) => check(given(value)),
        ...output,
      }),
    ),
  );
}

export async function choose<T extends string>(
  message: string,
  options: readonly { readonly value: T; readonly label: string; readonly hint?: string }[],
): Promise<T> {
  const { select } = await import('@clack/prompts');
  return (await answered(select<string>({ message, options: [...options], ...output }))) as T;
}
