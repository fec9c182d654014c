import { ReconcileError } from '../errors.ts';
import { TOP } from '../model/top.ts';
import type { NamedSpec } from '../run/specs.ts';

/** A stack by its name, instead of by its file. */
export interface StackFlags {
  readonly stack?: string;
  readonly region?: string;
  /** How many specs were named as well. */
  readonly named?: number;
}

/** The stack of `--stack` and `--region`, as a spec without resources. Throws `SpecInvalid` for flags that cannot be combined. */
export async function stackWithoutFile(flags: StackFlags, destroys: boolean): Promise<readonly NamedSpec[] | undefined> {
  const { stack, region, named = 0 } = flags;
  if (stack === undefined && region === undefined) return undefined;
  const refuse = (message: string, hint: string): never => {
    throw new ReconcileError('SpecInvalid', message, { hint });
  };
  if (stack === undefined) return refuse('--region needs --stack', 'A spec sets its own region.');
  if (region === undefined) return refuse('--stack needs the region of the stack', 'Add --region, such as --region us-east-1.');
  if (!destroys) return refuse('a stack without a file can only be destroyed', 'Use `albedo plan --destroy --stack NAME --region REGION`.');
  if (named > 0) return refuse('--stack is used instead of specs', 'Name specs, or a stack that has no file.');
  for (const [flag, value, { pattern, ...schema }] of [
    ['--stack', stack, TOP['stack'] ?? {}],
    ['--region', region, TOP['region'] ?? {}],
  ] as const)
    if (!new RegExp(String(pattern)).test(value))
      return refuse(`${flag} ${value} is not valid`, `It must be ${String(schema['x-pattern-message'])}.`);
  const { nothingOf } = await import('../run/nothing.ts');
  return [nothingOf(stack, region)];
}
