import type { Json, JsonObject } from './json.ts';

/**
 * What makes a difference dangerous whatever traffic does: one row a field, `kind field`. `live` and `spec` are values in the normal
 * form, `spec` undefined where the spec says none; the answer says what is wrong, or nothing where this difference is harmless.
 */
export type Alarm = (live: Json | undefined, spec: Json | undefined) => string | undefined;

const EVERYWHERE: readonly Json[] = ['0.0.0.0/0', '::/0'];

/** Rules that let the whole world in, beyond what the spec says. */
const openToTheWorld: Alarm = (live, spec) => worldOpened(live, spec, []);

/**
 * What of `rules` lets the whole world in and `known` does not, in words; nothing where there is nothing. `ports`: tcp ports on which
 * the world is to come in, those of listeners.
 */
export function worldOpened(rules: Json | undefined, known: Json | undefined, ports: readonly number[]): string | undefined {
  const before = new Set(membersOf(known).map(where));
  const meant = (rule: JsonObject): boolean => {
    const [first, last] = [Number(rule['fromPort']), Number(rule['toPort'])];
    return rule['protocol'] === 'tcp' && last - first < ports.length && span(first, last).every((port) => ports.includes(port));
  };
  const open = membersOf(rules).filter((rule) => EVERYWHERE.includes(rule['cidr'] ?? null) && !before.has(where(rule)) && !meant(rule));
  return open.length === 0 ? undefined : `open to the whole internet on ${[...new Set(open.map(portsOf))].join(', ')}`;
}

const span = (first: number, last: number): readonly number[] =>
  Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);

/** A protection that the spec wants and that is off. */
const switchedOff =
  (what: string): Alarm =>
  (live, spec) =>
    spec === true && live !== true ? what : undefined;

export const ALARMS: Readonly<{ [field: string]: Alarm }> = {
  'securityGroup ingress': openToTheWorld,
  'loadBalancer deletionProtection': switchedOff('everyone who may delete load balancers can delete it'),
  'loadBalancer dropInvalidHeaderFields': switchedOff('headers with invalid names reach the targets'),
  'loadBalancer accessLogs.enabled': switchedOff('requests are not logged'),
  'loadBalancer scheme': (live) => (live === 'internet-facing' ? 'it is open to the internet' : undefined),
  'loadBalancer desyncMitigationMode': (live) =>
    live === 'monitor' ? 'requests that could smuggle another request reach the targets' : undefined,
  'loadBalancer wafFailOpen': (live) => (live === true ? 'requests pass unchecked when AWS WAF does not answer' : undefined),
  'listener sslPolicy': () => 'clients may use weaker TLS, or be refused',
  'listener protocol': (live) => (live === 'HTTP' ? 'requests and responses are not encrypted' : undefined),
  'listener mutualAuthentication': (live, spec) =>
    (spec as JsonObject | undefined)?.['mode'] === 'verify' && (live as JsonObject | undefined)?.['mode'] !== 'verify'
      ? 'client certificates are not checked'
      : undefined,
  'listener defaultActions': (live, spec) => unchecked(live, spec),
  'rule actions': (live, spec) => unchecked(live, spec),
};

/** Whoever asks is no longer checked. */
function unchecked(live: Json | undefined, spec: Json | undefined): string | undefined {
  const checks = (value: Json | undefined): readonly string[] =>
    membersOf(value)
      .map((action) => String(action['type']))
      .filter((type) => /^(authenticate-|jwt-)/.test(type));
  const gone = checks(spec).filter((type) => !checks(live).includes(type));
  return gone.length === 0 ? undefined : `requests pass without ${gone.join(' and ')}`;
}

const membersOf = (value: Json | undefined): readonly JsonObject[] => (Array.isArray(value) ? (value as readonly JsonObject[]) : []);
const where = (rule: JsonObject): string => [rule['protocol'], rule['fromPort'], rule['toPort'], rule['cidr']].join(' ');

function portsOf(rule: JsonObject): string {
  if (rule['protocol'] === '-1') return 'all ports';
  if (rule['protocol'] !== 'tcp' && rule['protocol'] !== 'udp') return `protocol ${String(rule['protocol'])}`;
  const [from, to] = [rule['fromPort'], rule['toPort']];
  return from === to ? `port ${String(from)}` : `ports ${String(from)} to ${String(to)}`;
}
