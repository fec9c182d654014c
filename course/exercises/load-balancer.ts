import { asList } from '../../reconciler/model/json.ts';
import { valueAt, valuesAt } from '../../reconciler/model/paths.ts';
import { type Exercise, type Look, verdict } from '../exercise.ts';
import { listed, listenerOf, textsAt } from '../read.ts';

const balancerOf = (look: Look) =>
  look.once('balancer', async () => {
    const arn = look.of('loadBalancer')[0]?.id;
    if (arn === undefined) throw new Error('the stack has no load balancer');
    return asList(valueAt(await look.call('elbv2:DescribeLoadBalancers', { LoadBalancerArns: [arn] }), 'LoadBalancers'))[0] ?? null;
  });

export const loadBalancer: Exercise = {
  name: 'load-balancer',
  chapter: 3,
  title: 'A load balancer with a listener',
  task: 'Create an internet-facing load balancer in both zones, with a listener on port 80 that forwards to the target group.',
  criteria: [
    {
      title: 'The load balancer is active and internet-facing, in two zones',
      points: 2,
      look: async (look) => {
        const balancer = await balancerOf(look);
        const [scheme, state] = [valueAt(balancer, 'Scheme'), valueAt(balancer, 'State.Code')];
        const zones = textsAt(balancer, 'AvailabilityZones', 'ZoneName');
        return verdict(
          scheme === 'internet-facing' && state === 'active' && zones.length >= 2,
          `it is ${String(scheme)} and ${String(state)}, in ${listed(zones)}`,
          'Set loadBalancer.scheme to internet-facing and list two subnets; a new load balancer needs some minutes to become active.',
        );
      },
    },
    {
      title: 'A listener on port 80 forwards to the target group',
      points: 2,
      look: async (look) => {
        const arn = look.of('loadBalancer')[0]?.id;
        if (arn === undefined) throw new Error('the stack has no load balancer');
        const listeners = asList(valueAt(await look.call('elbv2:DescribeListeners', { LoadBalancerArn: arn }), 'Listeners'));
        const ours = look.of('targetGroup').map(({ id }) => id);
        const http = listeners.find((each) => valueAt(each, 'Port') === 80 && valueAt(each, 'Protocol') === 'HTTP');
        const groups = valuesAt(http ?? null, 'DefaultActions[].TargetGroupArn');
        return verdict(
          groups.some((group) => ours.includes(String(group))),
          http === undefined
            ? `no listener on HTTP port 80, but ${listeners.length} others`
            : `its default action is ${listed(valuesAt(http, 'DefaultActions[].Type').map(String))}`,
          'Add listeners.http with protocol HTTP, port 80 and forward: the name of your target group.',
        );
      },
    },
    {
      title: 'The address of the load balancer answers',
      points: 1,
      look: async (look) => {
        const [reply] = await look.ask(listenerOf(look, 'HTTP'), '/', 1);
        const status = reply?.status ?? 0;
        return verdict(
          status > 0,
          status === 0 ? 'GET / has no answer' : `GET / answers ${status}${status === 503 ? ' (there are no targets yet)' : ''}`,
          'Check the security group of the load balancer: it must allow port 80.',
        );
      },
    },
  ],
};
