/** Target groups of others that the spec forwards to: whether anybody serves there, which the risk of a change depends on. */

import { CloudError } from '../errors.ts';
import type { Json } from '../model/json.ts';
import { fieldsOf, kindOf } from '../model/kinds.ts';
import type { Live, Observed, State } from '../model/model.ts';
import { valuesAt } from '../model/paths.ts';
import type { ObserveScope } from './adopt.ts';
import { statesOf } from './decode.ts';
import type { Call } from './reads.ts';

const GROUP = /^arn:[a-z-]+:elasticloadbalancing:.*:targetgroup\//;

/** One read for each group that listeners and rules of the spec name by ARN. One that may not or cannot be read is left out. */
export async function readStrangers(stack: ObserveScope, live: readonly Live[], call: Call): Promise<NonNullable<Observed['strangers']>> {
  const kind = kindOf('targetGroup');
  const [details] = (kind.read.details ?? []).filter((read) => read.keep === 'TargetHealthDescriptions');
  const ours = new Set(live.map((entry) => entry.id));
  const arns = [
    ...new Set(
      stack.desired
        .filter((entry) => kind.serves?.through.includes(entry.kind) === true)
        .flatMap((entry) => fieldsOf(kindOf(entry.kind)).flatMap(([name]) => textsIn(entry.values[name] ?? null)))
        .filter((text) => GROUP.test(text) && !ours.has(text)),
    ),
  ];
  if (details === undefined) return {};
  const found = await Promise.all(
    arns.map(async (arn): Promise<readonly [string, readonly State[]][]> => {
      try {
        const answer = await call(details.op, { [details.param]: arn });
        return [[arn, statesOf(kind, { TargetHealthDescriptions: valuesAt(answer, 'TargetHealthDescriptions[]') }, { refer: (id) => id })]];
      } catch (cause) {
        if (cause instanceof CloudError && (cause.class === 'Denied' || cause.class === 'NotFound')) return [];
        throw cause;
      }
    }),
  );
  return Object.fromEntries(found.flat());
}

function textsIn(value: Json): readonly string[] {
  if (typeof value === 'string') return [value];
  return typeof value !== 'object' || value === null ? [] : Object.values(value).flatMap((each) => textsIn(each as Json));
}
