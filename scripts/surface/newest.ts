import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { unzipSync } from 'fflate';
import type { Row } from './coverage.ts';

/** A service model of botocore, as far as it is read here. */
export interface ServiceModel {
  readonly operations: { readonly [name: string]: { readonly input?: { readonly shape: string } } };
  readonly shapes: { readonly [name: string]: Shape };
}

interface Shape {
  readonly type: string;
  readonly members?: { readonly [name: string]: { readonly shape: string; readonly documentation?: string } };
  readonly member?: { readonly shape: string };
}

/** What names the object of a call, and says nothing of it. */
const IDENTITY =
  /^(LoadBalancer|TargetGroup|Listener|Rule|TrustStore)Arn$|^(ResourceArns|TagKeys|RevocationIds)\[\]$|^RulePriorities\[\]\.RuleArn$/;

/** Calls of the write API whose inputs no spec says: what they undo is said by leaving it out, or belongs to other services. */
const OTHER_CALLS = /^(Delete|Describe|Get|Deregister|Remove)/;

/** Where the keys of attributes are documented. */
const ATTRIBUTES: Readonly<Record<string, string>> = {
  LoadBalancerAttribute: 'loadBalancer',
  TargetGroupAttribute: 'targetGroup',
  ListenerAttribute: 'listener',
};

/** Names that the model has and the rows lack: attributes by their keys, parameters by call and path. */
export function unknownNames(model: ServiceModel, rows: readonly Row[]): readonly string[] {
  return [...unknownAttributes(model, rows), ...unknownParameters(model, rows)];
}

/** Attribute keys are documented in a list, each at the beginning of its entry. */
function unknownAttributes(model: ServiceModel, rows: readonly Row[]): readonly string[] {
  return Object.entries(ATTRIBUTES).flatMap(([shape, resource]) => {
    const text = model.shapes[shape]?.members?.['Key']?.documentation ?? '';
    const keys = [...text.matchAll(/<li>\s*<p>\s*<code>([a-z0-9_]+(?:\.[a-z0-9_]+)+)<\/code>\s*[-–]/g)].map(([, key]) => key ?? '');
    if (keys.length === 0) return [`${resource}: no attribute keys are documented at ${shape}.Key any more`];
    const known = new Set(rows.filter((row) => row.resource === resource).map(({ field }) => field));
    return [...new Set(keys)].filter((key) => !known.has(`Attributes[${key}]`)).map((key) => `${resource} Attributes[${key}]`);
  });
}

function unknownParameters(model: ServiceModel, rows: readonly Row[]): readonly string[] {
  const known = new Map<string, Set<string>>();
  for (const { api, field } of rows) for (const op of api) known.set(op, (known.get(op) ?? new Set()).add(field.replace(/^\(.*\) /, '')));
  return Object.entries(model.operations).flatMap(([op, { input }]) => {
    if (OTHER_CALLS.test(op) || input === undefined) return [];
    const own = known.get(op);
    if (own === undefined) return [`${op}: no row names this call`];
    return leaves(model, input.shape, '', [])
      .map((path) => path.replace('RulePriorities[].Priority', 'Priority'))
      .filter((path) => !IDENTITY.test(path) && !own.has(path) && !path.startsWith('Attributes[]'))
      .map((path) => `${op} ${path}`);
  });
}

function leaves({ shapes }: ServiceModel, name: string, path: string, above: readonly string[]): readonly string[] {
  const shape = shapes[name];
  if (shape === undefined || above.includes(name)) return [path];
  const deeper = [...above, name];
  if (shape.type === 'list' && shape.member !== undefined)
    return leaves({ operations: {}, shapes }, shape.member.shape, `${path}[]`, deeper);
  if (shape.type !== 'structure') return [path];
  return Object.entries(shape.members ?? {}).flatMap(([member, { shape: inner }]) =>
    leaves({ operations: {}, shapes }, inner, path === '' ? member : `${path}.${member}`, deeper),
  );
}

/** The newest published service model, or why there is none. Downloaded into the cache; a wheel that is there already is taken where the registry is not. */
export function newestModel(): { readonly model: ServiceModel; readonly version: string } | { readonly missing: string } {
  const folder = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'albedo', 'service-model');
  mkdirSync(folder, { recursive: true });
  let why = '';
  try {
    execFileSync('python3', ['-m', 'pip', 'download', '--quiet', '--no-deps', '--only-binary', ':all:', '--dest', folder, 'botocore'], {
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: 120_000,
    });
  } catch (thrown) {
    why =
      String((thrown as { readonly stderr?: Buffer }).stderr ?? thrown)
        .trim()
        .split('\n')[0] ?? '';
  }
  const wheels = readdirSync(folder).filter((file) => /^botocore-.*\.whl$/.test(file));
  const parts = (file: string): readonly number[] => file.split('-')[1]?.split('.').map(Number) ?? [];
  const newest = wheels.sort((a, b) => compare(parts(a), parts(b))).at(-1);
  if (newest === undefined) return { missing: `the newest service model (botocore) could not be fetched: ${why}` };
  const files = unzipSync(readFileSync(join(folder, newest)), {
    filter: ({ name }) => /^botocore\/data\/elbv2\/.*service-2\.json/.test(name),
  });
  const [[name, bytes] = ['', new Uint8Array()]] = Object.entries(files).sort(([a], [b]) => (a < b ? 1 : -1));
  const text = name.endsWith('.gz') ? gunzipSync(bytes) : Buffer.from(bytes);
  return { model: JSON.parse(text.toString('utf8')) as ServiceModel, version: newest.split('-').slice(0, 2).join(' ') };
}

function compare(one: readonly number[], two: readonly number[]): number {
  for (const [index, part] of one.entries()) if (part !== two[index]) return part - (two[index] ?? 0);
  return 0;
}
