import type { Engine } from './form.ts';

/** K6 processes of this machine. */
export const local: Engine = {
  name: 'local',
  summary: 'k6 processes on this machine',
  needsK6: true,
  sendsOnce: false,
  sender: ({ shards }) => ({
    isLive: true,
    send: async (load) => (await import('../run-k6.ts')).runK6({ ...load, ...(shards === undefined ? {} : { shards }) }),
  }),
};
