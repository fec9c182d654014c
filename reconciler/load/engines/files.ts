import { ReconcileError } from '../../errors.ts';
import type { Engine } from './form.ts';

/** Machines that were given a plan, such as the jobs of a matrix: what they measured comes as files. */
export const files: Engine = {
  name: 'files',
  summary: 'machines that have the file of --load-plan',
  needsK6: false,
  sendsOnce: true,
  sender: ({ collects }) => {
    if (collects === undefined)
      throw new ReconcileError('SpecInvalid', '--engine files needs --load-plan and --points', {
        hint: 'The first is the file of `albedo load plan`, the second the folder with the measurements of the shards.',
      });
    return {
      isLive: false,
      send: async (load) => (await import('../collect.ts')).collectShards({ ...load, ...collects, dnsName: load.target.dnsName }),
    };
  },
};
