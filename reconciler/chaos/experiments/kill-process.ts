import { deadWithin, say, secondsText } from '../../load/predict.ts';
import type { HealthCheckSettings, Prediction } from '../../load/types.ts';
import { faultUnit, ONE_INSTANCE, onMachine, SERVICE } from '../means/commands.ts';
import { experiment } from './experiment.ts';

/** Kills the server on an instance and keeps it down while the instance runs: its target becomes unhealthy, not unused. */
export const killProcess = experiment({
  ...onMachine((service, { seconds }) => [
    // The unit with the undo first: if anything fails after it, the undo still runs.
    faultUnit(seconds, `/usr/bin/systemctl --no-block start ${service}`, ['/usr/bin/sleep', 'infinity']),
    `systemctl kill --signal=SIGKILL ${service}`,
    `systemctl stop ${service}`,
  ]),
  name: 'killProcess',
  description: 'Kill the server on one instance, and start it again. The instance keeps running.',
  named: ONE_INSTANCE,
  rows: { service: SERVICE },
  predict,
  words: {
    ...{ thing: 'instance', verb: 'kill', doing: 'killing the server of', done: 'without its server' },
    undo: { verb: 'restart', doing: 'restarting the server of', done: 'restarted' },
  },
});

/**
 * - Without a server, connections are refused: a check fails at once, and `unhealthyThreshold` of them in a row are needed (ELB user guide,
 *   target group health checks).
 * - An unhealthy target needs `healthyThreshold` checks that pass.
 */
function predict(check: HealthCheckSettings): Prediction {
  const { intervalSeconds: interval, timeoutSeconds: timeout, healthyThreshold: healthy, unhealthyThreshold: unhealthy } = check;
  const dead = deadWithin(check);
  const back = { from: (healthy - 1) * interval, to: healthy * interval + timeout };
  return {
    detection: say(
      dead,
      `A dead process on a running instance is found by ${unhealthy} failed check${unhealthy === 1 ? '' : 's'} ${secondsText(interval)} apart: between ${secondsText(dead.from)} and ${secondsText(dead.to)}.`,
    ),
    recovery: say(
      back,
      `After the start: ${healthy} passing check${healthy === 1 ? '' : 's'} ${secondsText(interval)} apart: between ${secondsText(back.from)} and ${secondsText(back.to)}, plus the time that the server needs to start.`,
    ),
    besides: [],
  };
}
