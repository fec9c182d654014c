import type { Json } from '../model/json.ts';
import { outputAt, valueAt } from '../model/paths.ts';
import type { Step } from '../plan/types.ts';

/** What steps of this run gave out: `vpc/main.id` -> `vpc-0…`. */
export type Outputs = Map<string, Json>;

/** Fetches or makes a value that no plan may hold: a script, a key, the id of the newest image. `of`: what it is of, an id by then. */
export type ResolveMaterial = (key: string, step: Step, of?: Json) => Promise<Json>;

/** The step's input with every `$ref` and `$deferred` in place. Throws when a reference has no value: a defect of the plan. */
export async function resolveInput(
  step: Step,
  outputs: Outputs,
  material: ResolveMaterial,
): Promise<{ readonly input: Json; readonly fresh: boolean }> {
  let fresh = false;
  const walk = async (value: Json): Promise<Json> => {
    if (Array.isArray(value)) return Promise.all(value.map(walk));
    if (typeof value !== 'object' || value === null) return value;
    const record = value as { readonly [key: string]: Json };
    const [ref, wanted] = [record['$ref'], record['$deferred']];
    if (typeof ref === 'string') {
      const known = outputs.get(ref);
      if (known === undefined) throw new Error(`step ${step.id} needs ${ref}, which no step before it gave`);
      fresh = true;
      return known;
    }
    if (typeof wanted === 'string')
      return record['of'] === undefined ? material(wanted, step) : material(wanted, step, await walk(record['of']));
    return Object.fromEntries(await Promise.all(Object.entries(record).map(async ([key, entry]) => [key, await walk(entry)] as const)));
  };
  return { input: await walk(step.input), fresh };
}

/** Puts the step's outputs where later steps find them. */
export function keepOutputs(step: Step, answer: Json, outputs: Outputs): void {
  for (const [name, path] of Object.entries(step.outputs ?? {})) {
    const value = path.includes('|') ? outputAt(answer, path) : valueAt(answer, path);
    if (value !== undefined) outputs.set(`${step.address}.${name}`, value);
  }
}
