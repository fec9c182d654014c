/** Waits, as steps. */

import type { Await } from '../model/field.ts';
import { fieldsOf } from '../model/kinds.ts';
import type { Desired } from '../model/model.ts';
import type { Delta } from './diff.ts';
import { fill } from './inputs.ts';
import { type Context, type LooseStep, nameOf, step } from './loose-step.ts';
import type { Json } from './types.ts';

export function awaitSteps(delta: Delta, desired: Desired, self: Json, made: string | undefined, context: Context): readonly LooseStep[] {
  return (delta.kind.awaits ?? [])
    .filter((wait) => wait.name !== 'gone')
    .flatMap((wait) => {
      if (wait.name === 'ready' && made === undefined) return [];
      if (wait.ifAny !== undefined && (desired.values[wait.ifAny] as readonly Json[] | undefined)?.length === 0) return [];
      if (wait.ifUsedBy !== undefined && !context.usedBy(desired.address, wait.ifUsedBy)) return [];
      const members = fieldsOf(delta.kind).flatMap(([name, field]): [string, Json][] =>
        field.wire.how === 'member' && desired.values[name] !== undefined ? [[name, field.codec.write(desired.values[name])]] : [],
      );
      return [awaitStep(delta, wait, { ...Object.fromEntries(members), id: self }, made === undefined ? [] : [made])];
    });
}

export function awaitStep(delta: Delta, wait: Await, outputs: Readonly<Record<string, Json>>, needs: readonly string[]): LooseStep {
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
      timeoutSeconds: wait.timeoutSeconds,
      pollSeconds: wait.pollSeconds,
      holdSeconds: wait.holdSeconds ?? 0,
      ...(wait.reasonPath === undefined ? {} : { reasonPath: wait.reasonPath }),
    },
  });
}
