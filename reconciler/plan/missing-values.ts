import type { Json } from '../model/json.ts';
import type { Stack } from '../model/model.ts';
import type { Refusal } from './guard.ts';
import type { Plan } from './types.ts';

/**
 * What steps of the plan need and this machine does not have: the private key of a certificate from files that has to be uploaded. A
 * plan for which something is missing is shown, and refused before its first write.
 */
export function missingValues(planned: Plan, stack: Stack, texts: ReadonlyMap<string, string>): readonly Refusal[] {
  return planned.steps.flatMap((step) => {
    const wanted = stack.desired.find(({ address }) => address === step.address);
    // A certificate that is made here has no fingerprint before it is made: its key is made with it.
    if (wanted?.values['fingerprint'] === undefined) return [];
    return keysIn(step.input)
      .filter((key) => key.startsWith('certificate:') && !texts.has(key))
      .map(
        (key): Refusal => ({
          rule: 'secret',
          address: step.address,
          label: 'certificate',
          reason: `its ${key.endsWith(':key') ? 'private key' : 'file'} is needed for the upload, but is not on this machine`,
          remedy:
            'Run this on the machine that has the file, or put the key into an environment variable: `privateKey: { env: ALBEDO_SECRET_… }`.',
          ...(wanted.position === undefined ? {} : { position: wanted.position }),
        }),
      );
  });
}

/** The keys of all `$deferred` values in a step's input. */
function keysIn(input: Json): readonly string[] {
  if (typeof input !== 'object' || input === null) return [];
  if (Array.isArray(input)) return input.flatMap(keysIn);
  const own = (input as { readonly [key: string]: Json })['$deferred'];
  return typeof own === 'string' ? [own] : Object.values(input).flatMap(keysIn);
}
