/** k6: the usual load, but every fifth request is of a client that was not there before and does not stay. */
import exec from 'k6/execution';
import http from 'k6/http';
import { record, scenario, settings } from '../../k6/albedo.js';

export const options = scenario(settings);

const url = settings.baseUrl + settings.path;
const usual = { timeout: `${Math.round(settings.timeoutSeconds * 1000)}ms`, redirects: settings.redirects };
/** Kept connections would see neither a new certificate nor a port that is closed for a moment. */
const fresh = { ...usual, headers: { Connection: 'close' } };

// biome-ignore lint/style/noDefaultExport: k6 asks for one.
export default function visit(): void {
  const begunAt = Date.now();
  record(http.get(url, exec.scenario.iterationInTest % 5 === 0 ? fresh : usual), begunAt, url);
}
