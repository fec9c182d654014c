import { type Exercise, type Look, verdict } from '../exercise.ts';
import { listenerOf, served } from '../read.ts';

const COUNT = 100;
const replies = (look: Look) => look.once('load', () => look.ask(listenerOf(look), look.named.spec.settings.load.path, COUNT));

export const loadTest: Exercise = {
  name: 'load-test',
  chapter: 5,
  title: 'A load test with objectives',
  task: 'Add a load of at least 20 requests a second for 30 seconds, and objectives for errors and p95 that the service meets.',
  criteria: [
    {
      title: 'The spec has a load of 20/s for 30 s or more',
      points: 1,
      look: ({ named }) => {
        const { load } = named.spec.settings;
        return verdict(
          load.rate >= 20 && load.duration >= 30,
          `load is ${load.rate}/s for ${load.duration} s`,
          'Set load: { script: k6/load.ts, rate: 50/s, duration: 60s }.',
        );
      },
    },
    {
      title: 'The spec has objectives for errorRate and p95',
      points: 1,
      look: ({ named }) => {
        const wanted = ['errorRate', 'p95'] as const;
        const missing = wanted.filter((name) => named.spec.settings.objectives[name] === undefined);
        return verdict(
          missing.length === 0,
          missing.length === 0 ? 'both are set' : `not set: ${missing.join(', ')}`,
          'Set objectives: { errorRate: "< 1%", p95: "< 300ms" }.',
        );
      },
    },
    {
      title: `${COUNT} requests meet both objectives`,
      points: 2,
      look: async (look) => {
        const all = await replies(look);
        const { errorRate, p95 } = look.named.spec.settings.objectives;
        const failed = all.filter((reply) => !served(reply)).length;
        const slow = [...all].sort((a, b) => a.ms - b.ms)[Math.ceil(all.length * 0.95) - 1]?.ms ?? 0;
        const right = errorRate !== undefined && p95 !== undefined && failed / all.length <= errorRate && slow <= p95;
        return verdict(
          right,
          `${failed} of ${all.length} failed, p95 is ${slow} ms`,
          'Set objectives that the service can meet, and make every target healthy.',
        );
      },
    },
  ],
};
