import type { Problem } from '../errors.ts';
import type { Json } from '../model/json.ts';
import { FINAL } from '../model/nested/actions.ts';
import { isForeign } from './check-foreign-listener.ts';
import { type At, asObject } from './draft.ts';
import { formatPath } from './path.ts';
import { oneProblem } from './places.ts';

/** What listeners and rules say twice or not at all; `forward`, `redirect` and `fixedResponse` exclude each other. */
export function checkActions(spec: Json, at: At): readonly Problem[] {
  return Object.entries(asObject(asObject(spec)['listeners'])).flatMap(([name, entry]) => [
    ...(isForeign(entry) ? [] : checkOne(entry, ['listeners', name], at)),
    ...Object.entries(asObject(asObject(entry)['rules'])).flatMap(([rule, inner]) =>
      checkOne(inner, ['listeners', name, 'rules', rule], at),
    ),
  ]);
}

function checkOne(entry: Json, parts: readonly string[], at: At): readonly Problem[] {
  const said = FINAL.filter((key) => asObject(entry)[key] !== undefined);
  if (said.length === 1) return [];
  const path = formatPath(parts);
  const position = said[1] === undefined ? at(parts, 'key') : at([...parts, said[1]], 'key');
  const message =
    said.length === 0
      ? `\`${path}\` does not say what to do with requests.`
      : `${said.map((key) => `\`${key}\``).join(' and ')} cannot be set together in \`${path}\`.`;
  return [oneProblem(position, path, message, 'Write exactly one of `forward`, `redirect` and `fixedResponse`.')];
}
