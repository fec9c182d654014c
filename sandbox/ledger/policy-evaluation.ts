/** One action on one resource under IAM policies. IAM user guide, "Policy evaluation logic" and "IAM JSON policy element reference". */
import { holds, like, type RequestContext } from './policy-conditions.ts';

export interface Policy {
  readonly id: string;
  readonly type: 'IAM Policy' | 'Permissions Boundary Policy';
  /** As it was put, for the places of its statements. */
  readonly text: string;
}

/** As IAM counts them: lines and columns from 1, the column that follows what precedes the statement, and that which follows it. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

interface Statement {
  readonly allows: boolean;
  readonly start: Position;
  readonly end: Position;
  applies(action: string, resource: string, context: RequestContext): boolean;
}

export interface Match {
  readonly policy: Policy;
  readonly start: Position;
  readonly end: Position;
}

export type Decision = 'allowed' | 'explicitDeny' | 'implicitDeny';
export interface Evaluation {
  readonly decision: Decision;
  readonly matched: readonly Match[];
  /** Whether the permissions boundary allows it; undefined when there is none. */
  readonly withinBoundary: boolean | undefined;
}

/** A document that cannot be read: the reason in IAM's words. */
export class PolicyProblem extends Error {}

const textsOf = (value: unknown): readonly string[] =>
  (Array.isArray(value) ? value : [value]).filter((one) => one !== undefined).map(String);

/** `${aws:username}` and the like, with a default after a comma; undefined when the request says nothing of it. */
function fillIn(text: string, context: RequestContext): string | undefined {
  let missing = false;
  const filled = text.replace(/\$\{([^}*?$][^},]*)(?:,\s*'([^']*)')?\}/g, (_, key: string, fallback: string | undefined) => {
    const value = context.get(key.trim().toLowerCase())?.[0] ?? fallback;
    if (value === undefined) missing = true;
    return (value ?? '').replace(/[*?$]/g, (character) => `\${${character}}`);
  });
  return missing ? undefined : filled;
}

function readStatement(raw: Readonly<Record<string, unknown>>, start: Position, end: Position): Statement {
  const listed = (name: string, test: (pattern: string) => boolean): boolean | undefined => {
    if (raw[name] !== undefined) return textsOf(raw[name]).some(test);
    if (raw[`Not${name}`] !== undefined) return !textsOf(raw[`Not${name}`]).some(test);
    return undefined;
  };
  return {
    allows: raw['Effect'] === 'Allow',
    start,
    end,
    applies(action, resource, context) {
      if (!listed('Action', (pattern) => like(pattern, action, 'i'))) return false;
      const onResource = listed('Resource', (pattern) => {
        const filled = fillIn(pattern, context);
        return filled !== undefined && like(filled, resource);
      });
      if (!(onResource ?? true)) return false;
      return conditionsOf(raw).every(([operator, key, values]) => {
        const wanted = values.flatMap((value) => fillIn(value, context) ?? []);
        const held = holds(operator, wanted, context.get(key.toLowerCase()));
        if (held === undefined) throw new PolicyProblem(`Invalid Condition type : ${operator}.`);
        return held;
      });
    },
  };
}

function conditionsOf(
  raw: Readonly<Record<string, unknown>>,
): readonly (readonly [operator: string, key: string, values: readonly string[]])[] {
  const blocks = Object.entries((raw['Condition'] ?? {}) as Record<string, Record<string, unknown>>);
  return blocks.flatMap(([operator, keys]) => Object.entries(keys).map(([key, values]) => [operator, key, textsOf(values)] as const));
}

/** Where the statements of a document stand in its text. */
function placesOf(text: string): readonly (readonly [Position, Position])[] {
  const places: (readonly [Position, Position])[] = [];
  let position: Position = { line: 1, column: 1 };
  let before = position;
  let depth = 0;
  let inStatement = -1;
  let start = position;
  const token = /"(?:[^"\\]|\\.)*"|[{}[\],:]|\s+|[^\s"{}[\],:]+/g;
  for (const [part] of text.matchAll(token)) {
    if (part === '{' && inStatement >= 0 && depth === inStatement) start = before;
    if (part === '{' || part === '[') depth += 1;
    const lines = part.split('\n');
    position = { line: position.line + lines.length - 1, column: (lines.length > 1 ? 1 : position.column) + (lines.at(-1)?.length ?? 0) };
    if (part === '}' || part === ']') depth -= 1;
    if (part === '}' && inStatement >= 0 && depth === inStatement) places.push([start, position]);
    // Below `"Statement":` stands one statement at depth 1, or a list of them at depth 2.
    if (depth === 1 && part === '"Statement"') inStatement = 1;
    else if (part === '[' && inStatement === 1 && depth === 2) inStatement = 2;
    else if (part === ']' && depth === 1) inStatement = -1;
    if (!/^\s/.test(part)) before = position;
  }
  return places;
}

type Raw = Readonly<Record<string, unknown>>;

const statementsIn = ({ Statement }: { readonly Statement?: unknown }): readonly Raw[] =>
  (Array.isArray(Statement) ? Statement : [Statement]).filter((one): one is Raw => typeof one === 'object' && one !== null);

function readPolicy(policy: Policy): readonly Statement[] {
  let document: { readonly Statement?: unknown };
  try {
    document = JSON.parse(policy.text);
  } catch {
    throw new PolicyProblem('Syntax errors in policy.');
  }
  const raw = statementsIn(document);
  const places = placesOf(policy.text);
  const nowhere = { line: 1, column: 1 };
  return raw.map((one, index) => readStatement(one, places[index]?.[0] ?? nowhere, places[index]?.[1] ?? nowhere));
}

/** The condition keys and variables that the policies ask for, as they write them. */
export function keysOf(policies: readonly Policy[]): readonly string[] {
  const keys = new Set<string>();
  for (const { text } of policies) {
    const document = JSON.parse(text) as { readonly Statement?: unknown };
    for (const raw of statementsIn(document)) {
      for (const [operator, key] of conditionsOf(raw)) if (operator !== 'Null') keys.add(key);
      for (const found of JSON.stringify(raw).matchAll(/\$\{([a-zA-Z0-9-]+:[^},]+)\}/g)) keys.add(found[1] ?? '');
    }
  }
  return [...keys];
}

export function evaluate(policies: readonly Policy[], action: string, resource: string, context: RequestContext): Evaluation {
  const statements = policies.flatMap((policy) => readPolicy(policy).map((statement) => ({ policy, statement })));
  const applying = statements.filter(({ statement }) => statement.applies(action, resource, context));
  const allowedBy = (type: Policy['type']): boolean => applying.some(({ policy, statement }) => statement.allows && policy.type === type);
  const bounded = policies.some(({ type }) => type === 'Permissions Boundary Policy');
  const isDenied = applying.some(({ statement }) => !statement.allows);
  const withinBoundary = bounded ? allowedBy('Permissions Boundary Policy') && !isDenied : undefined;
  const isAllowed = allowedBy('IAM Policy') && (withinBoundary ?? true);
  const decision = isDenied ? 'explicitDeny' : isAllowed ? 'allowed' : 'implicitDeny';
  const matched = applying
    .filter(({ statement }) => decision !== 'explicitDeny' || !statement.allows || bounded)
    .map(({ policy, statement }) => ({ policy, start: statement.start, end: statement.end }));
  return { decision, matched, withinBoundary };
}
