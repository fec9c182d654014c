/** k6: 200 requests a second, open model, to the addresses in TARGETS by turns. */
import exec from 'k6/execution';
import http from 'k6/http';
import { Trend } from 'k6/metrics';

const targets = (__ENV['TARGETS'] ?? '').split(',');

/**
 * Milliseconds from asking for a connection to the last byte. Flask closes each connection, so that a client that asks it
 * directly connects every time; through the load balancer HAProxy does that, within what k6 calls the duration.
 */
const whole = new Trend('whole', true);

export const options = {
  discardResponseBodies: true,
  summaryTrendStats: ['med', 'p(95)', 'max'],
  scenarios: {
    steady: {
      executor: 'constant-arrival-rate',
      exec: 'ask',
      rate: 200,
      timeUnit: '1s',
      duration: __ENV['DURATION'] ?? '5s',
      preAllocatedVUs: 100,
      maxVUs: 200,
    },
  },
};

export function ask(): void {
  const { timings } = http.get(`http://${targets[exec.scenario.iterationInTest % targets.length]}/`, { timeout: '5s' });
  whole.add(timings.blocked + timings.duration);
}

export function handleSummary(data: { metrics: Record<string, { values: Record<string, number> }> }): Record<string, string> {
  const [time, failed, dropped] = [data.metrics['whole'], data.metrics['http_req_failed'], data.metrics['dropped_iterations']];
  return {
    stdout: JSON.stringify({
      p95: time?.values['p(95)'],
      median: time?.values['med'],
      failed: failed?.values['passes'] ?? 0,
      dropped: dropped?.values['count'] ?? 0,
      requests: data.metrics['http_reqs']?.values['count'] ?? 0,
    }),
  };
}
