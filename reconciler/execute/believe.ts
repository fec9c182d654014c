import { CloudError } from '../errors.ts';
import type { Json, JsonObject } from '../model/json.ts';
import type { Look } from '../model/look.ts';
import { fill, valuesAt } from '../model/paths.ts';
import type { Cloud } from '../run/port.ts';

/**
 * What of a call is not yet as wished, though AWS answered "there already" or "not found": nothing (`undefined`), or the input to send
 * again, which may be a part of what was sent.
 */
export async function stillToDo(look: Look, input: Json, cloud: Cloud, signal: AbortSignal): Promise<Json | undefined> {
  const record = input as JsonObject;
  const found = await findAll(look, record, cloud, signal);
  const isThere = (wanted: Json): boolean => found.some((element) => holds(element, wanted));
  const lacking = (wanted: Json): boolean => isThere(look.there ? wanted : withoutKeys(wanted, look.remarks ?? [])) !== look.there;
  if (look.batch === undefined) {
    const named = namesIn(look.input);
    const wanted =
      look.as === undefined ? Object.fromEntries(Object.entries(record).filter(([key]) => !named.has(key))) : fill(look.as, record);
    return lacking(wanted) ? input : undefined;
  }
  const rest = ((record[look.batch] ?? []) as readonly Json[]).filter(lacking);
  return rest.length === 0 ? undefined : { ...record, [look.batch]: rest };
}

/** The look that fits the call: where several do, the one whose list the call has. */
export const lookFor = (looks: readonly Look[], input: Json): Look | undefined =>
  looks.find(({ batch }) => batch === undefined || (typeof input === 'object' && input !== null && batch in input));

async function findAll(look: Look, input: JsonObject, cloud: Cloud, signal: AbortSignal): Promise<readonly Json[]> {
  try {
    return valuesAt(await cloud.call(look.op, fill(look.input, input), { signal }), look.path);
  } catch (thrown) {
    if (thrown instanceof CloudError && thrown.class === 'NotFound') return [];
    throw thrown;
  }
}

/** Equal, or an object or list that has all that is wanted of it: EC2 answers many peers under one permission. */
function holds(found: Json | undefined, wanted: Json): boolean {
  if (Array.isArray(wanted)) return Array.isArray(found) && wanted.every((each: Json) => found.some((other: Json) => holds(other, each)));
  if (typeof wanted !== 'object' || wanted === null) return found === wanted;
  return (
    typeof found === 'object' && found !== null && Object.entries(wanted).every(([key, each]) => holds((found as JsonObject)[key], each))
  );
}

function withoutKeys(value: Json, keys: readonly string[]): Json {
  if (Array.isArray(value)) return value.map((each: Json) => withoutKeys(each, keys));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, each]): [string, Json][] => (keys.includes(key) ? [] : [[key, withoutKeys(each, keys)]])),
  );
}

/** Names of the parameters that a template stands for. */
const namesIn = (template: Json): ReadonlySet<string> =>
  new Set([...JSON.stringify(template).matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? ''));
