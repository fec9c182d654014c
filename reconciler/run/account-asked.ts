/** What the checks of the account have in common: what a plan writes, the question, and the mistake at its place. */

import { CloudError, type Problem } from '../errors.ts';
import type { Json, Note } from '../model/json.ts';
import { fieldsOf, kindOf } from '../model/kinds.ts';
import type { Desired, Observed, Stack } from '../model/model.ts';
import { pathOf } from '../model/sections.ts';
import type { Change, Plan } from '../plan/types.ts';

export type Call = (op: string, input: Json) => Promise<Json>;

export interface AccountChecks {
  readonly problems: readonly Problem[];
  /** What could not be asked. */
  readonly notes: readonly Note[];
}

/** Fields that the plan writes, each with its resource; those of a new resource are all of them. */
export interface Written {
  readonly resource: Desired;
  readonly field: string;
  readonly value: Json;
}

export function writtenBy(planned: Plan, stack: Stack): readonly Written[] {
  const changes = new Map(planned.changes.map((change) => [change.address as string, change]));
  return stack.desired.flatMap((resource) => {
    const change = changes.get(resource.address);
    if (change === undefined || change.verb === 'destroy') return [];
    return Object.entries(resource.values).flatMap(([field, value]): Written[] =>
      writes(change, field) ? [{ resource, field, value }] : [],
    );
  });
}

export const writes = ({ verb, fields }: Change, name: string): boolean =>
  verb === 'create' || verb === 'replace' || fields.some(({ field }) => field === name);

/** Whether the keys of a field stand in the entry itself, without its name: an action is said by `forward`, not by `actions`. */
const isSpread = ({ kind }: Desired, name: string): boolean =>
  fieldsOf(kindOf(kind)).some(([field, { spread }]) => field === name && spread !== undefined);

export function mistake({ resource, field }: Written, stack: Stack, message: string, hint: string): Problem {
  return {
    ...(resource.positions[field] ?? resource.position ?? { file: stack.file, line: 1, column: 1 }),
    path: [...pathOf(resource.address), ...(isSpread(resource, field) ? [] : [field])].join('.'),
    message,
    hint,
    severity: 'error',
  };
}

/** The answer, or a note where this account, region or partition refuses the question: then AWS itself decides, when it comes to it. */
export async function ask<T>(what: string, question: () => Promise<T>): Promise<T | Note> {
  try {
    return await question();
  } catch (thrown) {
    if (!(thrown instanceof CloudError) || !/^(NotFound|Invalid|Denied)$/.test(thrown.class)) throw thrown;
    return { kind: 'warning', text: `${what} cannot be checked before the apply: ${thrown.op} answered ${thrown.awsCode}` };
  }
}

export const isNote = (answer: unknown): answer is Note =>
  typeof answer === 'object' && answer !== null && 'kind' in answer && 'text' in answer;

/** The id of the stack's VPC; `null`: it is yet to be made; undefined: it has none. */
export function vpcOf(stack: Stack, observed: Observed): string | null | undefined {
  const given = observed.existing['vpc/main']?.['id'];
  if (given !== undefined) return given;
  if (!stack.desired.some(({ kind }) => kind === 'vpc')) return undefined;
  return observed.live.find(({ kind }) => kind === 'vpc')?.id ?? null;
}
