/** Names of the warnings, as `lint.silence` takes them, each with what it warns of. */
export const LINTS = {
  'sticky-single-target': 'Stickiness has no effect with a single target.',
  'health-check-closed': "No rule of the targets' security groups lets the health check in.",
  'plain-http': 'An HTTP listener serves requests in clear instead of redirecting to HTTPS.',
  'weak-tls': 'The security policy allows TLS 1.0 or 1.1.',
  'long-drain': 'Targets drain longer than five minutes: every deploy waits that long.',
  'single-zone': 'All targets are in one Availability Zone: its failure takes everything down.',
  'short-certificate': 'The certificate lasts less than 30 days.',
  'unreachable-rule': 'A rule that is asked before it takes all of its requests.',
  'equal-conditions': 'Two rules ask for the same: the later one never applies.',
  'redirect-to-nowhere': 'A redirect to the same host leads to a port where no listener speaks its protocol.',
  'redirect-loop': 'The address that a redirect leads to is redirected again.',
  'path-without-slash': 'A path pattern that no path can match, since every path begins with a slash.',
  'listener-closed': 'No security group of the load balancer lets clients in on the port of a listener.',
  'target-zone-disabled': 'A target is in an Availability Zone where the load balancer has no subnet: it gets no requests.',
  'ending-certificate': 'A live certificate of the stack ends within 30 days.',
} as const;

export type LintName = keyof typeof LINTS;
