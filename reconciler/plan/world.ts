/** What a plan opens to the whole world, told before it is done. */

import { worldOpened } from '../model/alarms.ts';
import type { Note } from '../model/json.ts';
import type { Desired } from '../model/model.ts';
import { refsIn } from '../model/paths.ts';
import type { Delta } from './delta.ts';

/**
 * A warning for each security group that lets anybody in by what this plan adds. On its listeners' ports a load balancer is there for
 * everybody; of other groups, and on other ports, nobody may have meant it.
 */
export function openings(deltas: readonly Delta[], desired: readonly Desired[]): readonly Note[] {
  const ports = desired.filter(({ kind }) => kind === 'listener').map(({ values }) => Number(values['port']));
  const serving = new Set(
    desired
      .filter(({ kind }) => kind === 'loadBalancer')
      .flatMap(({ values }) => refsIn(values['securityGroups']).map(({ address }) => address)),
  );
  return deltas.flatMap((delta): Note[] => {
    const change = delta.kind.name === 'securityGroup' ? delta.fields.find(({ name }) => name === 'ingress') : undefined;
    const opened = change === undefined ? undefined : worldOpened(change.after, change.before, serving.has(delta.address) ? ports : []);
    const position = delta.desired?.positions['ingress'] ?? delta.desired?.position;
    return opened === undefined
      ? []
      : [{ kind: 'warning', address: delta.address, text: opened, ...(position === undefined ? {} : { position }) }];
  });
}
