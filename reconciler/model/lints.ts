/** Names of the warnings, as `lint.silence` takes them, each with what it warns of. */
export const LINTS = {
  'sticky-single-target': 'Stickiness has no effect with a single target.',
  'health-check-closed': 'No security group rule of the targets allows the health check.',
  'plain-http': 'An HTTP listener serves requests without encryption instead of redirecting to HTTPS.',
  'weak-tls': 'The security policy allows TLS 1.0 or 1.1.',
  'long-drain': 'Targets drain longer than five minutes: every deployment waits that long.',
  'single-zone': 'All targets are in one Availability Zone: if it fails, the service is down.',
  'short-certificate': 'The certificate lasts less than 30 days.',
  'unreachable-rule': 'An earlier rule matches all requests of this rule, so it never applies.',
  'equal-conditions': 'Two rules have the same conditions: the later one never applies.',
  'redirect-to-nowhere': 'A redirect to the same host points to a port without a listener of its protocol.',
  'redirect-loop': 'A redirect points to an address that is redirected again.',
  'path-without-slash': 'A path pattern does not begin with a slash, so no path matches it.',
  'listener-closed': 'No security group of the load balancer allows clients on the port of a listener.',
  'target-zone-disabled': 'A target is in an Availability Zone where the load balancer has no subnet: it gets no requests.',
  'no-target-left': 'An experiment would leave no target in service, or finds none: nothing is broken, and the load test is inconclusive.',
  'objective-without-experiment': 'An objective is measured while something is broken, and the spec breaks nothing.',
  'short-load': 'The load may end before all of several experiments have run: the later ones are then not reached.',
  'ending-certificate': 'A certificate of the stack expires within 30 days.',
} as const;

export type LintName = keyof typeof LINTS;
