import type { ClientRequest, Agent as HttpAgent } from 'node:http';
import type { Agent as HttpsAgent } from 'node:https';
import type { AgentConnectOpts } from 'agent-base';

type Env = Readonly<Record<string, string | undefined>>;

interface Handler {
  readonly httpAgent?: HttpAgent;
  readonly httpsAgent?: HttpsAgent;
}

/**
 * What an SDK client sends its requests with. The SDK knows none of the proxy variables, and makes an agent of its own that
 * NODE_USE_ENV_PROXY does not reach: where HTTPS_PROXY or HTTP_PROXY says so, it gets agents that do.
 */
export async function handlerFor<T extends object>(env: Env, timeouts: T): Promise<T & Handler> {
  const [secure, plain] = [said(env, 'HTTPS_PROXY'), said(env, 'HTTP_PROXY')];
  if (secure === undefined && plain === undefined) return timeouts;
  const [{ Agent }, { HttpsProxyAgent }, { HttpProxyAgent }, http, https] = await Promise.all([
    import('agent-base'),
    import('https-proxy-agent'),
    import('http-proxy-agent'),
    import('node:http'),
    import('node:https'),
  ]);
  const keep = { keepAlive: true, maxSockets: 50 };
  const direct = { secure: new https.Agent(keep), plain: new http.Agent(keep) };
  const proxied = {
    secure: secure === undefined ? direct.secure : new HttpsProxyAgent(secure, keep),
    plain: plain === undefined ? direct.plain : new HttpProxyAgent(plain, keep),
  };
  // Decided host by host, since one client may be told to ask several.
  class Choosing extends Agent {
    override connect(_request: ClientRequest, options: AgentConnectOpts): Promise<HttpAgent> {
      const agents = isDirect(env, String(options.host ?? ''), String(options.port)) ? direct : proxied;
      return Promise.resolve(options.secureEndpoint ? agents.secure : agents.plain);
    }
  }
  const agent = new Choosing(keep);
  // It answers for both: what it connects through is chosen with the request.
  return { ...timeouts, httpAgent: agent, httpsAgent: agent as unknown as HttpsAgent };
}

/** In lower case, too, as curl reads them. */
function said(env: Env, name: string): string | undefined {
  const value = env[name] ?? env[name.toLowerCase()];
  return value === undefined || value === '' ? undefined : value.includes('://') ? value : `http://${value}`;
}

/** This machine is never asked through a proxy; other hosts are not where NO_PROXY names them, their domain or everything (`*`). */
export function isDirect(env: Env, host: string, port: string): boolean {
  const name = host.toLowerCase().replace(/^\[|\]$/g, '');
  if (name === 'localhost' || name === '::1' || /^127\.\d+\.\d+\.\d+$/.test(name)) return true;
  const list = (env['NO_PROXY'] ?? env['no_proxy'] ?? '').toLowerCase().split(/[\s,]+/);
  return list.some((entry) => {
    const [, pattern = '', only] = /^\*?(.+?)(?::(\d+))?$/.exec(entry) ?? [];
    if (entry === '*') return true;
    if (pattern === '' || (only !== undefined && only !== port)) return false;
    return name === pattern.replace(/^\./, '') || name.endsWith(pattern.startsWith('.') ? pattern : `.${pattern}`);
  });
}
