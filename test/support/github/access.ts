/** Who may call what, and how GitHub says no. */
import { type Permission, type Repository, ROLES, type Role, type Token } from './model.ts';
import { notFound, Refusal } from './refusal.ts';
import type { Need } from './route.ts';
import type { State } from './state.ts';

/** The token that an Authorization header names. Throws where it names none that exists. */
export function readToken(state: State, header: string | undefined): Token | undefined {
  if (header === undefined) return undefined;
  const value = /^(?:token|bearer) +(\S+)$/i.exec(header)?.[1];
  const token = value === undefined ? undefined : state.tokens.get(value);
  if (!token) throw new Refusal(401, 'Bad credentials', { documentation_url: 'https://docs.github.com/rest' });
  return token;
}

/** The header in which GitHub says what would have been enough. */
export const acceptedPermissions = (need: Need): string =>
  need.any.length === 0 ? 'metadata=read' : need.any.map((permission) => `${permission}=${need.level}`).join('; ');

/** The highest role of a user: a public repository can be read by everybody. */
export function roleOf(repository: Repository, login: string): Role | undefined {
  return repository.roles.get(login) ?? (repository.private ? undefined : 'read');
}

/** Throws unless the token may. `only` narrows the permissions that count for this very object. */
export function checkAccess(need: Need, token: Token | undefined, repository: Repository, only: (permission: Permission) => boolean): void {
  if (!token) {
    if (need.level === 'read' && !repository.private) return;
    throw repository.private ? notFound() : new Refusal(401, 'Requires authentication');
  }
  if (token.kind === 'user') checkUser(need, token, repository);
  else checkInstallation(need, token, repository, only);
}

function checkInstallation(
  need: Need,
  token: Extract<Token, { kind: 'installation' }>,
  repository: Repository,
  only: (permission: Permission) => boolean,
): void {
  const publicRead = need.level === 'read' && !repository.private;
  const own = token.repository === repository.fullName;
  if (!own && repository.private) throw notFound();
  const enough = (permission: Permission): boolean => token.grants[permission] === 'write' || token.grants[permission] === need.level;
  if (publicRead || (own && (need.any.length === 0 || need.any.filter(only).some(enough)))) return;
  throw new Refusal(403, 'Resource not accessible by integration');
}

function checkUser(need: Need, token: Extract<Token, { kind: 'user' }>, repository: Repository): void {
  const role = roleOf(repository, token.user.login);
  if (role === undefined) throw notFound();
  if (need.appsOnly) throw new Refusal(403, 'You must authenticate via a GitHub App.');
  if (ROLES.indexOf(role) < ROLES.indexOf(need.role)) throw new Refusal(403, 'Resource not accessible by personal access token');
}
