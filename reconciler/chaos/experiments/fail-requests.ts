import { say, secondsText } from '../../load/predict.ts';
import type { HealthCheckSettings, Prediction } from '../../load/types.ts';
import { faultUnit, ONE_INSTANCE, onMachine, SERVICE } from '../means/commands.ts';
import { experiment } from './experiment.ts';

/** No character that a shell, or the parameters of Systems Manager (`{{ssm:…}}`), would make something else of. */
const PLAIN_PATH = /^\/[\w./-]*$/;

/** Answers 200 where the health check asks, and else 500; who it is stands in the answer, so that its share can be seen. */
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
 * One target answers every request with 500, and its health check with 200: what only anomaly mitigation finds (algorithm `weighted_random`).
 * The server of the machine makes room for one that fails, on the same port.
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
        : `its health check asks for ${JSON.stringify(healthPath)}, which cannot be put into a command as it is`,
  ),
  name: 'failRequests',
  description: 'Let one instance answer every request with 500 while its health check passes.',
  named: ONE_INSTANCE,
  rows: { service: SERVICE },
  mayPass: true,
  predict,
  words: {
    ...{ thing: 'instance', verb: 'let fail', doing: 'letting fail', done: 'failing' },
    undo: { verb: 'fix', doing: 'fixing', done: 'fixed' },
  },
});

/**
 * - The health check passes: nothing takes the target out of service.
 * - With `weighted_random` the load balancer compares the targets' error rates and, where anomaly mitigation is on, sends an anomalous one fewer
 *   requests; three healthy targets are needed (ELB user guide, automatic target weights).
 */
function predict({ intervalSeconds: interval, timeoutSeconds: timeout }: HealthCheckSettings): Prediction {
  return {
    detection: say(
      { from: 0, to: interval + timeout },
      'The health check goes on passing, so the target stays in service, and its share of the requests fails. Only anomaly mitigation (algorithm weighted_random, three healthy targets or more) sends it fewer.',
    ),
    recovery: say(
      { from: 0, to: interval + timeout },
      `Its server starts again: within a check of ${secondsText(interval)} where one met the moment between the two servers, and else at once.`,
    ),
    besides: [],
  };
}
