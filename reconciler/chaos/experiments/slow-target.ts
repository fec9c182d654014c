import { deadWithin, say, secondsText } from '../../load/predict.ts';
import type { HealthCheckSettings, Prediction } from '../../load/types.ts';
import { faultUnit, ONE_INSTANCE, onMachine, SERVICE } from '../means/commands.ts';
import { experiment, type OwnSettings } from './experiment.ts';

const PAUSE = '800ms';
/** Between two pauses the server works for so long. */
const WORK_SECONDS = 0.1;

const pauseOf = (settings: OwnSettings): number => Number.parseInt(settings['pause'] ?? PAUSE, 10) / 1000;

/**
 * The server on one machine pauses over and over, as one that collects garbage or waits for a disk: a request waits for up to a pause.
 * The unit is frozen and thawed (systemctl freeze), which needs no module of the kernel and touches nothing but the service.
 */
export const slowTarget = experiment({
  ...onMachine((service, { seconds, own }) => [
    faultUnit(seconds, `/usr/bin/systemctl thaw ${service}`, [
      '/bin/sh',
      '-c',
      `while :; do systemctl freeze ${service}; sleep ${pauseOf(own)}; systemctl thaw ${service}; sleep ${WORK_SECONDS}; done`,
    ]),
  ]),
  name: 'slowTarget',
  description: 'Slow down the server on one instance: it pauses over and over.',
  named: ONE_INSTANCE,
  rows: {
    service: SERVICE,
    pause: {
      type: 'string',
      pattern: '^[1-9]\\d{1,4}ms$',
      default: PAUSE,
      'x-pattern-message': 'milliseconds such as 800ms',
      description: 'How long each pause is: a request waits for up to so long.',
    },
  },
  mayPass: true,
  predict,
  words: {
    ...{ thing: 'instance', verb: 'slow down', doing: 'slowing down', done: 'slowed down' },
    undo: { verb: 'speed up', doing: 'speeding up', done: 'as fast as before' },
  },
});

/**
 * - A check that waits for longer than its timeout fails: only a pause of that length can be found (ELB user guide, health check settings).
 * - The load balancer goes on sending requests to a target that answers slowly; `least_outstanding_requests` sends it fewer.
 */
function predict(check: HealthCheckSettings, settings: OwnSettings = {}): Prediction {
  const { intervalSeconds: interval, timeoutSeconds: timeout, healthyThreshold: healthy } = check;
  const pause = pauseOf(settings);
  const dead = deadWithin(check);
  const found = pause > timeout;
  const back = { from: 0, to: found ? healthy * interval + timeout : 0 };
  return {
    detection: say(
      dead,
      found
        ? `Pauses of ${secondsText(pause)} are longer than the timeout of the check (${secondsText(timeout)}), which then fails: found within ${secondsText(dead.to)} at the earliest, and by chance later.`
        : `The check waits for ${secondsText(timeout)}, longer than a pause of ${secondsText(pause)}: it goes on passing, and users wait.`,
    ),
    recovery: say(
      back,
      found
        ? `After the pauses end: ${healthy} passing checks ${secondsText(interval)} apart, at most ${secondsText(back.to)}.`
        : 'The target stays healthy: it is fast again at once.',
    ),
    besides: [],
  };
}
