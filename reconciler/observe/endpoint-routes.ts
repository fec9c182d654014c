/** Routes of gateway endpoints: no call on a route table changes them, so no spec holds them. They are named, and left alone. */

import type { Json, Note } from '../model/json.ts';
import { asList, isObject } from '../model/json.ts';
import type { Raw } from './decode.ts';

/** A gateway endpoint leads to a prefix list by `vpce-…`, and only ModifyVpcEndpoint changes that (Route and ModifyVpcEndpoint, EC2 API reference). */
export const endpointNotes = (raws: readonly Raw[]): readonly Note[] =>
  raws.flatMap(({ kind, object, address }) =>
    kind.name === 'routeTable' && isObject(object)
      ? asList(object['Routes'] as Json).flatMap((route): Note[] => {
          if (!isObject(route)) return [];
          const { GatewayId: endpoint, DestinationPrefixListId: list } = route;
          return typeof list === 'string' && String(endpoint).startsWith('vpce-')
            ? [
                {
                  kind: 'unmanaged',
                  address,
                  text: `the route to ${list} belongs to gateway endpoint ${String(endpoint)} and is left unchanged`,
                },
              ]
            : [];
        })
      : [],
  );
