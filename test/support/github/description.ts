/**
 * GitHub's own description of its REST API and webhooks (npm `@octokit/openapi`): which operation a request means, and
 * what of a request or an answer the description does not allow. Schemas are compiled when they are first needed.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Ajv2019, type ErrorObject, type ValidateFunction } from 'ajv/dist/2019.js';
import ajvFormats from 'ajv-formats';
import { closeSchema, isJson, type Json, list, SCHEMAS } from './schema.ts';

export interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly schema: Json;
  readonly multiSegment: boolean;
}

export interface Operation {
  /** Such as `issues/create-comment`. */
  readonly id: string;
  readonly method: string;
  /** With its parameters in braces. */
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly documentation: string;
  /** Whether the token of an installation, such as GITHUB_TOKEN, may call it at all. */
  readonly forApps: boolean;
  readonly raw: Json;
}

export interface Match {
  readonly operation: Operation;
  readonly params: Readonly<Record<string, string>>;
}

interface PathRow {
  readonly pattern: RegExp;
  readonly names: readonly string[];
  readonly operations: ReadonlyMap<string, Operation>;
}

export interface Description {
  match(method: string, pathname: string): Match | undefined;
  operation(id: string): Operation | undefined;
  /** What of the parameters the description does not allow. */
  judgeQuery(operation: Operation, query: URLSearchParams, params: Readonly<Record<string, string>>): string[];
  judgeBody(operation: Operation, body: unknown): string[];
  judgeAnswer(operation: Operation, status: number, mediaType: string, body: unknown): string[];
  /** `name` as in `x-webhooks`, such as `pull-request-opened`. */
  judgeWebhook(name: string, payload: unknown): string[];
}

/** Answers that any operation may give, whether its entry says so or not: limits, permissions, mistakes, outages. */
const ALWAYS = new Set([400, 401, 403, 404, 415, 422, 429, 500, 502, 503]);

/** An error of an operation whose entry does not list it. */
const ERROR = {
  oneOf: ['basic-error', 'validation-error', 'validation-error-simple'].map((name) => ({ $ref: `#/components/schemas/${name}` })),
};

let loaded: Description | undefined;

/** Reads the description once a process (13 MB, about 0.2 s). */
export function loadDescription(): Description {
  loaded ??= describe(
    JSON.parse(
      readFileSync(createRequire(import.meta.url).resolve('@octokit/openapi/generated/api.github.com.json'), 'utf8'),
    ) as unknown as Json,
  );
  return loaded;
}

/** Looks `keys` up one below the other. */
function at(value: unknown, ...keys: readonly string[]): unknown {
  return keys.reduce<unknown>((inner, key) => (isJson(inner) ? inner[key] : undefined), value);
}

/** Where the description contradicts what GitHub answers: null, that it does not allow. */
const ALSO_NULL = [
  // A label that was made without a description has null, in every list.
  ['components', 'schemas', 'pull-request-simple', 'properties', 'labels', 'items', 'properties', 'description'],
] as const;

function describe(document: Json): Description {
  for (const path of ALSO_NULL) {
    const schema = at(document, ...path);
    if (!isJson(schema)) throw new Error(`The description has no ${path.join('.')} any more: remove it from ALSO_NULL.`);
    schema['nullable'] = true;
  }
  const components = isJson(document['components']) ? document['components'] : {};
  const deref = (value: unknown): Json => {
    const target = at(value, '$ref');
    if (typeof target === 'string') return deref(at(components, ...target.split('/').slice(2)));
    return isJson(value) ? value : {};
  };
  const rows = readPaths(document, deref);
  const check = createChecks(components);
  const judge = (key: string, schema: unknown, value: unknown, where: string): string[] =>
    schema === undefined ? [] : check(key, schema, value, where);
  return {
    match(method, pathname) {
      for (const row of rows) {
        // The root of a repository's files is asked for with and without the slash.
        const found = row.pattern.exec(pathname) ?? row.pattern.exec(`${pathname}/`);
        const operation = found && row.operations.get(method);
        if (operation)
          return { operation, params: Object.fromEntries(row.names.map((name, i) => [name, decodeURIComponent(found[i + 1] ?? '')])) };
      }
      return undefined;
    },
    operation: (id) => rows.flatMap((row) => [...row.operations.values()]).find((operation) => operation.id === id),
    judgeQuery(operation, query, params) {
      const known = new Map(operation.parameters.map((parameter) => [`${parameter.in} ${parameter.name}`, parameter]));
      const said = [
        ...Object.entries(params).map(([name, text]) => ['path', name, text] as const),
        ...[...query].map(([name, text]) => ['query', name, text] as const),
      ];
      const wrong = said.flatMap(([place, name, text]) => {
        const parameter = known.get(`${place} ${name}`);
        if (!parameter) return [`${place} parameter ${name} is not in the description`];
        const key = `${operation.id} ${place} ${name}`;
        const ways = readText(text, deref(parameter.schema)).map((value) =>
          judge(key, parameter.schema, value, `${place} parameter ${name}`),
        );
        return ways.find((problems) => problems.length === 0) ?? ways[0] ?? [];
      });
      const missing = operation.parameters.filter(
        (parameter) => parameter.required && parameter.in === 'query' && !query.has(parameter.name),
      );
      return [...wrong, ...missing.map((parameter) => `query parameter ${parameter.name} is required`)];
    },
    judgeBody(operation, body) {
      const described = operation.raw['requestBody'];
      const schema = at(described, 'content', 'application/json', 'schema');
      if (body === undefined) return at(described, 'required') === true ? ['a body is required'] : [];
      // Clients send {} where all of a body may be left out; GitHub takes it.
      if (!described) return isJson(body) && Object.keys(body).length === 0 ? [] : ['no body is described'];
      return judge(`${operation.id} body`, schema, body, 'body');
    },
    judgeAnswer(operation, status, mediaType, body) {
      const response = at(operation.raw, 'responses', String(status));
      if (!response && !ALWAYS.has(status)) return [`status ${status} is not in the description`];
      const content = at(deref(response), 'content');
      const schema = at(content, mediaType, 'schema') ?? at(content, 'application/json', 'schema');
      if (status < 400) {
        if (!content) return body === undefined ? [] : [`status ${status} has no body in the description`];
        // A raw media type answers the bytes themselves, which no schema describes.
        if (!/json$/.test(mediaType) || /\.raw\+json$/.test(mediaType)) return [];
        return judge(`${operation.id} ${status}`, schema, body, 'answer');
      }
      // Real errors have `status` whether their schema names it or not.
      const { status: _, ...rest } = isJson(body) ? body : {};
      const described = schema !== undefined && judge(`${operation.id} ${status}`, schema, rest, 'answer').length === 0;
      return described ? [] : judge('error', ERROR, rest, 'answer');
    },
    judgeWebhook(name, payload) {
      const schema = at(document['x-webhooks'], name, 'post', 'requestBody', 'content', 'application/json', 'schema');
      return schema ? judge(`webhook ${name}`, schema, payload, 'payload') : [`there is no webhook ${name} in the description`];
    },
  };
}

/** The description has the comparison of commits twice; this is how it was written before `{basehead}`. */
const SECOND_NAME = '/repos/{owner}/{repo}/compare/{base}...{head}';

/** The paths with the fewest parameters first, so that `/issues/comments/…` is not taken for `/issues/{issue_number}/…`. */
function readPaths(document: Json, deref: (value: unknown) => Json): PathRow[] {
  const paths = Object.entries(isJson(document['paths']) ? document['paths'] : {}).filter(([path]) => path !== SECOND_NAME);
  const entries = paths.map(([path, methods]) => {
    const operations = new Map<string, Operation>();
    for (const [method, raw] of Object.entries(isJson(methods) ? methods : {})) {
      if (!isJson(raw) || typeof raw['operationId'] !== 'string') continue;
      const parameters = list(raw['parameters']).map((entry): Parameter => {
        const { name, in: place, required, schema, 'x-multi-segment': multi } = deref(entry);
        return {
          name: String(name),
          in: String(place),
          required: required === true,
          schema: isJson(schema) ? schema : {},
          multiSegment: multi === true,
        };
      });
      const documentation = at(raw, 'externalDocs', 'url');
      const forApps = at(raw, 'x-github', 'enabledForGitHubApps') !== false;
      const verb = method.toUpperCase();
      operations.set(verb, {
        id: raw['operationId'],
        method: verb,
        path,
        parameters,
        documentation: String(documentation ?? ''),
        forApps,
        raw,
      });
    }
    const names: string[] = [];
    const multi = new Set([...operations.values()].flatMap((each) => each.parameters.filter((p) => p.multiSegment).map((p) => p.name)));
    const source = path.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{([^}]+)\}/g, (_, name: string) => {
      names.push(name);
      return multi.has(name) ? '(.*)' : '([^/]+)';
    });
    return { path, pattern: new RegExp(`^${source}$`), names, operations };
  });
  // A parameter that spans slashes goes last: `/commits/{ref}/status` would else be a commit named `…/status`.
  const spans = (row: PathRow): number => (row.pattern.source.endsWith('(.*)$') ? 1 : 0);
  return entries.sort((a, b) => spans(a) - spans(b) || a.names.length - b.names.length || b.path.length - a.path.length);
}

/** What the text of a parameter may stand for: with "one of" a number and a string alike. */
function readText(text: string, schema: Json): unknown[] {
  const number = /^-?\d+$/.test(text) ? Number(text) : text;
  if (schema['type'] === 'integer' || schema['type'] === 'number') return [number];
  if (schema['type'] === 'boolean') return [text === 'true' ? true : text === 'false' ? false : text];
  if (schema['type'] === 'array') return [text.split(',')];
  return schema['type'] === 'string' ? [text] : [text, number];
}

/** Compiles a schema at its first use, with the components that it reaches. */
function createChecks(components: Json): (key: string, schema: unknown, value: unknown, where: string) => string[] {
  const ajv = new Ajv2019({
    strict: false,
    allErrors: true,
    inlineRefs: false,
    code: { optimize: false },
    unicodeRegExp: false,
    logger: false,
  });
  ajvFormats.default(ajv);
  // The address of a bot has the brackets of its name, which the format of the description does not allow.
  const email = ajv.formats['email'];
  if (email instanceof RegExp) ajv.addFormat('email', (text: string) => email.test(text.replace(/\[bot\](?=@)/, '')));
  const compiled = new Map<string, ValidateFunction>();
  const present = new Set<string>();
  const compile = (schema: unknown): ValidateFunction => {
    const refs = new Set<string>();
    const closed = closeSchema(schema, refs);
    for (const name of refs) {
      if (present.has(name)) continue;
      present.add(name);
      // Closed where it is referred to, not here: inside a composition only the whole knows all properties.
      ajv.addSchema(closeSchema(at(components, 'schemas', name), refs, { open: true, named: false }), SCHEMAS + name);
    }
    return ajv.compile(closed);
  };
  return (key, schema, value, where) => {
    const validate = compiled.get(key) ?? compile(schema);
    compiled.set(key, validate);
    return validate(value) ? [] : [...new Set((validate.errors ?? []).map((error) => tell(error, where)))].slice(0, 8);
  };
}

const UNKNOWN = 'that is not in the description';

/** Whether a request says too much and nothing wrong: GitHub takes no notice of what it does not know. */
export const onlyUnknown = (problems: readonly string[]): boolean => problems.every((problem) => problem.includes(UNKNOWN));

function tell(error: ErrorObject, where: string): string {
  const extra = error.params['unevaluatedProperty'] ?? error.params['additionalProperty'];
  const allowed = error.params['allowedValues'];
  const what = extra === undefined ? (error.message ?? error.keyword) : `has a property ${JSON.stringify(extra)} ${UNKNOWN}`;
  return `${where}${error.instancePath}: ${what}${Array.isArray(allowed) ? ` (${allowed.join(', ')})` : ''}`;
}
