import { ANY_ZONE } from '../../model/zones.ts';
import { STOP_WORDS, stopping } from '../means/stopping.ts';
import { experiment } from './experiment.ts';

/**
 * Stops all instances of one zone at once. Each one has its own tag and is started separately, so the undo needs no list. The node of the
 * load balancer in the zone stays, as in a zone that loses only its instances: without cross-zone load balancing it answers 503, which is
 * what the experiment should show. `SetSubnets` without the zone would remove the node in an orderly way instead. A zonal shift shows how
 * AWS moves traffic away from a zone, but not what is lost before that.
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
