/** The stacks of one account and region: one session, and one read for all of them. */

import { asError, type ErrorCode, ReconcileError } from '../errors.ts';
import { observeWorld, type World } from '../observe/world.ts';
import { explain, requireAccount, type Session } from './pipeline.ts';
import type { NamedSpec } from './specs.ts';

/** Of a session. */
export interface Scope {
  readonly region: string;
  /** Twelve digits, where the specs or their folder say so. */
  readonly account?: string;
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

/** One group for each account and region, by spec. */
export function groupsOf(specs: readonly NamedSpec[], open: (scope: Scope) => Session, mode: World['mode']): ReadonlyMap<NamedSpec, Group> {
  const members = new Map<string, NamedSpec[]>();
  for (const named of specs) {
    const key = `${named.spec.account ?? ''}/${named.spec.stack.region}`;
    members.set(key, [...(members.get(key) ?? []), named]);
  }
  const groups = new Map<NamedSpec, Group>();
  for (const some of members.values()) {
    const [first] = some;
    if (first === undefined) continue;
    const { account, stack } = first.spec;
    const group = groupOf(some, open({ region: stack.region, ...(account === undefined ? {} : { account }) }), mode);
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
      session.emit({ kind: 'phase', phase: 'observe', text: `reading what is live of ${specs.length} stacks in ${region}` });
      const scopes = specs.map(({ spec }) => spec.stack);
      return await explain(session, () => observeWorld(scopes, session.cloud, { mode, signal: session.signal }));
    } catch (thrown) {
      if (!(thrown instanceof ReconcileError) || FOR_ALL.has(thrown.code)) throw thrown;
      session.emit({ kind: 'warning', text: `${asError(thrown).message}: each stack is read by itself` });
      return undefined;
    }
  };
  return { session, readAt: () => readAt, world: () => (reading ??= read()) };
}
