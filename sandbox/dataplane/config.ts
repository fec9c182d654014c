/** The whole HAProxy configuration (2.6 or newer) for a routing of what should be served. */
import { needsChainScript } from './client-certificates.ts';
import { errorReturn, OWN_ANSWER, plainOnHttpsReturn } from './error-pages.ts';
import { word } from './haproxy-config-values.ts';
import { responseLimitLines } from './header-limits.ts';
import { protocolMismatchLines } from './protocol-versions.ts';
import { frontendLines, idleSeconds, ruleLines } from './routes.ts';
import type { Frontend, Pool, RoutingState } from './routing-state.ts';
import { stickinessLines } from './stickiness.ts';
import { CONNECT_TIMEOUT_MS } from './tarpit.ts';
import type { TlsFiles } from './tls-files.ts';

export interface ConfigPlaces {
  /** Names this sandbox on this machine; part of its socket names. */
  readonly realm: string;
  readonly adminSocket: string;
  /** The raw answer a refused connection gets (502). */
  readonly refusedPage: string;
  /** Changes with every configuration: how a new HAProxy process is told from the old one. */
  readonly revision: string;
  /** Written for HAProxy's Lua; see `CHAIN_SCRIPT`. */
  readonly chainScript: string;
  /** What an HTTPS listener is served with, or why it cannot be; undefined for HTTP. */
  readonly tls: (listenerArn: string) => TlsFiles | { readonly missing: string } | undefined;
}

export interface Config {
  readonly text: string;
  /** The same for two configurations that differ in their servers' addresses and states only. */
  readonly structure: string;
  readonly gaps: readonly string[];
  /** The listeners it serves. */
  readonly frontends: readonly Frontend[];
}

export function renderConfig(routing: RoutingState, places: ConfigPlaces): Config {
  const gaps: string[] = [];
  const ids = new Map(routing.pools.map((pool) => [pool.group.arn, pool.id]));
  const served: Frontend[] = [];
  const frontends = routing.frontends.flatMap((frontend) => {
    const tls = places.tls(frontend.listener.arn);
    if (tls && 'missing' in tls) {
      gaps.push(`listener ${frontend.listener.arn} is not served: ${tls.missing}`);
      return [];
    }
    const behind = ruleLines(frontend, places.realm, (arn) => ids.get(arn));
    gaps.push(...behind.gaps);
    served.push(frontend);
    return [...frontendLines(frontend, places.realm, tls), ...behind.lines];
  });
  const render = (revision: string, live: boolean): string =>
    `${[
      ...globalLines(places, revision, served),
      ...frontends,
      ...nobodyLines(places.realm),
      ...plainLines(places.realm),
      ...routing.pools.flatMap((pool) => poolLines(pool, places, live)),
    ]
      .map(indent)
      .join('\n')}\n`;
  return { text: render(places.revision, true), structure: render('any', false), gaps, frontends: served };
}

function indent(line: string): string {
  return /^(?:global|defaults|frontend|backend)\b/.test(line) ? `\n${line}` : `  ${line}`;
}

function globalLines(places: ConfigPlaces, revision: string, frontends: readonly Frontend[]): readonly string[] {
  return [
    'global',
    `description ${word(revision)}`,
    'nbthread 1',
    'maxconn 4096',
    // Without this two sandboxes that wrongly share an address would share its connections unnoticed.
    'noreuseport',
    'no strict-limits',
    'hard-stop-after 5m',
    // Sessions are resumed by tickets alone: they can be withheld from listeners with mutual TLS, a cache cannot.
    'tune.ssl.cachesize 0',
    // A whole request header of 64 KB and what is added to it; what is over AWS's limits is refused in `header-limits.ts`.
    'tune.bufsize 98304',
    'tune.maxrewrite 16384',
    'tune.http.maxhdr 4096',
    'tune.ssl.default-dh-param 2048',
    ...(frontends.some(({ listener, open }) => open && needsChainScript(listener)) ? [`lua-load ${word(places.chainScript)}`] : []),
    `stats socket ${word(places.adminSocket)} mode 600 level admin expose-fd listeners`,
    'defaults',
    'mode http',
    // A target that refuses is a 502 at once; the load balancer tries no other.
    'retries 0',
    // On a reload, kept connections end with the answer to their next request instead of under the client's hands.
    'option idle-close-on-response',
    `timeout connect ${CONNECT_TIMEOUT_MS}ms`,
    'timeout client 60s',
    'timeout server 60s',
    'timeout tunnel 4000s',
    ...[400, 408, 500, 502, 503, 504].map((status) => `http-error ${errorReturn(status)}`),
  ];
}

/** Answers for target groups that have nobody who could; reached as a backend of its own and as the last resort of every other. */
function nobodyLines(realm: string): readonly string[] {
  const answer = `http-request return ${errorReturn(503)} hdr ${OWN_ANSWER} 1`;
  return ['frontend nobody_listens', `bind ${nobody(realm)}`, answer, 'backend nobody', `http-request return ${errorReturn(503)}`];
}

/** Plain HTTP on an HTTPS port. */
function plainLines(realm: string): readonly string[] {
  const socket = `abns@${realm}-plain`;
  return [
    'frontend plain_listens',
    `bind ${socket}`,
    `http-request return ${plainOnHttpsReturn()}`,
    'backend plain',
    'mode tcp',
    `server plain ${socket}`,
  ];
}

function nobody(realm: string): string {
  return `abns@${realm}-nobody`;
}

function poolLines(pool: Pool, places: ConfigPlaces, live: boolean): readonly string[] {
  const { group } = pool;
  const seconds = idleSeconds(pool);
  const secure = group.protocol === 'HTTPS';
  const options = [
    ...(secure ? ['ssl verify none sni req.hdr(host),host_only'] : []),
    ...(group.protocolVersion === 'HTTP2' || group.protocolVersion === 'GRPC' ? [secure ? 'alpn h2' : 'proto h2'] : []),
    ...slowStart(group.attributes['slow_start.duration_seconds']),
    `pool-purge-delay ${seconds}s`,
  ];
  return [
    `backend ${pool.id}`,
    `balance ${balance(group.attributes['load_balancing.algorithm.type'])}`,
    `timeout server ${seconds}s`,
    // Connections to targets are kept and shared, as long as they may be idle; one that the target closes under a request is a 502.
    'option http-keep-alive',
    'http-reuse always',
    ...protocolMismatchLines(group),
    ...responseLimitLines(),
    // Nobody to send to is left to the backup server, so 503 can only mean that a connection failed: the load balancer's 502.
    // (Not to a test of `nbsrv`: in a process that a reload is about to end it is 0 whatever the servers do.)
    `errorfile 503 ${word(places.refusedPage)}`,
    `http-response set-var(txn.own_answer) bool(true) if { res.fhdr(${OWN_ANSWER}) -m found }`,
    `http-response del-header ${OWN_ANSWER}`,
    // Over TLS a hidden target shows as a handshake that never ends, and AWS's connection timeout is a 504.
    ...(secure
      ? ['http-request set-var(txn.began) date(0,ms)', `http-response set-var(txn.answered) bool(true)`, ...tlsTimeoutLines()]
      : []),
    ...stickinessLines(group),
    ...pool.members.map(({ name, at, ready }) => {
      const place = live ? `${at.host}:${at.port}` : '127.0.0.1:1';
      return ['server', name, place, ...options, ...(live && ready ? [] : ['disabled'])].join(' ');
    }),
    `server nobody ${nobody(places.realm)} backup`,
  ];
}

function tlsTimeoutLines(): readonly string[] {
  return [
    'http-after-response set-var(txn.took) date(0,ms),sub(txn.began)',
    `http-after-response set-status 504 if !{ var(txn.answered) -m found } { status 502 } { var(txn.took) -m int ge ${CONNECT_TIMEOUT_MS} }`,
  ];
}

function balance(algorithm: string | undefined): string {
  if (algorithm === 'least_outstanding_requests') return 'leastconn';
  if (algorithm === 'weighted_random') return 'random(1)';
  return 'roundrobin';
}

function slowStart(seconds: string | undefined): readonly string[] {
  return seconds === undefined || Number(seconds) === 0 ? [] : [`slowstart ${Number(seconds)}s`];
}
