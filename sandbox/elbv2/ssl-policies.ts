/**
 * Security policies of Application Load Balancers and DescribeSSLPolicies. Source: Application Load Balancers guide,
 * "Security policies" (protocols and ciphers by policy). Written as cipher families, since the policies of one family differ
 * in their key exchange only (PQ: hybrid post-quantum, not visible in protocols and ciphers).
 */
import { ApiError, validation } from './errors.ts';
import type { Operations } from './operation.ts';
import { LARGEST_PAGE, pageOf } from './pages.ts';

/** What a listener gets when the API call names none. */
export const DEFAULT_SSL_POLICY = 'ELBSecurityPolicy-2016-08';

const TLS13 = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'];
const TLS13_FIPS = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384'];
const pair = (suffix: string): string[] => [`ECDHE-ECDSA-${suffix}`, `ECDHE-RSA-${suffix}`];
const GCM = [...pair('AES128-GCM-SHA256'), ...pair('AES256-GCM-SHA384')];
const FORWARD = [...pair('AES128-GCM-SHA256'), ...pair('AES128-SHA256'), ...pair('AES256-GCM-SHA384'), ...pair('AES256-SHA384')];
const FORWARD_SHA1 = [
  ...pair('AES128-GCM-SHA256'),
  ...pair('AES128-SHA256'),
  ...pair('AES128-SHA'),
  ...pair('AES256-GCM-SHA384'),
  ...pair('AES256-SHA384'),
  ...pair('AES256-SHA'),
];
const RSA = ['AES128-GCM-SHA256', 'AES128-SHA256', 'AES256-GCM-SHA384', 'AES256-SHA256'];
const RSA_SHA1 = ['AES128-GCM-SHA256', 'AES128-SHA256', 'AES128-SHA', 'AES256-GCM-SHA384', 'AES256-SHA256', 'AES256-SHA'];

const V13 = ['TLSv1.3'];
const V12_13 = ['TLSv1.2', 'TLSv1.3'];
const V12 = ['TLSv1.2'];
const V11 = ['TLSv1.1', 'TLSv1.2'];
const V10 = ['TLSv1', 'TLSv1.1', 'TLSv1.2'];

export interface SslPolicy {
  readonly protocols: readonly string[];
  readonly ciphers: readonly string[];
}

const policies = new Map<string, SslPolicy>();
/** One policy under several names. */
function add(names: readonly string[], protocols: readonly string[], ...ciphers: readonly (readonly string[])[]): void {
  for (const name of names) policies.set(`ELBSecurityPolicy-${name}`, { protocols, ciphers: ciphers.flat() });
}
// 2015-05 is 2016-08 under an older name; TLS-1-0-2015-04 has 3DES besides (example of `aws elbv2 describe-ssl-policies`).
add(['2016-08', '2015-05'], V10, FORWARD_SHA1, RSA_SHA1);
add(['TLS-1-0-2015-04'], V10, FORWARD_SHA1, RSA_SHA1, ['DES-CBC3-SHA']);
add(['TLS13-1-3-2021-06', 'TLS13-1-3-PQ-2025-09'], V13, TLS13);
add(['TLS13-1-2-Res-2021-06', 'TLS13-1-2-Res-PQ-2025-09'], V12_13, TLS13, GCM);
add(['TLS13-1-2-2021-06', 'TLS13-1-2-PQ-2025-09'], V12_13, TLS13, FORWARD);
add(['TLS13-1-2-Ext1-2021-06', 'TLS13-1-2-Ext1-PQ-2025-09'], V12_13, TLS13, FORWARD, RSA);
add(['TLS13-1-2-Ext2-2021-06', 'TLS13-1-2-Ext2-PQ-2025-09'], V12_13, TLS13, FORWARD_SHA1, RSA_SHA1);
add(['TLS13-1-1-2021-06'], ['TLSv1.1', ...V12_13], TLS13, FORWARD_SHA1, RSA_SHA1);
add(['TLS13-1-0-2021-06', 'TLS13-1-0-PQ-2025-09'], ['TLSv1', 'TLSv1.1', ...V12_13], TLS13, FORWARD_SHA1, RSA_SHA1);
add(['TLS13-1-3-FIPS-2023-04', 'TLS13-1-3-FIPS-PQ-2025-09'], V13, TLS13_FIPS);
add(['TLS13-1-2-Res-FIPS-2023-04', 'TLS13-1-2-Res-FIPS-PQ-2025-09'], V12_13, TLS13_FIPS, GCM);
add(['TLS13-1-2-FIPS-2023-04', 'TLS13-1-2-FIPS-PQ-2025-09'], V12_13, TLS13_FIPS, FORWARD);
add(['TLS13-1-2-Ext0-FIPS-2023-04', 'TLS13-1-2-Ext0-FIPS-PQ-2025-09'], V12_13, TLS13_FIPS, FORWARD_SHA1);
add(['TLS13-1-2-Ext1-FIPS-2023-04', 'TLS13-1-2-Ext1-FIPS-PQ-2025-09'], V12_13, TLS13_FIPS, FORWARD, RSA);
add(['TLS13-1-2-Ext2-FIPS-2023-04', 'TLS13-1-2-Ext2-FIPS-PQ-2025-09'], V12_13, TLS13_FIPS, FORWARD_SHA1, RSA_SHA1);
add(['TLS13-1-1-FIPS-2023-04'], ['TLSv1.1', ...V12_13], TLS13_FIPS, FORWARD_SHA1, RSA_SHA1);
add(['TLS13-1-0-FIPS-2023-04'], ['TLSv1', 'TLSv1.1', ...V12_13], TLS13_FIPS, FORWARD_SHA1, RSA_SHA1);
add(['TLS-1-2-2017-01'], V12, FORWARD, RSA);
add(['TLS-1-2-Ext-2018-06'], V12, FORWARD_SHA1, RSA_SHA1);
add(['TLS-1-1-2017-01'], V11, FORWARD_SHA1, RSA_SHA1);
add(['FS-1-2-Res-2020-10'], V12, GCM);
add(['FS-1-2-Res-2019-08'], V12, FORWARD);
add(['FS-1-2-2019-08'], V12, FORWARD_SHA1);
add(['FS-1-1-2019-08'], V11, FORWARD_SHA1);
add(['FS-2018-06'], V10, FORWARD_SHA1);

/** The policy's name when it exists, else SSLPolicyNotFound. */
export function checkSslPolicy(name: string): string {
  if (!policies.has(name)) throw new ApiError('SSLPolicyNotFound', `SSL policy '${name}' not found`);
  return name;
}

export const sslPolicyOperations: Operations = {
  DescribeSSLPolicies: {
    params: ['Names', 'LoadBalancerType', 'Marker', 'PageSize'],
    writes: false,
    run: ({ input, server }) => {
      const type = input.choice('LoadBalancerType', ['application', 'network', 'gateway'] as const);
      input.settle();
      if (type === 'gateway') throw validation("SSL policies do not exist for load balancers with type 'gateway'");
      const names = input.texts('Names') ?? [];
      for (const name of names) checkSslPolicy(name);
      const chosen = names.length === 0 ? [...policies] : [...policies].filter(([name]) => names.includes(name));
      const page = pageOf(chosen, (_, index) => index, { input, server }, names.length === 0 ? server.pageSize : LARGEST_PAGE);
      return {
        SslPolicies: page.items.map(([Name, policy]) => ({
          SslProtocols: policy.protocols,
          Ciphers: policy.ciphers.map((cipher, index) => ({ Name: cipher, Priority: index + 1 })),
          Name,
          SupportedLoadBalancerTypes: ['application', 'network'],
        })),
        NextMarker: page.nextMarker,
      };
    },
  },
};
