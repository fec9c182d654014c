/**
 * Where a load may go: to the stack's own load balancer, whatever the script asks for. Pure. Addresses of load balancers change while they
 * scale, so this is held by name and not by a list of addresses:
 *
 * - k6 asks a proxy for every name and address but that of the load balancer, and the proxy is an address that k6 is closed to. That holds
 *   for HTTP and WebSocket, redirects too (k6 source: js/runner.go, js/modules/k6/ws and websockets: http.ProxyFromEnvironment; Go,
 *   golang.org/x/net/http/httpproxy: NO_PROXY, and that this machine is never asked for through a proxy).
 * - Where a table says at which address the load balancer is (the sandbox), all other names and addresses are mapped to that closed one
 *   (k6 source: lib/netext/dialer.go findRemote: the table is asked before DNS, for addresses too; an entry outweighs the pattern `*`).
 * - What asks no proxy is not to be had: `GUARD` ends a load whose script has such a module, before its first request.
 *
 * Behind a proxy of the user's own, k6 asks that one, and it decides.
 */

/** Of "this network" (RFC 1122, 3.2.1.3): no destination, and k6 is told not to call it. */
const NOWHERE = '0.0.0.1';

/**
 * Addresses that no load goes to: nowhere; where clouds hand out the credentials of a machine (AWS, Azure, Google: link-local; EC2 over IPv6;
 * Azure's 168.63.129.16), and this machine itself, by each of its names, unless the load balancer is on it.
 */
export function closedTo(addresses: readonly string[]): string[] {
  const here = addresses.some((address) => /^(127\.|::1|\[::1\])/.test(address));
  return [
    ...['0.0.0.0/8', '::/128', '169.254.0.0/16', 'fe80::/10', 'fd00:ec2::/32', '168.63.129.16/32'],
    ...(here ? [] : ['127.0.0.0/8', '::1/128']),
  ];
}

type Hosts = Readonly<Record<string, string>>;

/** Of a table of all names, the entries of one load balancer. */
export const hostsOf = (dnsName: string, all: Hosts): Hosts =>
  Object.fromEntries(Object.entries(all).filter(([name]) => name === dnsName || name.startsWith(`${dnsName}:`)));

/** k6's options as a script exports them, with what decides where its requests go. Flags close the rest (`closedTo`). */
export const bounded = <Options extends object>(options: Options, hosts: Hosts): Options & { readonly hosts: Hosts } => ({
  ...options,
  hosts: Object.keys(hosts).length === 0 ? {} : { ...hosts, '*': NOWHERE },
});

const PROXIES = ['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy'];

/** The variables by which k6 finds its proxy. `mapped`: a table says where the load balancer is, so that no proxy needs to be asked. */
export function proxyVariables(
  own: Readonly<Record<string, string | undefined>>,
  dnsName: string,
  mapped: boolean,
): Record<string, string> {
  const set = (names: readonly string[]): Record<string, string> =>
    Object.fromEntries(names.flatMap((name) => (own[name] === undefined || own[name] === '' ? [] : [[name, own[name]]])));
  const theirs = set(PROXIES);
  if (!mapped && Object.keys(theirs).length > 0) return { ...theirs, ...set(['NO_PROXY', 'no_proxy']) };
  const nowhere = `http://${NOWHERE}:1`;
  return { ...Object.fromEntries(PROXIES.map((name) => [name, nowhere])), NO_PROXY: dnsName, no_proxy: dnsName };
}

/** Modules of k6 that open connections of their own, past every proxy (k6 source: internal/lib/netext/grpcext; v1: experimental/redis). */
const UNBOUND = ['k6/net/grpc', 'k6/experimental/grpc', 'k6/experimental/redis', 'k6/browser', 'k6/experimental/browser'];

/** Name of the module that is imported before the script. */
export const GUARD_FILE = 'albedo-bounds.js';

/**
 * Evaluated first, wherever k6 evaluates a script. k6 resolves modules while it does so for the first time, and afterwards knows no others (k6
 * source: js/modules/resolution.go Lock): from then on `require` finds such a module if, and only if, something of the script has brought it.
 * A name that nobody uses shows whether that time has come, since looking for a module before it would bring it. The next time is that of
 * the users, all at once, and asking for a module of k6 writes into a table that they share (resolve; Go ends the process for that). So it is
 * asked where k6 calls `setup`: alone, as user 0, after the users are made and before the load (internal/execution/scheduler.go). Until then
 * no such module can connect: k6 lets nothing do so outside of an iteration.
 */
export const GUARD = `const why = (name) => { try { require(name); return ''; } catch (error) { return String(error); } };
if (__VU === 0 && /previously resolved/.test(why('./albedo-' + Math.random() + '.js')))
  for (const name of ${JSON.stringify(UNBOUND)})
    if (why(name) === '') throw new Error('albedo runs no script that uses ' + name + ': where it connects to cannot be bounded');
`;
