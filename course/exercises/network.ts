import { asList } from '../../reconciler/model/json.ts';
import { valueAt, valuesAt } from '../../reconciler/model/paths.ts';
import { type Exercise, type Look, verdict } from '../exercise.ts';
import { listed, textsAt } from '../read.ts';

const subnetsOf = (look: Look) =>
  look.once('subnets', async () => {
    const ids = look.of('subnet').map(({ id }) => id);
    if (ids.length === 0) return { ids, zones: [] };
    const answer = await look.call('ec2:DescribeSubnets', { SubnetIds: ids });
    return { ids, zones: [...new Set(textsAt(answer, 'Subnets', 'AvailabilityZone'))].sort() };
  });

/** The subnets without an active route to an internet gateway: of their own route table, else of the VPC's main one. */
async function closedSubnets(look: Look, ids: readonly string[]): Promise<readonly string[]> {
  const vpc = look.of('vpc')[0]?.id ?? '';
  const answer = await look.call('ec2:DescribeRouteTables', { Filters: [{ Name: 'vpc-id', Values: [vpc] }] });
  const tables = asList(valueAt(answer, 'RouteTables'));
  const own = (id: string) => tables.find((table) => valuesAt(table, 'Associations[].SubnetId').includes(id));
  const main = tables.find((table) => valuesAt(table, 'Associations[].Main').includes(true));
  return ids.filter((id) => {
    const routes = asList(valueAt(own(id) ?? main ?? null, 'Routes'));
    return !routes.some(
      (route) =>
        valueAt(route, 'DestinationCidrBlock') === '0.0.0.0/0' &&
        String(valueAt(route, 'GatewayId') ?? '').startsWith('igw-') &&
        valueAt(route, 'State') === 'active',
    );
  });
}

export const network: Exercise = {
  name: 'network',
  chapter: 1,
  title: 'A network for a load balancer',
  task: 'Create a VPC with two public subnets in two Availability Zones.',
  criteria: [
    {
      title: 'Two subnets in two Availability Zones',
      points: 2,
      look: async (look) => {
        const { ids, zones } = await subnetsOf(look);
        return verdict(
          zones.length >= 2,
          `${ids.length} subnets in AWS, in the zones: ${listed(zones)}`,
          'Add a subnet with another availabilityZone, and apply.',
        );
      },
    },
    {
      title: 'Every subnet has a route to the internet',
      points: 2,
      look: async (look) => {
        const { ids } = await subnetsOf(look);
        if (ids.length === 0) return verdict(false, 'there are no subnets', 'Add two subnets, and apply.');
        const closed = await closedSubnets(look, ids);
        return verdict(
          closed.length === 0,
          closed.length === 0
            ? `${ids.length} of ${ids.length} subnets have one`
            : `no route to an internet gateway from: ${listed(closed)}`,
          'Let albedo create the VPC (cidrBlock), or add a route to an internet gateway to the route table of these subnets.',
        );
      },
    },
  ],
};
