/** Waits, as steps. */

import type { Await, Kind } from '../model/field.ts';
import type { Json } from '../model/json.ts';
import { fieldsOf } from '../model/kinds.ts';
import type { Desired } from '../model/model.ts';
import type { Delta } from './delta.ts';
import { type Context, type DraftStep, nameOf, step } from './draft-step.ts';
import { fill } from './inputs.ts';

export function awaitSteps(delta: Delta, desired: Desired, self: Json, made: string | undefined, context: Context): readonly DraftStep[] {
  return (delta.kind.awaits ?? [])
    .filter((wait) => wait.name === 'ready' || wait.name === 'settled')
    .flatMap((wait) => {
      if (wait.name === 'ready' && made === undefined) return [];
      if (wait.ifAny !== undefined && ((desired.values[wait.ifAny] ?? []) as readonly Json[]).length === 0) return [];
      if (wait.ifUsedBy !== undefined && !context.usedBy(desired.address, wait.ifUsedBy)) return [];
      return [awaitStep(delta, wait, { ...membersOf(delta.kind, desired.values), id: self }, made === undefined ? [] : [made])];
    });
}

/** The members that a resource is to have, by field, as AWS takes them. */
export function membersOf(kind: Kind, values: Readonly<Record<string, Json>>): Readonly<Record<string, Json>> {
  return Object.fromEntries(
    fieldsOf(kind).flatMap(([name, field]): [string, Json][] =>
      field.wire.how === 'member' && values[name] !== undefined ? [[name, field.codec.write(values[name])]] : [],
    ),
  );
}

/** The wait as a step; `values` are those of the resource, where the wait takes seconds from a field of it. */
export function awaitStep(
  delta: Delta,
  wait: Await,
  outputs: Readonly<Record<string, Json>>,
  needs: readonly string[],
  values: Readonly<Record<string, Json>> = {},
): DraftStep {
  const secondsOf = (field: string | undefined): number => (field === undefined ? 0 : Number(values[field] ?? 0));
  return step(delta, `await.${wait.name}`, wait.op, fill(wait.input, outputs), {
    effect: 'await',
    needs,
    await: wait,
    title: `wait until ${delta.kind.label} ${nameOf(delta.address)} is ${wait.words}`,
    until: {
      path: wait.path,
      anyOf: wait.anyOf,
      failOn: wait.failOn ?? [],
      atLeast: wait.atLeast ?? 0,
      goneIsDone: wait.goneIsDone ?? false,
      timeoutSeconds: wait.timeoutSeconds + secondsOf(wait.timeoutField),
      pollSeconds: wait.pollSeconds,
      holdSeconds: (wait.holdSeconds ?? 0) + secondsOf(wait.holdField),
      ...(wait.reasonPath === undefined ? {} : { reasonPath: wait.reasonPath }),
      ...(wait.codePath === undefined ? {} : { codePath: wait.codePath }),
      ...(wait.whoPath === undefined ? {} : { whoPath: wait.whoPath }),
      ...(wait.hopeless === undefined ? {} : { hopeless: wait.hopeless }),
    },
  });
}
