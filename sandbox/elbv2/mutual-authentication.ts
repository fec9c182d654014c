/**
 * Client certificates of HTTPS listeners: the modes, and which other fields go with which. API reference,
 * MutualAuthenticationAttributes; what goes with which mode: hashicorp/terraform-provider-aws#35452.
 */
import type { MutualAuthenticationFacts } from '../types.ts';
import { checkArn } from './arn.ts';
import { ApiError, noTrustStore, validation } from './errors.ts';
import type { Input } from './input.ts';
import type { Call } from './operation.ts';
import { type ListenerRecord, listenersOf } from './store.ts';
import { isActive } from './trust-store.ts';
import type { XmlNode } from './xml.ts';

export const NO_MUTUAL_AUTHENTICATION: MutualAuthenticationFacts = { mode: 'off' };
const MODES = ['off', 'passthrough', 'verify'] as const;

/** Fields that only `verify` has. Words of the first: app-sre/qontract-reconcile#5142; the others follow its form. */
const VERIFY_ONLY: readonly [string, string][] = [
  ['TrustStoreArn', 'trust store'],
  ['IgnoreClientCertificateExpiry', 'ignoring client certificate expiry'],
  ['AdvertiseTrustStoreCaNames', 'advertising trust store CA names'],
];

function readVerify(config: Input, { store, server }: Call): MutualAuthenticationFacts {
  const ignoreClientCertificateExpiry = config.flag('IgnoreClientCertificateExpiry') ?? false;
  const advertiseTrustStoreCaNames = config.choice('AdvertiseTrustStoreCaNames', ['on', 'off'] as const) ?? 'off';
  config.settle();
  const named = config.text('TrustStoreArn');
  if (named === undefined || named === '') throw validation('Mutual Authentication mode verify requires a trust store');
  const trustStoreArn = checkArn('trust store', named);
  const trustStore = store.trustStores.get(trustStoreArn);
  if (trustStore === undefined) throw noTrustStore(trustStoreArn);
  if (!isActive(trustStore, server.clock.now())) throw new ApiError('TrustStoreNotReady', `Trust store '${trustStoreArn}' is not active`);
  return { mode: 'verify', trustStoreArn, ignoreClientCertificateExpiry, advertiseTrustStoreCaNames };
}

/**
 * Reads `MutualAuthentication` of a call for a listener with `protocol`. Undefined when absent: on modify that means "not
 * changed". `listener` is undefined on create.
 */
export function readMutualAuthentication(
  call: Call,
  protocol: 'HTTP' | 'HTTPS',
  loadBalancerArn: string,
  listener: ListenerRecord | undefined,
): MutualAuthenticationFacts | undefined {
  const config = call.input.nested('MutualAuthentication');
  if (config === undefined) return undefined;
  if (protocol !== 'HTTPS') throw validation('Mutual authentication can be specified only for HTTPS listeners');
  const named = config.text('Mode') ?? 'off';
  const mode = MODES.find((known) => known === named);
  if (mode === undefined) throw validation(`Mutual authentication mode '${named}' must be one of '${MODES.join(', ')}'`);
  if (config.has('TrustStoreAssociationStatus')) throw validation('The trust store association status cannot be specified');
  if (mode !== 'verify') {
    for (const [name, words] of VERIFY_ONLY)
      if (config.has(name)) throw validation(`Mutual Authentication mode ${mode} does not support ${words}`);
    return { mode };
  }
  const facts = readVerify(config, call);
  const limit = call.server.quotas.verifyingListenersPerLoadBalancer;
  const others = listenersOf(call.store, loadBalancerArn).filter(
    (other) => other !== listener && other.mutualAuthentication.mode === 'verify',
  );
  // Guide, "Quotas": listeners using mTLS in verify mode per load balancer. The code is not documented.
  if (others.length >= limit)
    throw new ApiError(
      'OperationNotPermitted',
      `You've reached the limit on the number of listeners with mutual authentication mode verify per load balancer: ${limit}`,
    );
  return facts;
}

/** As DescribeListeners answers it; undefined for HTTP listeners. */
export function describeMutualAuthentication(listener: ListenerRecord): XmlNode | undefined {
  if (listener.protocol !== 'HTTPS') return undefined;
  const { mode, trustStoreArn, ignoreClientCertificateExpiry, advertiseTrustStoreCaNames } = listener.mutualAuthentication;
  if (mode !== 'verify') return { Mode: mode };
  return {
    Mode: mode,
    TrustStoreArn: trustStoreArn,
    IgnoreClientCertificateExpiry: ignoreClientCertificateExpiry,
    TrustStoreAssociationStatus: 'active',
    AdvertiseTrustStoreCaNames: advertiseTrustStoreCaNames,
  };
}
