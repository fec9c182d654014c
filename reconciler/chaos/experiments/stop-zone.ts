import { ANY_ZONE } from '../../model/zones.ts';
import { STOP_WORDS, stopping } from '../means/stopping.ts';
import { experiment } from './experiment.ts';

/**
 * All instances of one zone are stopped at once. Each carries a tag of its own and is started by itself, so that no list has to be kept for
 * the way back. The node of the load balancer in the zone stays, as it does when a zone loses its machines alone: without cross-zone
 * load balancing its answers are 503s, which is what one wants to know. `SetSubnets` without the zone would move the node away,
 * and show an orderly withdrawal. A zonal shift shows how AWS moves traffic away from a zone, and not what is lost before.
 */
export const stopZone = experiment({
  ...stopping,
  name: 'stopZone',
  description: 'Stop all instances of one Availability Zone at once and start them again.',
  picks: 'zone',
  rows: {
    zone: {
      type: 'string',
      pattern: `^${ANY_ZONE}$`,
      'x-pattern-message': 'a zone such as us-east-1a',
      'x-example': 'us-east-1a',
      description: 'Which zone. Default: chosen by the seed.',
    },
  },
  words: STOP_WORDS,
});
