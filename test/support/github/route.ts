/** What an operation is here: who may call it, and what it does to the state. */
import type { Issue, Permission, Repository, Role, Token, User } from './model.ts';
import { notFound } from './refusal.ts';
import { isJson, type Json, list } from './schema.ts';
import type { State } from './state.ts';

export interface Need {
  /** Any one of them is enough; none: every token that sees the repository may. */
  readonly any: readonly Permission[];
  readonly level: 'read' | 'write';
  /** What a person's token needs. */
  readonly role: Role;
  /** GitHub refuses people: only apps make check runs. */
  readonly appsOnly?: true;
}

export interface Call {
  readonly state: State;
  readonly token: Token | undefined;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Fits the description, but for properties that it does not name. */
  readonly body: Json;
  /** The media type asked for, without parameters. */
  readonly accept: string;
  /** Of `/repos/{owner}/{repo}`. */
  readonly repository: Repository;
}

export interface Answer {
  /** 200 when left out. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Instead of a body: all items, of which the page that was asked for is answered, inside `wrap` if there is one. */
  readonly items?: readonly unknown[];
  readonly wrap?: (page: readonly unknown[], total: number) => unknown;
  /** Bytes instead of JSON. */
  readonly raw?: { readonly type: string; readonly data: string };
}

export interface Route {
  readonly needs?: Need;
  readonly handle: (call: Call) => Answer;
}

export const reads = (...any: Permission[]): Need => ({ any, level: 'read', role: 'read' });
export const writes = (role: Role, ...any: Permission[]): Need => ({ any, level: 'write', role });

/** The caller; operations that write are never reached without one. */
export function callerOf(call: Call): User {
  if (!call.token) throw new Error('An operation that writes was reached without a token.');
  return call.token.user;
}

export const created = (body: Json, url?: unknown): Answer => ({
  status: 201,
  body,
  ...(typeof url === 'string' ? { headers: { location: url } } : {}),
});

export function stringIn(body: Json, name: string): string | undefined {
  const value = body[name];
  return typeof value === 'string' ? value : undefined;
}
export const stringsIn = (body: Json, name: string): string[] =>
  list(body[name]).map((each) => (isJson(each) ? String(each['name']) : String(each)));
export const objectsIn = (body: Json, name: string): Json[] => list(body[name]).filter(isJson);
export const objectIn = (body: Json, name: string): Json | undefined => {
  const value = body[name];
  return isJson(value) ? value : undefined;
};

/** What of `from` the number in the path names; a path that is no number names nothing. */
export function findByNumber<T>(from: ReadonlyMap<number, T>, text: string | undefined): T {
  const found = from.get(Number(text));
  if (found === undefined) throw notFound();
  return found;
}

export function findPull({ repository, params }: Call): Issue {
  const issue = findByNumber(repository.issues, params['pull_number']);
  if (!issue.pull) throw notFound();
  return issue;
}
