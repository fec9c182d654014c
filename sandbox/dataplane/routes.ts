/**
 * A listener in HAProxy's words: two proxies. The `door` has the client's connection (TLS, HTTP/2, keep-alive) and hands each
 * request over a local socket, on a connection of its own, to the `rooms`, which has the rules and talks to the targets. They
 * are two because HAProxy closes a client's kept connection silently when a target fails on its second or later request, and
 * clients then retry unseen; ALB answers 502. A request that is the first of its connection gets its 502.
 */
import { actionLines, groupCookieLines } from './actions.ts';
import { conditionLines } from './conditions.ts';
import { errorReturn, SERVER_NAME } from './error-pages.ts';
import type { Door } from './picture.ts';
import { DEFAULT_POLICY, tlsTerms } from './tls-policies.ts';
import { word } from './words.ts';

export interface RouteWords {
  readonly lines: readonly string[];
  /** What of it is not served, for the log. */
  readonly gaps: readonly string[];
}

function on(door: Door, attribute: string): boolean {
  return door.lb.attributes[attribute] === 'true';
}

export function idleSeconds(door: Pick<Door, 'lb'>): number {
  return Number(door.lb.attributes['idle_timeout.timeout_seconds'] ?? 60);
}

/** The address of the local socket between the two, in Linux's abstract namespace: nothing to clean up. */
function passage(door: Door, realm: string): string {
  return `abns@${realm}-${door.id}`;
}

/** `certificatePaths`: PEM files of the listener's certificates, the default one first; empty for HTTP. */
export function doorLines(door: Door, realm: string, certificatePaths: readonly string[]): readonly string[] {
  const { listener } = door;
  const at = `${door.at.host}:${door.at.port}`;
  // Never accepted by the server behind it: what a firewall drops gets no answer at all.
  if (!door.open) {
    return [`frontend door_${door.id}`, 'mode tcp', `bind ${at}`, 'timeout client 24h', 'tcp-request inspect-delay 24h', 'tcp-request content reject if WAIT_END'];
  }
  const secure = listener.protocol === 'HTTPS';
  const terms = tlsTerms(listener.sslPolicy ?? DEFAULT_POLICY) ?? tlsTerms(DEFAULT_POLICY);
  const alpn = door.lb.attributes['routing.http2.enabled'] === 'false' ? 'http/1.1' : 'h2,http/1.1';
  // Debian's OpenSSL refuses TLS 1.0 and SHA-1 by default (security level 2); older policies promise both.
  const tls = terms && secure ? ` ssl ${certificatePaths.map((path) => `crt ${word(path)}`).join(' ')} ssl-min-ver ${terms.oldest} ssl-max-ver ${terms.newest} ciphers ${terms.ciphers}:@SECLEVEL=0 alpn ${alpn}` : '';
  const tlsHeaders = ['http-request set-header X-Amzn-Tls-Version %[ssl_fc_protocol]', 'http-request set-header X-Amzn-Tls-Cipher-Suite %[ssl_fc_cipher]'];
  const seconds = idleSeconds(door);
  return [
    `frontend door_${door.id}`,
    `bind ${at}${tls}`,
    `timeout client ${seconds}s`,
    `timeout http-request ${seconds}s`,
    `timeout http-keep-alive ${seconds}s`,
    ...(secure && on(door, 'routing.http.x_amzn_tls_version_and_cipher_suite.enabled') ? tlsHeaders : []),
    'http-after-response set-header Date %[date,http_date] unless { res.fhdr(date) -m found }',
    `default_backend passage_${door.id}`,
    `backend passage_${door.id}`,
    'option http-server-close',
    'http-reuse never',
    // The rooms give up first and say why.
    `timeout server ${seconds + 60}s`,
    `server rooms ${passage(door, realm)} send-proxy-v2`,
  ];
}

export function roomLines(door: Door, realm: string, poolOf: (arn: string) => string | undefined): RouteWords {
  if (!door.open) return { lines: [], gaps: [] };
  const gaps: string[] = [];
  const lines = [
    `frontend rooms_${door.id}`,
    `bind ${passage(door, realm)} accept-proxy`,
    `timeout client ${idleSeconds(door) + 60}s`,
    `http-request set-src str(${door.client})`,
    // TRACE and more than 30 forwarding hops are refused (Application Load Balancers guide, "Troubleshoot", HTTP 405 and 463).
    `http-request return ${errorReturn(405)} if METH_TRACE`,
    `http-request return status 463 content-type text/html lf-string %[var(txn.empty)] hdr Server ${SERVER_NAME} if { req.hdr_cnt(x-forwarded-for) gt 30 }`,
  ];
  const undecided = '!{ var(txn.rule) -m found }';
  door.rules.forEach((rule, index) => {
    const names: string[] = [];
    let served = true;
    rule.conditions.forEach((condition, part) => {
      const name = `r${index}c${part}`;
      const acl = conditionLines(name, condition);
      if (acl === undefined || acl.length === 0) served = false;
      else lines.push(...acl);
      names.push(name);
    });
    if (served) lines.push(`http-request set-var(txn.rule) str(r${index}) if ${undecided} ${names.join(' ')}`);
    else gaps.push(`rule ${rule.arn} has a condition that is not served: it never matches`);
  });
  lines.push(`http-request set-var(txn.rule) str(default) if ${undecided}`);
  const branches = [...door.rules.map(({ actions }, index) => ({ actions, name: `r${index}` })), { actions: door.listener.defaultActions, name: 'default' }];
  for (const { actions, name } of branches) {
    const { lines: words, gap } = actionLines(actions, `{ var(txn.rule) -m str ${name} }`, door, poolOf);
    lines.push(...words);
    if (gap) gaps.push(`listener ${door.listener.arn}: ${gap}`);
  }
  return { lines: [...lines, ...forwardedHeaders(door), ...groupCookieLines(branches.map(({ actions }) => actions)), 'use_backend %[var(txn.pool)]'], gaps };
}

/** What the load balancer tells targets about the client (Application Load Balancers guide, "HTTP headers"). */
function forwardedHeaders(door: Door): readonly string[] {
  const { listener, lb } = door;
  const client = on(door, 'routing.http.xff_client_port.enabled') ? '%[src]:%[src_port]' : '%[src]';
  const forwardedFor: Readonly<Record<string, readonly string[]>> = {
    append: [
      `http-request set-header X-Forwarded-For ${word(`%[req.fhdr(x-forwarded-for)], ${client}`)} if { req.fhdr(x-forwarded-for) -m found }`,
      `http-request set-header X-Forwarded-For ${client} unless { req.fhdr(x-forwarded-for) -m found }`,
    ],
    preserve: [],
    remove: ['http-request del-header X-Forwarded-For'],
  };
  const standard = listener.port === (listener.protocol === 'HTTPS' ? 443 : 80);
  const host = standard ? '%[req.hdr(host),host_only]' : `%[req.hdr(host),host_only]:${listener.port}`;
  const root = 'Root=1-%[var(txn.seconds),lower]-%[var(txn.unique)]';
  return [
    ...(forwardedFor[lb.attributes['routing.http.xff_header_processing.mode'] ?? 'append'] ?? []),
    `http-request set-header X-Forwarded-Proto ${listener.protocol.toLowerCase()}`,
    `http-request set-header X-Forwarded-Port ${listener.port}`,
    ...(on(door, 'routing.http.preserve_host_header.enabled') ? [] : [`http-request set-header Host ${host} if { req.hdr(host) -m found }`]),
    // Application Load Balancers guide, "Request tracing": Root is made once, every load balancer on the way adds its Self.
    'http-request set-var-fmt(txn.seconds) %{+X}Ts',
    'http-request set-var(txn.unique) uuid,regsub(-,,g),bytes(8,24)',
    `http-request set-header X-Amzn-Trace-Id ${word(`${root.replace('Root', 'Self')};%[req.fhdr(x-amzn-trace-id)]`)} if { req.fhdr(x-amzn-trace-id) -m sub Root= }`,
    `http-request set-header X-Amzn-Trace-Id ${root} unless { req.fhdr(x-amzn-trace-id) -m sub Root= }`,
    ...(listener.protocol === 'HTTPS' ? ['http-request set-var(txn.secure) bool(true)'] : []),
  ];
}
