/**
 * Mutual TLS of a listener in HAProxy's words (Application Load Balancers guide, "Mutual authentication with TLS"). With
 * `verify` a client without a certificate of the trust store's authorities, or with one that is revoked, gets no connection;
 * with `passthrough` whatever certificate it has is handed to the target. Neither resumes sessions.
 */
import type { ListenerFacts } from '../types.ts';
import { argument, word } from './haproxy-config-values.ts';
import type { TlsFiles } from './tls-files.ts';

/** OpenSSL's verification results (x509_vfy.h) that are passed over. */
const NO_REVOCATION_LIST = 3;
const EXPIRED = 10;

const NAMES = {
  serial: ['x_amzn_mtls_clientcert_serial_number', 'X-Amzn-Mtls-Clientcert-Serial-Number'],
  issuer: ['x_amzn_mtls_clientcert_issuer', 'X-Amzn-Mtls-Clientcert-Issuer'],
  subject: ['x_amzn_mtls_clientcert_subject', 'X-Amzn-Mtls-Clientcert-Subject'],
  validity: ['x_amzn_mtls_clientcert_validity', 'X-Amzn-Mtls-Clientcert-Validity'],
  leaf: ['x_amzn_mtls_clientcert_leaf', 'X-Amzn-Mtls-Clientcert-Leaf'],
  chain: ['x_amzn_mtls_clientcert', 'X-Amzn-Mtls-Clientcert'],
  version: ['x_amzn_tls_version', 'X-Amzn-Tls-Version'],
  suite: ['x_amzn_tls_cipher_suite', 'X-Amzn-Tls-Cipher-Suite'],
} as const;

function modeOf(listener: ListenerFacts): 'off' | 'passthrough' | 'verify' {
  return listener.protocol === 'HTTPS' ? (listener.mutualAuthentication?.mode ?? 'off') : 'off';
}

/** The name a request header has on this listener, its own unless it was renamed. */
export function headerName(listener: ListenerFacts, which: keyof typeof NAMES): string {
  const [key, name] = NAMES[which];
  return listener.attributes[`routing.http.request.${key}.header_name`] || name;
}

/** Words for the `bind` line. */
export function clientCertificateWords(listener: ListenerFacts, files: TlsFiles): readonly string[] {
  const mode = modeOf(listener);
  const { trust } = files;
  if (mode === 'off' || trust === undefined) return [];
  const bundle = `ca-file ${word(trust.bundle.path)}`;
  if (mode === 'passthrough') return ['verify optional', bundle, 'no-ca-names ca-ignore-err all crt-ignore-err all no-tls-tickets'];
  const settings = listener.mutualAuthentication;
  // HAProxy wants a revocation list of every authority as soon as it has one; AWS looks into those there are.
  const always = trust.revocations ? [NO_REVOCATION_LIST] : [];
  const leaf = settings?.ignoreClientCertificateExpiry ? [...always, EXPIRED] : always;
  return [
    'verify required',
    bundle,
    ...(trust.revocations ? [`crl-file ${word(trust.revocations.path)}`] : []),
    ...(settings?.advertiseTrustStoreCaNames === 'on' ? [] : ['no-ca-names']),
    ...(always.length > 0 ? [`ca-ignore-err ${always.join(',')}`] : []),
    ...(leaf.length > 0 ? [`crt-ignore-err ${leaf.join(',')}`] : []),
    'no-tls-tickets',
  ];
}

/** Lines that tell targets about the client's certificate. What clients send under these names themselves is taken away first. */
export function clientCertificateLines(listener: ListenerFacts): readonly string[] {
  const mode = modeOf(listener);
  if (mode === 'off') return [];
  const taken = (['serial', 'issuer', 'subject', 'validity', 'leaf', 'chain'] as const).map(
    (which) => `http-request del-header ${word(headerName(listener, which))}`,
  );
  if (mode === 'passthrough')
    return [...taken, `http-request lua.${CHAIN_ACTION} ${word(headerName(listener, 'chain'))} if { ssl_fc_has_crt }`];
  const set = (which: keyof typeof NAMES, value: string): string =>
    `http-request set-header ${word(headerName(listener, which))} ${word(value)}`;
  const time = `regsub(${argument('^(..)(..)(..)(..)(..)(..)Z$')},${argument('20\\1-\\2-\\3T\\4:\\5:\\6Z')})`;
  return [
    ...taken,
    set('serial', '%[ssl_c_serial,hex]'),
    set('issuer', '%[ssl_c_i_dn(,0,rfc2253)]'),
    set('subject', '%[ssl_c_s_dn(,0,rfc2253)]'),
    `http-request set-var(txn.not_before) ${word(`ssl_c_notbefore,${time}`)}`,
    `http-request set-var(txn.not_after) ${word(`ssl_c_notafter,${time}`)}`,
    set('validity', 'NotBefore=%[var(txn.not_before)];NotAfter=%[var(txn.not_after)]'),
    // PEM, URL-encoded but for + = /: of all it is made of, that leaves the spaces and the ends of lines.
    `http-request set-var(txn.leaf) ${word(`ssl_c_der,base64,regsub(${argument('(.{64})(?=.)')},${argument('\\1%0A')},g)`)}`,
    set('leaf', '-----BEGIN%%20CERTIFICATE-----%%0A%[var(txn.leaf)]%%0A-----END%%20CERTIFICATE-----%%0A'),
  ];
}

const CHAIN_ACTION = 'client_certificate_chain';

/** True when the configuration needs `CHAIN_SCRIPT`, and so an HAProxy built with Lua. */
export function needsChainScript(listener: ListenerFacts): boolean {
  return modeOf(listener) === 'passthrough';
}

/** Sets a header to the client's certificates, leaf first, as URL-encoded PEM. HAProxy has them as DER, one after the other. */
export const CHAIN_SCRIPT = `
local function length_of(der, at)
  local first = der:byte(at + 1)
  if first < 128 then return 2 + first end
  local size = 0
  for i = 1, first - 128 do size = size * 256 + der:byte(at + 1 + i) end
  return 2 + first - 128 + size
end

local function pem(txn, der)
  local lines = {}
  local text = txn.c:base64(der)
  for i = 1, #text, 64 do lines[#lines + 1] = text:sub(i, i + 63) .. '%0A' end
  return '-----BEGIN%20CERTIFICATE-----%0A' .. table.concat(lines) .. '-----END%20CERTIFICATE-----%0A'
end

core.register_action('${CHAIN_ACTION}', { 'http-req' }, function(txn, name)
  local leaf = txn.f:ssl_c_der()
  if not leaf or leaf == '' then return end
  local out = pem(txn, leaf)
  local chain = txn.f:ssl_c_chain_der() or ''
  local at = 1
  while at < #chain do
    local length = length_of(chain, at)
    local der = chain:sub(at, at + length - 1)
    if der ~= leaf then out = out .. pem(txn, der) end
    at = at + length
  end
  txn.http:req_set_header(name, out)
end, 1)
`;
