/** The agents behind a proxy. Imported as names: a CommonJS package that a bundle loads with `import()` has no names. */

import http, { type ClientRequest, type Agent as HttpAgent } from 'node:http';
import https, { type Agent as HttpsAgent } from 'node:https';
import { Agent, type AgentConnectOpts } from 'agent-base';
import { HttpProxyAgent } from 'http-proxy-agent';
import { HttpsProxyAgent } from 'https-proxy-agent';

/** `proxies`: their addresses, for targets with TLS and without. */
export function agentsFor(
  proxies: { readonly secure: string | undefined; readonly plain: string | undefined },
  isDirect: (host: string, port: string) => boolean,
): { readonly httpAgent: HttpAgent; readonly httpsAgent: HttpsAgent } {
  const { secure, plain } = proxies;
  const keep = { keepAlive: true, maxSockets: 50 };
  const direct = { secure: new https.Agent(keep), plain: new http.Agent(keep) };
  const proxied = {
    secure: secure === undefined ? direct.secure : new HttpsProxyAgent(secure, keep),
    plain: plain === undefined ? direct.plain : new HttpProxyAgent(plain, { maxSockets: 50 }),
  };
  // Decided host by host, since one client may be told to ask several.
  class Choosing extends Agent {
    override connect(_request: ClientRequest, options: AgentConnectOpts): Promise<HttpAgent> {
      const agents = isDirect(String(options.host ?? ''), String(options.port)) ? direct : proxied;
      return Promise.resolve(options.secureEndpoint ? agents.secure : agents.plain);
    }
  }
  // Each answers for both kinds of proxy: what it connects through is chosen with the request. A request without TLS names its whole address
  // to the proxy, which http-proxy-agent writes when it connects: on a connection that was kept it would be missing.
  return { httpAgent: new Choosing({ maxSockets: 50 }), httpsAgent: new Choosing(keep) as unknown as HttpsAgent };
}
