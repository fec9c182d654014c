/** Routes of gateway endpoints are named by a plan, whose steps pass over them. */
import * as assert from 'uvu/assert';
import type { Kind } from '../../../reconciler/model/field.ts';
import { kindOf } from '../../../reconciler/model/kinds.ts';
import { endpointNotes } from '../../../reconciler/observe/endpoint-routes.ts';
import { suite } from '../../support/suite.ts';

const t = suite('observe/endpoint-routes');
const kind: Kind = kindOf('routeTable');
const tableWith = (...Routes: object[]) =>
  [{ kind, object: { RouteTableId: 'rtb-1', Routes }, tags: {}, address: 'routeTable/public' }] as never;

t('a route by a gateway endpoint is told; routes that specs hold, and those of other endpoints, are not', () => {
  const gateway = { DestinationPrefixListId: 'pl-63a5400a', GatewayId: 'vpce-0123456789abcdef0', State: 'active' };
  assert.equal(endpointNotes(tableWith(gateway)), [
    {
      kind: 'unmanaged',
      address: 'routeTable/public',
      text: 'the route to pl-63a5400a belongs to gateway endpoint vpce-0123456789abcdef0 and is left unchanged',
    },
  ]);
  for (const other of [
    { DestinationCidrBlock: '0.0.0.0/0', GatewayId: 'igw-1' },
    { DestinationCidrBlock: '10.9.0.0/16', GatewayId: 'vpce-0123456789abcdef0' },
    { DestinationPrefixListId: 'pl-1', TransitGatewayId: 'tgw-1' },
  ])
    assert.equal(endpointNotes(tableWith(other)), []);
});

t.run();
