import { deadWithin, say, secondsText } from '../../load/predict.ts';
import type { HealthCheckSettings, Prediction } from '../../load/types.ts';
import { faultUnit, ONE_INSTANCE, onMachine, SERVICE } from '../means/commands.ts';
import { experiment, type OwnSettings } from './experiment.ts';

const PAUSE = '800ms';
/** How long the server works between two pauses. */
const WORK_SECONDS = 0.1;

const pauseOf = (settings: OwnSettings): number => Number.parseInt(settings['pause'] ?? PAUSE, 10) / 1000;

/**
 * The server on one instance pauses again and again, like one that collects garbage or waits for a disk: a request waits for up to one pause.
 * The unit is frozen and thawed (systemctl freeze), which needs no kernel module and affects only the service.
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
  description: 'Slow down the server on one instance: it pauses again and again.',
  named: ONE_INSTANCE,
  rows: {
    service: SERVICE,
    pause: {
      type: 'string',
      pattern: '^[1-9]\\d{1,4}ms$',
      default: PAUSE,
      'x-pattern-message': 'milliseconds such as 800ms',
      description: 'How long each pause is. A request waits for up to this time.',
    },
  },
  mayPass: true,
  predict,
  words: {
    ...{ thing: 'instance', verb: 'slow down', doing: 'slowing down', done: 'slowed down' },
    undo: { verb: 'restore', doing: 'restoring', done: 'restored' },
  },
});

/**
 * - A check that waits for longer than its timeout fails, so only a longer pause can be noticed (ELB user guide, health check settings).
 * - The load balancer keeps sending requests to a target that answers slowly; `least_outstanding_requests` sends it fewer.
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
        ? `Pauses of ${secondsText(pause)} are longer than the timeout of the check (${secondsText(timeout)}), so checks can fail: the target is found within ${secondsText(dead.to)} if every check meets a pause, otherwise later.`
        : `The timeout of the check (${secondsText(timeout)}) is longer than a pause (${secondsText(pause)}): checks still pass, and users wait.`,
    ),
    recovery: say(
      back,
      found
        ? `After the pauses end: ${healthy} passing checks ${secondsText(interval)} apart, at most ${secondsText(back.to)}.`
        : 'The target stays healthy and is fast again at once.',
    ),
    besides: [],
  };
}
