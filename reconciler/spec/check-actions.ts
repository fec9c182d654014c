import type { Problem } from '../errors.ts';
import type { Json } from '../plan/types.ts';
import { type At, asObject } from './build.ts';
import { formatPath } from './path.ts';
import { oneProblem } from './places.ts';

/** What the listener section says twice or not at all; `forward`, `redirect` and `fixedResponse` exclude each other. */
export function checkActions(spec: Json, at: At): readonly Problem[] {
  return Object.entries(asObject(asObject(spec)['listeners'])).flatMap(([name, entry]): readonly Problem[] => {
    const said = ['forward', 'redirect', 'fixedResponse'].filter((key) => asObject(entry)[key] !== undefined);
    if (said.length === 1) return [];
    const path = formatPath(['listeners', name]);
    const position = said[1] === undefined ? at(['listeners', name], 'key') : at(['listeners', name, said[1]], 'key');
    const message = said.length === 0 ? `\`${path}\` does not say what to do with requests.` : `${said.map((key) => `\`${key}\``).join(' and ')} exclude each other in \`${path}\`.`;
    return [oneProblem(position, path, message, 'Write exactly one of `forward`, `redirect` and `fixedResponse`.')];
  });
}
