import { fieldsOf, kindOf } from '../model/kinds.ts';
import type { Delta } from './delta.ts';
import type { DraftStep } from './draft-step.ts';
import type { Graph } from './graph.ts';
import { groupBy } from './group.ts';

/**
 * Draws the edges that members ask for.
 *
 * | word of the member | so |
 * | --- | --- |
 * | `wantedBy` | what comes is there before the calls that want it, and what goes waits for them: a dualstack load balancer and the IPv6 of its subnets |
 * | `goesAfter` | it goes after the members of another kind that are parts of it: the IPv6 block of a VPC after those of its subnets |
 */
export function memberEdges(loose: readonly DraftStep[], deltas: readonly Delta[], graph: Graph): void {
  const made = loose.filter((step) => step.phase === 'make');
  const byOp = groupBy(made, ({ op }) => op);
  const byAddress = groupBy(made, ({ address }): string => address);
  for (const delta of deltas)
    for (const [name, { wire }] of fieldsOf(delta.kind)) {
      if (wire.how !== 'member' || wire.member.wantedBy === undefined) continue;
      const calls = (op: string) => (byAddress.get(delta.address) ?? []).filter((step) => step.op === op && step.sets?.includes(name));
      const [coming, going] = [calls(wire.member.add), calls(wire.member.remove)];
      const users = wire.member.wantedBy.flatMap((op) => byOp.get(op) ?? []);
      for (const user of users) {
        for (const one of coming) graph.need(user.id, one.id);
        // One that makes room for another cannot wait for whoever wants that one.
        if (coming.length === 0) for (const one of going) graph.need(one.id, user.id);
      }
    }
  for (const step of loose) {
    const last = step.goesAfter;
    if (last === undefined) continue;
    for (const other of loose) {
      if (kindOf(other.address).name !== last.kind) continue;
      if (other.phase === 'destroy' || removes(other, last.field)) graph.need(step.id, other.id);
    }
  }
}

function removes({ op, address, sets }: DraftStep, name: string): boolean {
  const wire = fieldsOf(kindOf(address)).find(([other]) => other === name)?.[1].wire;
  return wire?.how === 'member' && wire.member.remove === op && sets?.includes(name) === true;
}
