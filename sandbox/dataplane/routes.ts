/**
 * A listener in HAProxy's words: two proxies. The `frontend` has the client's connection (TLS, HTTP/2, keep-alive) and hands each
 * request over a local socket, on a connection of its own, to the `rules` frontend, which has the rules and talks to the targets. They
 * are two because HAProxy closes a client's kept connection silently when a target fails on its second or later request, and
 * clients then retry unseen; ALB answers 502. A request that is the first of its connection gets its 502.
 */
import { actionLines, groupCookieLines } from './actions.ts';
import { clientCertificateWords } from './client-certificates.ts';
import { conditionLines } from './conditions.ts';
import { errorReturn, SERVER_NAME } from './error-pages.ts';
import { word } from './haproxy-config-values.ts';
import { requestLimitLines } from './header-limits.ts';
import { forwardedLines, requestHeaderLines, responseHeaderLines } from './listener-headers.ts';
import { clientVersionLines, readVersionLines } from './protocol-versions.ts';
import type { Frontend } from './routing-state.ts';
import type { TlsFiles } from './tls-files.ts';
import { DEFAULT_POLICY, tlsTerms } from './tls-policies.ts';
import { HOST_REWRITTEN, transformLines } from './transforms.ts';

export interface RouteWords {
  readonly lines: readonly string[];
  /** What of it is not served, for the log. */
  readonly gaps: readonly string[];
}

export function idleSeconds(frontend: Pick<Frontend, 'lb'>): number {
  return Number(frontend.lb.attributes['idle_timeout.timeout_seconds'] ?? 60);
}

/** The address of the local socket between the two, in Linux's abstract namespace: nothing to clean up. */
function passage(frontend: Frontend, realm: string, way: 'usual' | 'newer' | 'tls' = 'usual'): string {
  return `abns@${realm}-${frontend.id}${way === 'usual' ? '' : `-${way}`}`;
}

/** `tls`: what an HTTPS listener is served with. */
export function frontendLines(frontend: Frontend, realm: string, tls: TlsFiles | undefined): readonly string[] {
  const { lb } = frontend;
  const at = `${frontend.at.host}:${frontend.at.port}`;
  // Never accepted by the server behind it: what a firewall drops gets no answer at all.
  if (!frontend.open) {
    return [
      `frontend client_${frontend.id}`,
      'mode tcp',
      `bind ${at}`,
      'timeout client 24h',
      'tcp-request inspect-delay 24h',
      'tcp-request content reject if WAIT_END',
    ];
  }
  const seconds = idleSeconds(frontend);
  const keepAlive = Number(lb.attributes['client_keep_alive.seconds'] ?? 3600);
  return [
    ...(tls ? splitLines(frontend, realm, at) : []),
    `frontend client_${frontend.id}`,
    `bind ${tls ? `${passage(frontend, realm, 'tls')} accept-proxy` : at} ${(tls ? tlsWords(frontend, tls) : ['proto h1']).join(' ')}`,
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
    ...requestHeaderLines(frontend),
    'http-after-response set-header Date %[date,http_date] unless { res.fhdr(date) -m found }',
    ...responseHeaderLines(frontend),
    // The answer under way is the last one of a connection that is old enough.
    `http-after-response set-header Connection close if { date,sub(sess.opened) -m int ge ${keepAlive} }`,
    // A request in HTTP/1.0 reaches the rules as HTTP/2 and the target as HTTP/1.1; nothing in HAProxy changes a version otherwise.
    `use_backend newer_${frontend.id} if HTTP_1.0`,
    `default_backend passage_${frontend.id}`,
    `backend newer_${frontend.id}`,
    'option http-server-close',
    'http-reuse never',
    `timeout server ${seconds + 60}s`,
    `server rules ${passage(frontend, realm, 'newer')} send-proxy-v2 proto h2`,
    `backend passage_${frontend.id}`,
    'option http-server-close',
    'http-reuse never',
    // The rules give up first and say why.
    `timeout server ${seconds + 60}s`,
    `server rules ${passage(frontend, realm)} send-proxy-v2`,
  ];
}

/**
 * In front of an HTTPS frontend: what does not begin as TLS does (record type 22) is plain HTTP, and gets its 400 in plain HTTP. Nothing is
 * decrypted here; a client that says nothing is the frontend's affair.
 */
function splitLines(frontend: Frontend, realm: string, at: string): readonly string[] {
  return [
    `frontend split_${frontend.id}`,
    'mode tcp',
    `bind ${at}`,
    'timeout client 24h',
    `tcp-request inspect-delay ${idleSeconds(frontend)}s`,
    'tcp-request content accept if { req.len gt 0 }',
    'use_backend plain if { req.len gt 0 } !{ req.payload(0,1),hex -m str 16 }',
    `default_backend secure_${frontend.id}`,
    `backend secure_${frontend.id}`,
    'mode tcp',
    'timeout server 24h',
    `server client ${passage(frontend, realm, 'tls')} send-proxy-v2`,
  ];
}

function tlsWords({ listener, lb }: Frontend, tls: TlsFiles): readonly string[] {
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

export function ruleLines(frontend: Frontend, realm: string, poolOf: (arn: string) => string | undefined): RouteWords {
  if (!frontend.open) return { lines: [], gaps: [] };
  const gaps: string[] = [];
  const lines = [
    `frontend rules_${frontend.id}`,
    `bind ${passage(frontend, realm)} accept-proxy`,
    `bind ${passage(frontend, realm, 'newer')} accept-proxy proto h2`,
    ...readVersionLines(),
    `timeout client ${idleSeconds(frontend) + 60}s`,
    `http-request set-src str(${frontend.client})`,
    // TRACE and more than 30 forwarding hops are refused (Application Load Balancers guide, "Troubleshoot", HTTP 405 and 463).
    `http-request return ${errorReturn(405)} if METH_TRACE`,
    `http-request return status 463 content-type text/html lf-string %[var(txn.empty)] hdr Server ${SERVER_NAME} if { req.hdr_cnt(x-forwarded-for) gt 30 }`,
  ];
  const undecided = '!{ var(txn.rule) -m found }';
  frontend.rules.forEach((rule, index) => {
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
    ...frontend.rules.map(({ actions }, index) => ({ actions, name: `r${index}` })),
    { actions: frontend.listener.defaultActions, name: 'default' },
  ];
  for (const { actions, name } of branches) {
    const { lines: words, gap } = actionLines(actions, `{ var(txn.rule) -m str ${name} }`, frontend, poolOf);
    lines.push(...words);
    if (gap) gaps.push(`listener ${frontend.listener.arn}: ${gap}`);
  }
  frontend.rules.forEach(({ transforms }, index) => {
    lines.push(...transformLines(transforms ?? [], `{ var(txn.rule) -m str r${index} }`));
  });
  return {
    lines: [
      ...lines,
      ...forwardedLines(frontend, HOST_REWRITTEN),
      ...groupCookieLines(branches.map(({ actions }) => actions)),
      'use_backend %[var(txn.pool)]',
    ],
    gaps,
  };
}
