import { STOP_WORDS, stopping } from '../means/stopping.ts';
import { experiment } from './experiment.ts';

/** Stops an instance through EC2 and starts it again: its target becomes `unused`, and it has to boot before it serves. */
export const stopInstance = experiment({
  ...stopping,
  name: 'stopInstance',
  description: 'Stop one instance and start it again.',
  named: { row: 'instance', schema: { type: 'string', 'x-reference': 'instance', description: 'Which one. Default: chosen by the seed.' } },
  words: STOP_WORDS,
});
