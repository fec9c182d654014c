/** YAML that is no spec: told by the keys that its own tools ask for, in one sentence instead of twenty mistakes. */

import type { Problem } from '../errors.ts';
import { IGNORE_FILE } from './ignored-files.ts';
import { nearestName } from './nearest.ts';
import type { ParsedSpec } from './parse.ts';
import { oneProblem } from './places.ts';
import { isObject } from './schema.ts';

/** What has all of these keys at its top is of that kind. The first that fits is told. */
const KINDS: readonly (readonly [what: string, ...keys: readonly string[]])[] = [
  ['a Kubernetes manifest', 'apiVersion', 'kind'],
  ['a GitHub workflow', 'on', 'jobs'],
  ['a GitHub action', 'runs', 'name'],
  ['a CloudFormation template', 'AWSTemplateFormatVersion'],
  ['a CloudFormation template', 'Resources'],
  ['a Kustomization', 'kustomize'],
  ['a Kustomization', 'resources'],
  ['a Compose file', 'services'],
  ['an OpenAPI description', 'openapi'],
  ['a Dependabot configuration', 'version', 'updates'],
  ['a pre-commit configuration', 'repos'],
];

/** One problem for a file that names no stack and has no key of one; undefined for what may be meant as a spec. */
export function otherYaml(spec: ParsedSpec, known: ReadonlySet<string>): Problem | undefined {
  const { value, file } = spec;
  if (!isObject(value) || Object.hasOwn(value, 'stack')) return undefined;
  const keys = Object.keys(value);
  const kind = KINDS.find(([, ...wanted]) => wanted.every((key) => Object.hasOwn(value, key)));
  if (kind === undefined && (keys.length === 0 || keys.some((key) => nearestName(key, [...known]) !== undefined))) return undefined;
  const [what, ...shown] = kind ?? ['not an albedo stack', ...keys.slice(0, 3)];
  const name = file.split('/').at(-1) ?? file;
  return oneProblem(
    { file, line: 1, column: 1 },
    'stack',
    `this is ${what}${kind === undefined ? '' : ', not an albedo stack'} (${shown.map((key) => `\`${key}\``).join(', ')}).`,
    `To skip this file, add the line ${name} to ${IGNORE_FILE} in its folder; a spec has \`stack: NAME\`.`,
  );
}
