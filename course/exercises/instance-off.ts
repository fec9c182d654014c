import { type Exercise, type Look, type Reply, verdict } from '../exercise.ts';
import { instancesOf, listed, listenerOf, served, settledTargets } from '../read.ts';

/** Seconds for which one instance is off, and the most for which requests may fail. */
const OFF = 20;
const LIMIT = 15;

/** One instance is off for a while, and requests are sent all the time. */
const experiment = (look: Look) =>
  look.once('off', async () => {
    const healthy = (await settledTargets(look)).filter(({ state }) => state === 'healthy');
    const victim = healthy[0];
    if (victim === undefined) throw new Error('no target is healthy, so no instance can be turned off');
    if (!look.of('instance').some(({ id }) => id === victim.id)) throw new Error(`${victim.id} is not an instance of this stack`);
    look.say(`Stopping ${victim.id} for ${OFF} s while requests are sent.`);
    const listener = listenerOf(look);
    const begunAt = look.now();
    const replies: Reply[] = [];
    let over = false;
    const asking = (async () => {
      while (!over) {
        replies.push(...(await look.ask(listener, '/', 1)));
        await look.sleep(100);
      }
    })();
    const ended = await look.turnOff(victim.id, victim.arn, victim.port, OFF);
    over = true;
    await asking;
    const during = replies.filter(({ at }) => at < begunAt + OFF * 1000);
    const failed = during.filter((reply) => !served(reply));
    // With a keep-alive connection the last error ends when its request does.
    const failing = failed.length === 0 ? 0 : Math.max(...failed.map(({ at, ms }) => at + ms)) - begunAt;
    return { victim: victim.id, during, failed: failed.length, failingSeconds: failing / 1000, ...ended };
  });

export const instanceOff: Exercise = {
  name: 'instance-off',
  chapter: 6,
  title: 'One instance off',
  task: `Make the service survive the loss of one instance: errors for at most ${LIMIT} seconds. The check stops one for ${OFF} seconds.`,
  criteria: [
    {
      title: 'Another instance answered while one was off',
      points: 2,
      look: async (look) => {
        const { victim, during } = await experiment(look);
        const others = instancesOf(during.filter(({ instance }) => instance !== victim));
        return verdict(
          others.length > 0,
          `${victim} was off; ${others.length === 0 ? 'nobody else answered' : `${listed(others)} answered`}`,
          'Register a second instance in another zone.',
        );
      },
    },
    {
      title: `Requests failed for at most ${LIMIT} s`,
      points: 2,
      look: async (look) => {
        const { failingSeconds, failed, during } = await experiment(look);
        return verdict(
          failingSeconds <= LIMIT,
          `${failed} of ${during.length} requests failed, the last one ${failingSeconds.toFixed(1)} s after the stop`,
          'Make the health check faster: interval 5s, timeout 2s, unhealthyThreshold 2.',
        );
      },
    },
    {
      title: 'The instance came back and is healthy',
      points: 1,
      look: async (look) => {
        const { recovered, problem, victim } = await experiment(look);
        return verdict(
          recovered,
          recovered ? `${victim} is healthy again` : problem || `${victim} is not healthy yet`,
          'Wait for the health check, and run albedo drift.',
        );
      },
    },
  ],
};
