import { STOP_WORDS, stopping } from '../means/stopping.ts';
import { experiment } from './experiment.ts';

/** Several instances are stopped at once: whether what is left carries all of the load. */
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
      description: 'How many of the healthy ones: rounded down, at least one. One at least is left.',
    },
  },
  words: STOP_WORDS,
});
