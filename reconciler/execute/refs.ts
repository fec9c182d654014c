import { type Json, textsIn } from '../model/json.ts';
import { outputAt, valueAt } from '../model/paths.ts';
import type { Step } from '../plan/types.ts';

/** What steps of this run gave out: `vpc/main.id` -> `vpc-0…`. */
export type Outputs = Map<string, Json>;

/** How a wait tells what it waits for, and hears that it is to end. */
export interface Waiting {
  readonly signal: AbortSignal;
  /** `nextMs`: before the next look. `until`: when it is given up, ms since the epoch. */
  say(text: string, nextMs: number, until: number): void;
}

/** Fetches or makes a value that no plan may hold: a script, a key, the id of the newest image. `of`: what it is of, an id by then. */
export type ResolveDeferred = (key: string, step: Step, of?: Json, waiting?: Waiting) => Promise<Json>;

/** The step's input with every `$ref` and `$deferred` in place. Throws when a reference has no value: a defect of the plan. */
export async function resolveInput(step: Step, outputs: Outputs, deferred: ResolveDeferred, waiting: Waiting): Promise<Json> {
  const walk = async (value: Json): Promise<Json> => {
    if (Array.isArray(value)) return Promise.all(value.map(walk));
    if (typeof value !== 'object' || value === null) return value;
    const record = value as { readonly [key: string]: Json };
    const [ref, wanted] = [record['$ref'], record['$deferred']];
    if (typeof ref === 'string') {
      const known = outputs.get(ref);
      if (known === undefined) throw new Error(`step ${step.id} needs ${ref}, but no earlier step returned it`);
      return known;
    }
    if (typeof wanted === 'string')
      return deferred(wanted, step, record['of'] === undefined ? undefined : await walk(record['of']), waiting);
    return Object.fromEntries(await Promise.all(Object.entries(record).map(async ([key, entry]) => [key, await walk(entry)] as const)));
  };
  return walk(step.input);
}

/** Puts the step's outputs where later steps find them. */
export function keepOutputs(step: Step, answer: Json, outputs: Outputs): void {
  for (const [name, path] of Object.entries(step.outputs ?? {})) {
    const value = path.includes('|') ? outputAt(answer, path) : valueAt(answer, path);
    if (value !== undefined) outputs.set(`${step.address}.${name}`, value);
  }
}

const THING = /^(arn:|[a-z]+(-[a-z]+)*-[0-9a-f]{8,}$)/;

/** Ids, ARNs and names of what a step that is done has made, or changed by more than its tags: AWS's parts may not know of it yet. */
export function thingsIn(step: Step, input: Json, answer: Json): readonly string[] {
  if (step.effect === 'destroy' || step.effect === 'await' || /Tags?$|TagServerCertificate$/.test(step.op)) return [];
  const made = Object.values(step.outputs ?? {}).flatMap((path) => outputAt(answer, path) ?? []);
  // What a create names is as it was; what an update names is changed, such as the VPC that a gateway is attached to.
  return step.effect === 'create' ? made : [...made, ...textsIn(input).filter((text) => THING.test(text))];
}
