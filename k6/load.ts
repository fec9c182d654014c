/** The load that albedo sends while it stops an instance or changes the load balancer: one GET per iteration, at a rate of arrivals. */

import http from 'k6/http';
import { record, type Settings, scenario, settings } from './albedo.js';

export const options = scenario(settings);

const { baseUrl } = settings;
const paths = settings.paths.length > 0 ? settings.paths : [{ path: settings.path, weight: 1 }];
const weights = paths.reduce((sum, { weight }) => sum + weight, 0);

/** One of the paths, as often as its weight says. */
function choose(): Settings['paths'][number] {
  let left = Math.random() * weights;
  return paths.find(({ weight }) => (left -= weight) < 0) ?? { path: settings.path, weight: 1 };
}

const timeout = `${Math.round(settings.timeoutSeconds * 1000)}ms`;

// k6 asks for a default export.
export default function visit(): void {
  // While an instance is stopped none is followed: what the load balancer itself answered is what is judged.
  const { path, ...expected } = choose();
  const url = baseUrl + path;
  const begunAt = Date.now();
  record(http.get(url, { timeout, redirects: settings.redirects, tags: { name: 'visit' } }), begunAt, url, expected);
}
