import { STOP_WORDS, stopping } from '../means/stopping.ts';
import { experiment } from './experiment.ts';

/** Stops several instances at once: do the others carry the whole load? */
export const stopShare = experiment({
  ...stopping,
  name: 'stopShare',
  description: 'Stop a share of the instances at once and start them again.',
  picks: 'share',
  rows: {
    share: {
      type: 'string',
      pattern: '^[1-9]\\d?%$',
      default: '50%',
      'x-pattern-message': 'a share from 1% to 99%',
      description: 'Share of the healthy instances, rounded down to at least one. At least one always stays in service.',
    },
  },
  words: STOP_WORDS,
});
