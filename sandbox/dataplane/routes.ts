/**
 * A listener in HAProxy's words: two proxies. The `door` has the client's connection (TLS, HTTP/2, keep-alive) and hands each
 * request over a local socket, on a connection of its own, to the `rooms`, which has the rules and talks to the targets. They
 * are two because HAProxy closes a client's kept connection silently when a target fails on its second or later request, and
 * clients then retry unseen; ALB answers 502. A request that is the first of its connection gets its 502.
 */
import { actionLines, groupCookieLines } from './actions.ts';
import { clientCertificateWords } from './client-certificates.ts';
import { conditionLines } from './conditions.ts';
import { errorReturn, SERVER_NAME } from './error-pages.ts';
import { requestLimitLines } from './header-limits.ts';
import { forwardedLines, requestHeaderLines, responseHeaderLines } from './listener-headers.ts';
import type { Door } from './picture.ts';
import { clientVersionLines, readVersionLines } from './protocol-versions.ts';
import type { TlsFiles } from './tls-files.ts';
import { DEFAULT_POLICY, tlsTerms } from './tls-policies.ts';
import { HOST_REWRITTEN, transformLines } from './transforms.ts';
import { word } from './words.ts';

export interface RouteWords {
  readonly lines: readonly string[];
  /** What of it is not served, for the log. */
  readonly gaps: readonly string[];
}

export function idleSeconds(door: Pick<Door, 'lb'>): number {
  return Number(door.lb.attributes['idle_timeout.timeout_seconds'] ?? 60);
}

/** The address of the local socket between the two, in Linux's abstract namespace: nothing to clean up. */
function passage(door: Door, realm: string, way: 'usual' | 'newer' | 'tls' = 'usual'): string {
  return `abns@${realm}-${door.id}${way === 'usual' ? '' : `-${way}`}`;
}

/** `tls`: what an HTTPS listener is served with. */
export function doorLines(door: Door, realm: string, tls: TlsFiles | undefined): readonly string[] {
  const { lb } = door;
  const at = `${door.at.host}:${door.at.port}`;
  // Never accepted by the server behind it: what a firewall drops gets no answer at all.
  if (!door.open) {
    return [
      `frontend door_${door.id}`,
      'mode tcp',
      `bind ${at}`,
      'timeout client 24h',
      'tcp-request inspect-delay 24h',
      'tcp-request content reject if WAIT_END',
    ];
  }
  const seconds = idleSeconds(door);
  const keepAlive = Number(lb.attributes['client_keep_alive.seconds'] ?? 3600);
  return [
    ...(tls ? splitLines(door, realm, at) : []),
    `frontend door_${door.id}`,
    `bind ${tls ? `${passage(door, realm, 'tls')} accept-proxy` : at} ${(tls ? tlsWords(door, tls) : ['proto h1']).join(' ')}`,
    `timeout client ${seconds}s`,
    `timeout http-request ${seconds}s`,
    `timeout http-keep-alive ${seconds}s`,
    'tcp-request session set-var(sess.opened) date',
    ...requestLimitLines(),
    // A body is awaited as far as it fits the buffer: who stalls there is the client (408), not the target (504).
    `http-request wait-for-body time ${seconds}s if { req.hdr(content-length) -m found } !{ req.ver -m beg 2 }`,
    ...clientVersionLines(),
    // A target of HTTP/1.1 needs a host; which one the load balancer names for a client of HTTP/1.0 that does not is not documented.
    `http-request set-header Host ${word(lb.dnsName)} unless { req.hdr(host) -m found }`,
    ...requestHeaderLines(door),
    'http-after-response set-header Date %[date,http_date] unless { res.fhdr(date) -m found }',
    ...responseHeaderLines(door),
    // The answer under way is the last one of a connection that is old enough.
    `http-after-response set-header Connection close if { date,sub(sess.opened) -m int ge ${keepAlive} }`,
    // A request in HTTP/1.0 reaches the rooms as HTTP/2 and the target as HTTP/1.1; nothing in HAProxy changes a version otherwise.
    `use_backend newer_${door.id} if HTTP_1.0`,
    `default_backend passage_${door.id}`,
    `backend newer_${door.id}`,
    'option http-server-close',
    'http-reuse never',
    `timeout server ${seconds + 60}s`,
    `server rooms ${passage(door, realm, 'newer')} send-proxy-v2 proto h2`,
    `backend passage_${door.id}`,
    'option http-server-close',
    'http-reuse never',
    // The rooms give up first and say why.
    `timeout server ${seconds + 60}s`,
    `server rooms ${passage(door, realm)} send-proxy-v2`,
  ];
}

/**
 * In front of an HTTPS door: what does not begin as TLS does (record type 22) is plain HTTP, and gets its 400 in plain HTTP. Nothing is
 * decrypted here; a client that says nothing is the door's affair.
 */
function splitLines(door: Door, realm: string, at: string): readonly string[] {
  return [
    `frontend split_${door.id}`,
    'mode tcp',
    `bind ${at}`,
    'timeout client 24h',
    `tcp-request inspect-delay ${idleSeconds(door)}s`,
    'tcp-request content accept if { req.len gt 0 }',
    'use_backend plain if { req.len gt 0 } !{ req.payload(0,1),hex -m str 16 }',
    `default_backend secure_${door.id}`,
    `backend secure_${door.id}`,
    'mode tcp',
    'timeout server 24h',
    `server door ${passage(door, realm, 'tls')} send-proxy-v2`,
  ];
}

function tlsWords({ listener, lb }: Door, tls: TlsFiles): readonly string[] {
  const terms = tlsTerms(listener.sslPolicy ?? DEFAULT_POLICY) ?? tlsTerms(DEFAULT_POLICY);
  const http2 = lb.attributes['routing.http2.enabled'] !== 'false';
  return [
    'ssl',
    ...tls.certificates.map(({ path }) => `crt ${word(path)}`),
    // Debian's OpenSSL refuses TLS 1.0 and SHA-1 by default (security level 2); older policies promise both.
    ...(terms ? [`ssl-min-ver ${terms.oldest} ssl-max-ver ${terms.newest} ciphers ${terms.ciphers}:@SECLEVEL=0`] : []),
    http2 ? 'alpn h2,http/1.1' : 'alpn http/1.1 proto h1',
    ...clientCertificateWords(listener, tls),
  ];
}

export function roomLines(door: Door, realm: string, poolOf: (arn: string) => string | undefined): RouteWords {
  if (!door.open) return { lines: [], gaps: [] };
  const gaps: string[] = [];
  const lines = [
    `frontend rooms_${door.id}`,
    `bind ${passage(door, realm)} accept-proxy`,
    `bind ${passage(door, realm, 'newer')} accept-proxy proto h2`,
    ...readVersionLines(),
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
  const branches = [
    ...door.rules.map(({ actions }, index) => ({ actions, name: `r${index}` })),
    { actions: door.listener.defaultActions, name: 'default' },
  ];
  for (const { actions, name } of branches) {
    const { lines: words, gap } = actionLines(actions, `{ var(txn.rule) -m str ${name} }`, door, poolOf);
    lines.push(...words);
    if (gap) gaps.push(`listener ${door.listener.arn}: ${gap}`);
  }
  door.rules.forEach(({ transforms }, index) => {
    lines.push(...transformLines(transforms ?? [], `{ var(txn.rule) -m str r${index} }`));
  });
  return {
    lines: [
      ...lines,
      ...forwardedLines(door, HOST_REWRITTEN),
      ...groupCookieLines(branches.map(({ actions }) => actions)),
      'use_backend %[var(txn.pool)]',
    ],
    gaps,
  };
}
