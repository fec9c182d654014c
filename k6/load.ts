/** The load that albedo sends while it stops an instance or changes the load balancer: one GET per iteration, at a constant rate of arrivals. */

import http from 'k6/http';
import { record } from './lib/record.ts';
import { scenario, settings } from './lib/settings.ts';

export const options = scenario(settings);

const url = settings.baseUrl + settings.path;
const timeout = `${Math.round(settings.timeoutSeconds * 1000)}ms`;

// k6 asks for a default export.
export default function visit(): void {
  // While an instance is stopped none is followed: what the load balancer itself answered is what is judged.
  const begunAt = Date.now();
  record(http.get(url, { timeout, redirects: settings.redirects, tags: { name: 'visit' } }), begunAt, url);
}
