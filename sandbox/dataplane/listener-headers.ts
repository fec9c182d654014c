/** Headers a listener changes on every request and answer, whatever rule it follows. */

import { clientCertificateLines, headerName } from './client-certificates.ts';
import { SERVER_NAME } from './error-pages.ts';
import { literal, word } from './haproxy-config-values.ts';
import type { Frontend } from './routing-state.ts';

/** Listener attributes `routing.http.response.<key>.header_value` and the headers they set. */
const INSERTED: Readonly<Record<string, string>> = {
  strict_transport_security: 'Strict-Transport-Security',
  access_control_allow_origin: 'Access-Control-Allow-Origin',
  access_control_allow_methods: 'Access-Control-Allow-Methods',
  access_control_allow_headers: 'Access-Control-Allow-Headers',
  access_control_allow_credentials: 'Access-Control-Allow-Credentials',
  access_control_expose_headers: 'Access-Control-Expose-Headers',
  access_control_max_age: 'Access-Control-Max-Age',
  content_security_policy: 'Content-Security-Policy',
  x_content_type_options: 'X-Content-Type-Options',
  x_frame_options: 'X-Frame-Options',
};

/** Before the rules. Renamed headers may have names that `drop_invalid_header_fields` would take from a client. */
export function requestHeaderLines(frontend: Frontend): readonly string[] {
  const { attributes } = frontend.lb;
  const named = (which: 'version' | 'suite', fetch: string): string =>
    `http-request set-header ${word(headerName(frontend.listener, which))} %[${fetch}]`;
  const tls = frontend.listener.protocol === 'HTTPS' && attributes['routing.http.x_amzn_tls_version_and_cipher_suite.enabled'] === 'true';
  return [
    // A valid name is letters, digits and hyphens (API reference, LoadBalancerAttribute).
    ...(attributes['routing.http.drop_invalid_header_fields.enabled'] === 'true'
      ? [`http-request del-header ${word('[^A-Za-z0-9-]')} -m reg`]
      : []),
    ...clientCertificateLines(frontend.listener),
    ...(tls ? [named('version', 'ssl_fc_protocol'), named('suite', 'ssl_fc_cipher')] : []),
  ];
}

/** On everything the listener answers, the load balancer's own answers too; what the target says under these names is replaced. */
export function responseHeaderLines(frontend: Frontend): readonly string[] {
  const { attributes } = frontend.listener;
  const inserted = Object.entries(INSERTED).flatMap(([key, header]) => {
    const value = attributes[`routing.http.response.${key}.header_value`] ?? '';
    return value === '' ? [] : [`http-after-response set-header ${header} ${word(literal(value))}`];
  });
  const nameless = attributes['routing.http.response.server.enabled'] === 'false';
  return [...inserted, ...(nameless ? [`http-after-response del-header Server if { res.hdr(server) -m str ${SERVER_NAME} }`] : [])];
}

/** What the load balancer tells targets about the client (Application Load Balancers guide, "HTTP headers"); after the rules. */
export function forwardedLines(frontend: Frontend, unlessRewritten: string): readonly string[] {
  const { listener, lb } = frontend;
  const on = (attribute: string): boolean => lb.attributes[attribute] === 'true';
  const client = on('routing.http.xff_client_port.enabled') ? '%[src]:%[src_port]' : '%[src]';
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
    ...(on('routing.http.preserve_host_header.enabled')
      ? []
      : [`http-request set-header Host ${host} if { req.hdr(host) -m found } !${unlessRewritten}`]),
    // Application Load Balancers guide, "Request tracing": Root is made once, every load balancer on the way adds its Self.
    'http-request set-var-fmt(txn.seconds) %{+X}Ts',
    'http-request set-var(txn.unique) uuid,regsub(-,,g),bytes(8,24)',
    `http-request set-header X-Amzn-Trace-Id ${word(`${root.replace('Root', 'Self')};%[req.fhdr(x-amzn-trace-id)]`)} if { req.fhdr(x-amzn-trace-id) -m sub Root= }`,
    `http-request set-header X-Amzn-Trace-Id ${root} unless { req.fhdr(x-amzn-trace-id) -m sub Root= }`,
    ...(listener.protocol === 'HTTPS' ? ['http-request set-var(txn.secure) bool(true)'] : []),
  ];
}
