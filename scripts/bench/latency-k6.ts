/** k6: 200 requests a second, open model, to the addresses in TARGETS by turns. */
import exec from 'k6/execution';
import http from 'k6/http';

const targets = (__ENV['TARGETS'] ?? '').split(',');

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
      preAllocatedVUs: 40,
      maxVUs: 200,
    },
  },
};

export function ask(): void {
  http.get(`http://${targets[exec.scenario.iterationInTest % targets.length]}/`, { timeout: '5s' });
}

export function handleSummary(data: { metrics: Record<string, { values: Record<string, number> }> }): Record<string, string> {
  const [duration, failed, dropped] = [
    data.metrics['http_req_duration'],
    data.metrics['http_req_failed'],
    data.metrics['dropped_iterations'],
  ];
  return {
    stdout: JSON.stringify({
      p95: duration?.values['p(95)'],
      median: duration?.values['med'],
      failed: failed?.values['passes'] ?? 0,
      dropped: dropped?.values['count'] ?? 0,
      requests: data.metrics['http_reqs']?.values['count'] ?? 0,
    }),
  };
}
