import { randomBytes } from 'node:crypto';
import { ReconcileError } from '../errors.ts';
import { listenerOf } from '../load/k6-command.ts';
import type { LoadPlan } from '../load/load-plan.ts';
import { shardsOf } from '../load/shards.ts';
import { preview, type Session } from '../run/pipeline.ts';
import type { NamedSpec } from '../run/specs.ts';
import { mostRequests, requireVerifyAllowed } from '../run/verify-terms.ts';
import { verifyTarget } from './target.ts';
import type { VerifyOptions } from './verify.ts';

/**
 * The plan for machines that send a load together. Reads the stack and sends nothing. Throws `GuardRefused` if the policy does not allow
 * the load, `LoadFailed` if there is no listener to send it to or too little load for the number of shards.
 */
export async function planLoad(
  { spec, policy }: NamedSpec,
  session: Session,
  { shards, startAt, hosts }: { readonly shards: number; readonly startAt: number; readonly hosts: VerifyOptions['hosts'] },
): Promise<LoadPlan> {
  const settings = spec.settings.load;
  requireVerifyAllowed(spec.stack.name, spec.settings, policy, startAt);
  const most = mostRequests(policy);
  shardsOf(shards, settings, most);
  const { observation } = await preview(spec, session);
  const target = verifyTarget(spec.stack, observation, hosts);
  const listener = listenerOf(target, settings);
  if (listener === undefined)
    throw new ReconcileError('LoadFailed', `stack ${spec.stack.name} has no listener to send load to`, {
      hint: 'Name one of its listeners in load.listener, or add one.',
    });
  return {
    ...{ version: 1, id: randomBytes(16).toString('hex'), stack: spec.stack.name, startAt, shards, settings },
    ...{ dnsName: target.dnsName, listener, hosts: target.hosts },
    ...(most === undefined ? {} : { most }),
  };
}
