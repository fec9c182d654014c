import { asList } from '../../reconciler/model/json.ts';
import { valueAt } from '../../reconciler/model/paths.ts';
import { type Exercise, verdict } from '../exercise.ts';
import { instancesOf, listed, listenerOf, served, settledTargets } from '../read.ts';

export const instances: Exercise = {
  name: 'instances',
  chapter: 4,
  title: 'Two instances that answer',
  task: 'Start two instances with the Flask webserver, one in each zone, and register both.',
  criteria: [
    {
      title: 'Two targets, in two zones',
      points: 1,
      look: async (look) => {
        const ids = [...new Set((await settledTargets(look)).map(({ id }) => id))];
        if (ids.length === 0) return verdict(false, 'no target is registered', 'List both instances under targets.');
        const answer = await look.call('ec2:DescribeInstances', { InstanceIds: ids });
        const zones = asList(valueAt(answer, 'Reservations'))
          .flatMap((each) => asList(valueAt(each, 'Instances')))
          .map((each) => String(valueAt(each, 'Placement.AvailabilityZone')));
        return verdict(
          ids.length >= 2 && new Set(zones).size >= 2,
          `${ids.length} registered, in ${listed([...new Set(zones)].sort())}`,
          'Register two instances, each in a subnet of its own.',
        );
      },
    },
    {
      title: 'Every target is healthy',
      points: 2,
      look: async (look) => {
        const targets = await settledTargets(look);
        const bad = targets.filter(({ state }) => state !== 'healthy');
        return verdict(
          targets.length > 0 && bad.length === 0,
          targets.length === 0
            ? 'no target is registered'
            : `${targets.length - bad.length} of ${targets.length} are healthy${bad.map(({ id, state, reason }) => `; ${id} is ${state} ${reason}`).join('')}`,
          'Check that the security group of the instances allows port 8080 from the load balancer, and that the health check requests /status.',
        );
      },
    },
    {
      title: '20 requests reach both instances',
      points: 2,
      look: async (look) => {
        const replies = await look.ask(listenerOf(look), '/', 20);
        const ids = instancesOf(replies);
        return verdict(
          ids.length >= 2 && replies.every(served),
          `${replies.filter(served).length} of 20 were answered, by ${ids.length} instances (${listed(ids)})`,
          'Register two healthy targets in the group that the listener forwards to.',
        );
      },
    },
  ],
};
