/** Services whose calls have paths and bodies of JSON (Smithy, AWS restJson1 protocol): which call a request is, and what it says. */

interface Route {
  readonly method: string;
  /** `/schedules/{Name}` */
  readonly path: string;
  readonly action: string;
  /** Members that stand behind the question mark, by their names there. */
  readonly query?: Readonly<Record<string, string>>;
}

const inGroup = { query: { groupName: 'GroupName' } };
const withToken = { query: { groupName: 'GroupName', clientToken: 'ClientToken' } };

/** Paths of the service models (botocore 1.44.8), by the name of the service in signatures. */
export const REST_ROUTES: Readonly<Record<string, readonly Route[]>> = {
  scheduler: [
    { method: 'POST', path: '/schedules/{Name}', action: 'CreateSchedule' },
    { method: 'GET', path: '/schedules/{Name}', action: 'GetSchedule', ...inGroup },
    { method: 'DELETE', path: '/schedules/{Name}', action: 'DeleteSchedule', ...withToken },
  ],
  fis: [
    { method: 'GET', path: '/safetyLevers/{id}', action: 'GetSafetyLever' },
    { method: 'PATCH', path: '/safetyLevers/{id}/state', action: 'UpdateSafetyLeverState' },
    { method: 'POST', path: '/experimentTemplates', action: 'CreateExperimentTemplate' },
    { method: 'GET', path: '/experimentTemplates', action: 'ListExperimentTemplates' },
    { method: 'GET', path: '/experimentTemplates/{id}', action: 'GetExperimentTemplate' },
    { method: 'DELETE', path: '/experimentTemplates/{id}', action: 'DeleteExperimentTemplate' },
    { method: 'POST', path: '/experiments', action: 'StartExperiment' },
    { method: 'GET', path: '/experiments', action: 'ListExperiments' },
    { method: 'GET', path: '/experiments/{id}', action: 'GetExperiment' },
    { method: 'DELETE', path: '/experiments/{id}', action: 'StopExperiment' },
  ],
};

/** Undefined: no such path. A body that is no JSON object is kept as it is, under no name of a member. */
export function readRest(
  service: string,
  { method, path, query, body }: { readonly method: string; readonly path: string; readonly query: string; readonly body: string },
): { readonly action: string; readonly body: string } | undefined {
  for (const route of REST_ROUTES[service] ?? []) {
    const names = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
    const found = new RegExp(`^${route.path.replace(/\{\w+\}/g, '([^/]+)')}$`).exec(path);
    if (route.method !== method || found === null) continue;
    const input: Record<string, unknown> = { ...objectIn(body) };
    for (const [index, name] of names.entries()) input[name] = decodeURIComponent(found[index + 1] ?? '');
    for (const [name, value] of new URLSearchParams(query)) input[route.query?.[name] ?? name] = value;
    return { action: route.action, body: JSON.stringify(input) };
  }
  return undefined;
}

function objectIn(body: string): object {
  if (body === '') return {};
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : { '': value };
  } catch {
    return { '': body };
  }
}

/** What the model says of the members of a structure. */
export type Shape = { readonly [member: string]: Member };
type Member =
  | { readonly text: RegExp; readonly needed?: true }
  | { readonly length: readonly [from: number, to: number]; readonly needed?: true }
  | { readonly oneOf: readonly string[]; readonly needed?: true }
  | { readonly from: number; readonly to: number }
  | { readonly of: Shape; readonly needed?: true }
  | { readonly listOf: Member; readonly most?: number; readonly needed?: true }
  | { readonly mapOf: Member; readonly keys: RegExp; readonly most?: number; readonly needed?: true };

/** Why an input is not as the model has it; empty when it is. */
export function faultsIn(input: unknown, shape: Shape, path = ''): readonly string[] {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return [`Value at '${path}' is no structure`];
  const given = input as Readonly<Record<string, unknown>>;
  const at = (name: string): string => `${path}${path === '' ? '' : '.'}${name.slice(0, 1).toLowerCase()}${name.slice(1)}`;
  const strangers = Object.keys(given)
    .filter((name) => !Object.hasOwn(shape, name))
    .map((name) => `sandbox: '${at(name)}' is no member, or not part of the sandbox`);
  return [...strangers, ...Object.entries(shape).flatMap(([name, member]) => faultsOf(given[name], member, at(name)))];
}

function faultsOf(value: unknown, member: Member, at: string): readonly string[] {
  const failed = (words: string): readonly string[] => [`Value '${String(value)}' at '${at}' failed to satisfy constraint: ${words}`];
  if (value === undefined || value === null)
    return 'needed' in member ? [`Value null at '${at}' failed to satisfy constraint: Member must not be null`] : [];
  if ('of' in member) return faultsIn(value, member.of, at);
  if ('listOf' in member) {
    if (!Array.isArray(value)) return [`Value at '${at}' is no list`];
    const tooMany =
      value.length > (member.most ?? value.length) ? failed(`Member must have length less than or equal to ${member.most}`) : [];
    return [...tooMany, ...value.flatMap((each, index) => faultsOf(each, member.listOf, `${at}.${index + 1}.member`))];
  }
  if ('mapOf' in member) {
    if (typeof value !== 'object' || Array.isArray(value)) return [`Value at '${at}' is no map`];
    const entries = Object.entries(value);
    const tooMany =
      entries.length > (member.most ?? entries.length) ? failed(`Member must have length less than or equal to ${member.most}`) : [];
    return [
      ...tooMany,
      ...entries.flatMap(([key, each]) => [...faultsOf(key, { text: member.keys }, at), ...faultsOf(each, member.mapOf, `${at}.${key}`)]),
    ];
  }
  if ('from' in member)
    return typeof value === 'number' && Number.isInteger(value) && value >= member.from && value <= member.to
      ? []
      : failed(`Member must have value from ${member.from} to ${member.to}`);
  if ('oneOf' in member)
    return member.oneOf.includes(String(value)) ? [] : failed(`Member must satisfy enum value set: [${member.oneOf.join(', ')}]`);
  if ('length' in member) {
    const [from, to] = member.length;
    return typeof value === 'string' && value.length >= from && value.length <= to
      ? []
      : failed(`Member must have length ${from} to ${to}`);
  }
  return typeof value === 'string' && member.text.test(value)
    ? []
    : failed(`Member must satisfy regular expression pattern: ${member.text.source.replace(/^\^|\$$/g, '')}`);
}
