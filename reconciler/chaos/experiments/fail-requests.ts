import { say, secondsText } from '../../load/predict.ts';
import type { HealthCheckSettings, Prediction } from '../../load/types.ts';
import { faultUnit, ONE_INSTANCE, onMachine, SERVICE } from '../means/commands.ts';
import { experiment } from './experiment.ts';

/** No characters that a shell, or the parameters of Systems Manager (`{{ssm:…}}`), would interpret. */
const PLAIN_PATH = /^\/[\w./-]*$/;

/** Answers 200 on the health check path and 500 on all others. The answer names the instance, so that its share can be measured. */
const SERVER = `import http.server, os, urllib.request as u
a = "http://169.254.169.254/latest/"
t = u.urlopen(u.Request(a + "api/token", method="PUT", headers={"X-aws-ec2-metadata-token-ttl-seconds": "60"}), timeout=5).read().decode()
me = u.urlopen(u.Request(a + "meta-data/instance-id", headers={"X-aws-ec2-metadata-token": t}), timeout=5).read().decode()
class H(http.server.BaseHTTPRequestHandler):
    def answer(self):
        self.send_response(200 if self.path == os.environ["HEALTH"] else 500)
        self.send_header("X-Instance", me)
        self.send_header("Content-Length", "0")
        self.end_headers()
    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = answer
    def log_message(self, *_): pass
http.server.ThreadingHTTPServer(("", int(os.environ["PORT"])), H).serve_forever()`;

/**
 * One target answers every request with 500 and its health check with 200: only anomaly mitigation notices this (algorithm
 * `weighted_random`). A failing server replaces the real one on the same port.
 */
export const failRequests = experiment({
  ...onMachine(
    (service, { seconds, healthPath }, { port }) => [
      `systemctl stop ${service}`,
      faultUnit(
        seconds,
        `/usr/bin/systemctl --no-block start ${service}`,
        ['/usr/bin/python3', '-c', SERVER],
        [`PORT=${port}`, `HEALTH=${healthPath}`],
      ),
    ],
    ({ healthPath }) =>
      PLAIN_PATH.test(healthPath)
        ? ''
        : `its health check path ${JSON.stringify(healthPath)} has characters that are not safe in a shell command`,
  ),
  name: 'failRequests',
  description: 'Make one instance answer every request with 500 while its health check passes.',
  named: ONE_INSTANCE,
  rows: { service: SERVICE },
  mayPass: true,
  predict,
  words: {
    ...{ thing: 'instance', verb: 'break', doing: 'making requests fail on', done: 'failing' },
    undo: { verb: 'fix', doing: 'fixing', done: 'fixed' },
  },
});

/**
 * - The health check passes, so nothing takes the target out of service.
 * - With `weighted_random` the load balancer compares the targets' error rates and, if anomaly mitigation is on, sends an anomalous one fewer
 *   requests; three healthy targets are needed (ELB user guide, automatic target weights).
 */
function predict({ intervalSeconds: interval, timeoutSeconds: timeout }: HealthCheckSettings): Prediction {
  return {
    detection: say(
      { from: 0, to: interval + timeout },
      'The health check still passes, so the target stays in service and its share of the requests fails. Only anomaly mitigation (algorithm weighted_random, at least three healthy targets) sends it fewer requests.',
    ),
    recovery: say(
      { from: 0, to: interval + timeout },
      `Its own server starts again: usually at once, or after the next check (${secondsText(interval)}) if one failed between the two servers.`,
    ),
    besides: [],
  };
}
