/** The stacks of one account and region: one session, and one read for all of them. */

import { asError, type ErrorCode, ReconcileError } from '../errors.ts';
import { observeWorld, type World } from '../observe/world.ts';
import { explain, requireAccount, type Session } from './pipeline.ts';
import type { Env } from './session.ts';
import type { NamedSpec } from './specs.ts';

/** Of a session. */
export interface Scope {
  readonly region: string;
  /** Twelve digits, where the specs or their folder say so. */
  readonly account?: string;
  /** The AWS profile that their folder names. */
  readonly profile?: string;
}

export interface Group {
  readonly session: Session;
  /** When the read began (ms since the epoch). */
  readonly readAt: () => number;
  /**
   * What is live, read when first asked for. Undefined where each stack is to be read by itself: it is the only one, or the read of all
   * was refused, which may be about one of them.
   */
  readonly world: () => Promise<World | undefined>;
}

/** What is the same for every stack, and not worth another try. */
export const FOR_ALL: ReadonlySet<ErrorCode> = new Set([
  'Interrupted',
  'CredentialsMissing',
  'CredentialsRefused',
  'EndpointUnreachable',
  'WrongAccount',
]);

export function scopeOf({ spec, profile }: NamedSpec): Scope {
  const { account, stack } = spec;
  return { region: stack.region, ...(account === undefined ? {} : { account }), ...(profile === undefined ? {} : { profile }) };
}

/** Tells scopes apart: each has a session of its own. */
export const scopeKey = ({ account = '', profile = '', region }: Scope): string => `${account}/${profile}/${region}`;

/** The variables with which the session of a scope is opened, where the credentials of several may be had: each with its own profile. */
export const envOf = ({ profile }: Scope, env: Env): Env => (profile === undefined ? env : { ...env, AWS_PROFILE: profile });

/** One group for each account, profile and region, by spec. */
export function groupsOf(specs: readonly NamedSpec[], open: (scope: Scope) => Session, mode: World['mode']): ReadonlyMap<NamedSpec, Group> {
  const members = new Map<string, NamedSpec[]>();
  for (const named of specs) {
    const key = scopeKey(scopeOf(named));
    members.set(key, [...(members.get(key) ?? []), named]);
  }
  const groups = new Map<NamedSpec, Group>();
  for (const some of members.values()) {
    const [first] = some;
    if (first === undefined) continue;
    const group = groupOf(some, open(scopeOf(first)), mode);
    for (const named of some) groups.set(named, group);
  }
  return groups;
}

function groupOf(specs: readonly NamedSpec[], session: Session, mode: World['mode']): Group {
  let reading: Promise<World | undefined> | undefined;
  let readAt = 0;
  const read = async (): Promise<World | undefined> => {
    const [first] = specs;
    if (specs.length < 2 || first === undefined) return undefined;
    const { region, name } = first.spec.stack;
    readAt = session.clock.now();
    try {
      await explain(session, () => requireAccount(session, first.spec.account, name));
      session.emit({ kind: 'phase', phase: 'observe', text: `reading from AWS: ${specs.length} stacks in ${region}` });
      const scopes = specs.map(({ spec }) => spec.stack);
      return await explain(session, () => observeWorld(scopes, session.cloud, { mode, signal: session.signal }));
    } catch (thrown) {
      if (!(thrown instanceof ReconcileError) || FOR_ALL.has(thrown.code)) throw thrown;
      session.emit({ kind: 'warning', text: `${asError(thrown).message}: each stack is read separately` });
      return undefined;
    }
  };
  return { session, readAt: () => readAt, world: () => (reading ??= read()) };
}
