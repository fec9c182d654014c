/**
 * What a security policy means on the wire. The families follow from the policy's name (Application Load Balancers guide,
 * "Security policies"): TLS13 adds TLS 1.3, the number is the oldest version, Res keeps only forward-secret AEAD ciphers, FS
 * and a TLS13 policy without Ext drop the RSA key exchange, Ext keeps some of it. Post-quantum key exchange needs OpenSSL 3.5
 * and is left out: PQ policies behave as their classical namesakes.
 */

export interface TlsTerms {
  readonly oldest: string;
  readonly newest: string;
  /** OpenSSL cipher list for TLS 1.2 and older, best first. */
  readonly ciphers: string;
}

export const DEFAULT_POLICY = 'ELBSecurityPolicy-2016-08';

const GCM = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
];
const CBC_SHA2 = ['ECDHE-ECDSA-AES128-SHA256', 'ECDHE-RSA-AES128-SHA256', 'ECDHE-ECDSA-AES256-SHA384', 'ECDHE-RSA-AES256-SHA384'];
const CBC_SHA1 = ['ECDHE-ECDSA-AES128-SHA', 'ECDHE-RSA-AES128-SHA', 'ECDHE-RSA-AES256-SHA', 'ECDHE-ECDSA-AES256-SHA'];
const RSA_SHA2 = ['AES128-GCM-SHA256', 'AES128-SHA256', 'AES256-GCM-SHA384', 'AES256-SHA256'];
const RSA_SHA1 = ['AES128-SHA', 'AES256-SHA'];

/** Undefined for a name that is no ELB security policy. */
export function tlsTerms(policy: string): TlsTerms | undefined {
  if (!policy.startsWith('ELBSecurityPolicy-')) return undefined;
  const name = policy.slice('ELBSecurityPolicy-'.length);
  const version = /^(?:TLS13|TLS|FS)-1-([0-3])(?=-|$)/.exec(name)?.[1];
  const modern = name.startsWith('TLS13-');
  // FS-1-2-Res-2019-08 only lacks SHA-1; every later Res policy keeps GCM alone.
  const restricted = /-Res-/.test(name) && !name.endsWith('2019-08');
  const noSha1 = /-Res-/.test(name);
  const extended = /-Ext([0-2]?)-/.exec(name);
  const oldest = version ?? '0';
  const ciphers = [...GCM];
  if (!restricted) ciphers.push(...CBC_SHA2);
  // Ext1 of the TLS13 family adds RSA key exchange with SHA-2 only; Ext0 forward-secret SHA-1; Ext, Ext2 and the policies from TLS 1.0 and 1.1 add all.
  const everything = oldest < '2' || (extended !== null && extended[1] !== '1' && extended[1] !== '0');
  const forwardSecret = name.startsWith('FS-');
  if (!noSha1 && (everything || forwardSecret || extended?.[1] === '0')) ciphers.push(...CBC_SHA1);
  if (!restricted && !forwardSecret && (everything || extended?.[1] === '1' || (!modern && !extended))) ciphers.push(...RSA_SHA2);
  if (!restricted && !forwardSecret && everything) ciphers.push(...RSA_SHA1);
  if (name === 'TLS-1-0-2015-04') ciphers.push('DES-CBC3-SHA');
  return { oldest: `TLSv1.${oldest}`, newest: modern ? 'TLSv1.3' : 'TLSv1.2', ciphers: ciphers.join(':') };
}
