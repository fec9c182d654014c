/** HAProxy's servers at run time: how those it has become those it should have, without a reload. */
import { type Member, NOWHERE } from './routing-state.ts';

export type Served = Pick<Member, 'at' | 'ready'>;

/** A server that stands for no target. */
export const ABSENT: Served = { at: NOWHERE, ready: false };

/** The commands for it, by `<backend>/<server>`. */
export function serverCommands(before: ReadonlyMap<string, Served>, after: ReadonlyMap<string, Served>): readonly string[] {
  const commands: string[] = [];
  for (const [name, old] of before) {
    const { at, ready } = after.get(name) ?? ABSENT;
    if (old.ready && !ready) commands.push(`set server ${name} state maint`);
    // A target whose deregistration delay is over: requests it still has are cut off, which the client sees as a 502.
    if (at === NOWHERE && old.at !== NOWHERE) commands.push(`shutdown sessions server ${name}`);
    if (old.at.host !== at.host || old.at.port !== at.port) commands.push(`set server ${name} addr ${at.host} port ${at.port}`);
    if (!old.ready && ready) commands.push(`set server ${name} state ready`);
  }
  return commands;
}
