import type { Address, Json } from '../model/json.ts';
import type { Existing } from '../model/model.ts';
import { valueAt } from '../model/paths.ts';
import { type At, asObject } from './draft.ts';

/**
 * The prefix lists that rules name, by id or by name: given, and looked up when a plan is made. The id of a list that is named tells
 * what to write, and the entries it may have count against the quota of rules (VPC user guide, "Reference prefix lists").
 */
export function prefixListsOf(spec: Json, at: At): readonly Existing[] {
  const found = new Map<string, Existing>();
  for (const [group, body] of Object.entries(asObject(valueAt(spec, 'securityGroups'))))
    for (const [direction, key] of [
      ['ingress', 'from'],
      ['egress', 'to'],
    ] as const) {
      const rules = asObject(body)[direction];
      for (const [index, rule] of (Array.isArray(rules) ? rules : []).entries()) {
        const peer = asObject(rule as Json)[key];
        const said = typeof peer === 'string' && /^pl-[0-9a-f]+$/.test(peer) ? peer : asObject(peer)['prefixList'];
        if (typeof said !== 'string' || found.has(said)) continue;
        found.set(said, given(said, at(['securityGroups', group, direction, index, key])));
      }
    }
  return [...found.values()];
}

function given(said: string, position: Existing['position']): Existing {
  const address: Address = `prefixList/${said}`;
  const byId = /^pl-[0-9a-f]{8,17}$/.test(said);
  return {
    address,
    position,
    outputs: {},
    lookup: {
      op: 'ec2:DescribeManagedPrefixLists',
      // By a filter: an id that does not exist is then no error of AWS's but an empty answer.
      input: { Filters: [{ Name: byId ? 'prefix-list-id' : 'prefix-list-name', Values: [said] }] },
      list: 'PrefixLists',
      outputs: { id: 'PrefixListId', name: 'PrefixListName', maxEntries: 'MaxEntries', family: 'AddressFamily' },
    },
  };
}
