/** Routes: one for each destination, whatever its form. moto makes a second one for an IPv6 network or a prefix list. */
import { ApiRefusal } from '../wire.ts';
import { items, parseXml, rootOf, text } from '../xml.ts';
import { canonicalise } from './cidr.ts';
import { askMoto, type Ec2Handler } from './context.ts';

const DESTINATIONS: readonly (readonly [param: string, element: string])[] = [
  ['DestinationCidrBlock', 'destinationCidrBlock'],
  ['DestinationIpv6CidrBlock', 'destinationIpv6CidrBlock'],
  ['DestinationPrefixListId', 'destinationPrefixListId'],
];

/** CreateRoute, after a look at what the table has: the VPC's own route counts too (CreateRoute: RouteAlreadyExists). */
export const newRoute =
  (inner: Ec2Handler): Ec2Handler =>
  async (context, call) => {
    const params = canonicalise(call.params);
    const [destination] = DESTINATIONS.flatMap(([param, element]) =>
      params[param] === undefined ? [] : [{ element, value: params[param] }],
    );
    if (destination === undefined)
      throw new ApiRefusal(
        'MissingParameter',
        'The request must contain exactly one of: destinationCidrBlock, destinationIpv6CidrBlock, destinationPrefixListId',
      );
    const answer = await askMoto(context, { ...call, action: 'DescribeRouteTables' }, { 'RouteTableId.1': params['RouteTableId'] ?? '' });
    const taken = items(rootOf(parseXml(answer.body)).content, 'routeTableSet')
      .flatMap((table) => items(table, 'routeSet'))
      .some((route) => text(route, destination.element).toLowerCase() === destination.value.toLowerCase());
    if (taken) throw new ApiRefusal('RouteAlreadyExists', `The route identified by ${destination.value} already exists.`);
    return inner(context, call);
  };
