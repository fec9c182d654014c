/** Requests that a web page may have sent. Pure. */
import type { IncomingHttpHeaders } from 'node:http';

/** Names of this machine. A browser resolves `*.localhost` to loopback itself (RFC 6761, section 6.3). */
const HERE = /^(127\.0\.0\.1|\[::1\]|localhost|[a-z0-9-]+\.localhost)(:\d+)?$/i;

/**
 * Why a request is refused, or undefined. Any page that is open in a browser can send a form to a loopback port without asking, so a page
 * of another origin could reset the sandbox or call its AWS. Two headers that no page can choose give it away: `Origin`, which a browser
 * puts on every POST and on every request from another origin (Fetch standard, section 3.2), and `Sec-Fetch-Site`. `Host` is that of the
 * address bar, so a foreign name that DNS leads to 127.0.0.1 (DNS rebinding) shows there.
 */
export function refuseWebPage(headers: IncomingHttpHeaders): { readonly status: 403 | 421; readonly error: string } | undefined {
  const { host = '', origin } = headers;
  if (!HERE.test(host))
    return {
      status: 421,
      error: `The sandbox answers at 127.0.0.1 and localhost only, not at the host ${JSON.stringify(host.slice(0, 100))}.`,
    };
  if (origin !== undefined && origin !== `http://${host}`)
    return { status: 403, error: `The sandbox accepts no requests from a web page (origin ${JSON.stringify(origin.slice(0, 100))}).` };
  if (headers['sec-fetch-site'] === 'cross-site')
    return { status: 403, error: 'The sandbox accepts no requests from the web page of another site.' };
  return undefined;
}
