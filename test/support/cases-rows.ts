/** What is right for each of the inputs of `../shared/cases`, in a row of its own. */

import { brokenCertificates, twoRegions } from './cases-files.ts';
import {
  back,
  conditionsImported,
  emptied,
  listenersOfOthers,
  longValue,
  type Meddle,
  openedByHand,
  redirectImported,
  reroutedByHand,
  ruleOfOthers,
  ruleToGreen,
  tokensImported,
} from './cases-meddled.ts';

export interface Row {
  /** Applied before, one after the other. */
  readonly after?: readonly string[];
  /** Done by hand before. */
  readonly before?: Meddle;
  /** Instead of the text as it stands. */
  readonly change?: (text: string) => string;
  /** `validate` and `apply` say so (exit 1), and nothing is called. */
  readonly invalid?: RegExp;
  /** `validate` takes it; `apply` says so before anything is written (exit 1). */
  readonly refused?: RegExp;
  /** The consent without which `apply` changes nothing (exit 4), and what `plan` says of it. */
  readonly consent?: readonly [string, RegExp];
  /** No consent helps: what `plan` says of it (exit 4). */
  readonly denied?: RegExp;
  /** What `plan` shows, and what it must not. */
  readonly shows?: readonly RegExp[];
  readonly not?: RegExp;
  /** `plan` finds nothing to do. */
  readonly same?: true;
  /** Once it is applied, and the plan is empty. */
  readonly then?: Meddle;
  /** No spec: all of it is done here. */
  readonly alone?: Meddle;
  /** The row, or the test file, that runs it. */
  readonly heldBy?: string;
}

const CLOSED_80 = /clients of port 80 are refused/;
const BOTH_FAMILIES = /from: 0\.0\.0\.0\/0 \}, \{ port: 80, from: ::\/0/;
const NO_POLICY = /There is no security policy `ELBSecurityPolicy-TLS99`/;
const NO_HTTP2 = /HTTP listener cannot forward to it/;
const PUBLIC = /neither in the VPC .* nor a private address/;
/** A group that nothing leads to any more is kept for its deregistration delay: by default five minutes. */
const quick = (text: string): string => text.replace('blue: { port: 80', 'blue: { port: 80, deregistrationDelay: 1s');

export const ROWS: Readonly<Record<string, Row>> = {
  'auth-http0.yaml': { heldBy: 'auth-http.yaml' },
  'auth-http.yaml': { after: ['auth-http0.yaml'], shows: [/- +rule +web\.q/, /\+ +rule +web\.r/] },
  'auth-https.yaml': {
    after: ['auth-http.yaml'],
    consent: ['--allow-drop listener/web', CLOSED_80],
    shows: [/authenticateOidc: – → \{ issuer/],
    not: /hush|of it\)/,
    then: back('auth-http.yaml'),
  },
  'auth-https1.yaml': { after: ['auth-http0.yaml'], consent: ['--allow-drop listener/web', CLOSED_80] },
  'client-minimal-target-group.tf': { heldBy: 'terraform.test.ts' },
  'client-wide.tf': { heldBy: 'terraform.test.ts' },
  'cut-v1.yaml': { heldBy: 'cut-v2.yaml' },
  'cut-v2.yaml': {
    after: ['cut-v1.yaml'],
    shows: [/forward\.targetGroups\[third\]\.weight: 0 → 900/, /- \{ ip: 10\.0\.1\.26/, /\+ \{ ip: 10\.0\.1\.99/],
    not: /10\.0\.1\.21/,
  },
  'dual-v1.yaml': { heldBy: 'dual-v2.yaml' },
  'dual-v2.yaml': { after: ['dual-v1.yaml'], shows: [/ipAddressType +ipv4 → dualstack/], then: back('dual-v1.yaml') },
  'dualstack.yaml': { shows: [BOTH_FAMILIES] },
  'empty-v1.yaml': { heldBy: 'empty-v2.yaml' },
  // Targets that are left out are left alone.
  'empty-v2.yaml': { after: ['empty-v1.yaml'], same: true },
  'h2-d1.yaml': { heldBy: 'h2-d2.yaml' },
  'h2-d2.yaml': { after: ['h2-d1.yaml'], shows: [/ipAddressType +ipv4 → ipv6/], then: back('h2-d1.yaml') },
  'h2-v1.yaml': { heldBy: 'h2-v2.yaml' },
  'h2-v2.yaml': {
    after: ['h2-v1.yaml'],
    change: quick,
    consent: ['--allow-drop listener/web', CLOSED_80],
    shows: [/protocolVersion +HTTP1 → HTTP2/],
  },
  'internal-dualstack.yaml': { shows: [/scheme +internal/, BOTH_FAMILIES] },
  'ipv6-ingress.yaml': { shows: [/from: ::\/0/] },
  'late-http2.yaml': { invalid: NO_HTTP2 },
  // An internal load balancer may be dualstack.
  'late-internaldual.yaml': {},
  'late-ipv6.yaml': { invalid: /cannot reach IPv6 targets/ },
  'late-outnoall.yaml': { refused: /outside the VPC .* and has no zone/ },
  'late-public.yaml': { refused: PUBLIC },
  'late-publicall.yaml': { refused: PUBLIC },
  'late-v6inv4.yaml': { invalid: /is an address of IPv6, but the group has IPv4/ },
  'mtls-j1.yaml': { invalid: /cannot contain a space/ },
  'mtls-o1.yaml': { not: /hush/ },
  'mtls-o2.yaml': { after: ['mtls-o1.yaml'], shows: [/clientId: client-1 → client-2/, /secret written again/] },
  'mtls-o3.yaml': { after: ['mtls-o1.yaml'], shows: [/onUnauthenticated: – → allow/], not: /secret changed/ },
  'mtls-v1.yaml': { heldBy: 'mtls-v2.yaml' },
  'mtls-v2.yaml': {
    after: ['mtls-v1.yaml'],
    consent: ['--allow-drop listener/https', /clients without an accepted certificate are refused/],
    then: back('mtls-v1.yaml'),
  },
  'one-subnet.yaml': { refused: /one zone|Outpost/ },
  'own.yaml': { then: openedByHand },
  'pool-v1.yaml': { heldBy: 'pool-v2.yaml' },
  'pool-v2.yaml': {
    after: ['pool-v1.yaml'],
    consent: ['--allow-drop loadBalancer/main', /public IPv4 addresses are cut off/],
    then: back('pool-v1.yaml'),
  },
  'prio-v1.yaml': { heldBy: 'prio-v2.yaml' },
  'prio-v2.yaml': {
    after: ['prio-v1.yaml'],
    before: ruleOfOthers,
    refused: /Priority 7 is used by a rule that does not belong to this stack/,
  },
  'r02-certificate-files.sh': { alone: brokenCertificates },
  'r07-dualstack.yaml': { shows: [BOTH_FAMILIES] },
  'r08-ipv6-source.yaml': { shows: [BOTH_FAMILIES] },
  'r10-and.py': { alone: conditionsImported },
  'r11-no-target-group.yaml': { then: redirectImported },
  'r12-empty-group.yaml': { then: emptied },
  'r14-foreign-destroy.py': { heldBy: 'r14-foreign.yaml' },
  'r14-foreign.yaml': { then: listenersOfOthers },
  'r15-long-value.yaml': { then: longValue },
  'r16-two-regions': { alone: twoRegions },
  'r19-load.yaml': { heldBy: 'cases-load.test.ts' },
  'r19-thresholds.ts': { heldBy: 'cases-load.test.ts' },
  'r22-plain.js': { heldBy: 'cases-load.test.ts' },
  'r25-session-cookie.yaml': { invalid: /`sessionCookieName` must be a cookie name/ },
  'r26-jwt-import.yaml': { then: tokensImported },
  'r27-ssl-policy.yaml': { refused: /Did you mean `ELBSecurityPolicy-TLS13-1-2-2021-06`/ },
  'r40-grpc-http.yaml': { invalid: NO_HTTP2 },
  'redirect-only.yaml': {},
  'ssl-create.yaml': { refused: NO_POLICY },
  'ssl-v1.yaml': { heldBy: 'ssl-v2.yaml' },
  'ssl-v2.yaml': { after: ['ssl-v1.yaml'], refused: NO_POLICY },
  'sticky-without-cross-zone.yaml': { invalid: /Stickiness cannot be used with `crossZone: "false"`/ },
  'sub.yaml': { then: reroutedByHand },
  'swap-v1.yaml': { heldBy: 'swap-v2.yaml' },
  'swap-v2.yaml': { after: ['swap-v1.yaml'], shows: [/- subnet-/, /\+ subnet-/] },
  // The same subnet under another name.
  'swap-v3.yaml': { after: ['swap-v1.yaml', 'swap-v2.yaml'], same: true },
  'target-zone.yaml': { shows: [/availabilityZone: us-east-1a/] },
  'tg19-v1.yaml': { heldBy: 'tg19-v2.yaml' },
  'tg19-v2.yaml': { after: ['tg19-v1.yaml'], before: ruleToGreen, denied: /rule .*9|in use/ },
  'toempty-v1.yaml': { heldBy: 'toempty-v2.yaml' },
  'toempty-v2.yaml': { after: ['toempty-v1.yaml'], consent: ['--allow-drop listener/http', /target group green has no targets/] },
};
