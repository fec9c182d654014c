/**
 * What AWS asks for, US dollars, of one region on one day. Every row is from memory of the public price pages (aws.amazon.com, pages
 * elasticloadbalancing/pricing, ec2/pricing/on-demand and vpc/pricing), and was not compared with them: an estimate to plan by, no bill.
 */
export const PRICES = {
  asOf: '2025-01',
  region: 'us-east-1',
  currency: 'USD',
  /** As AWS's own calculator has it. */
  hoursAMonth: 730,
  loadBalancerHour: 0.0225,
  lcuHour: 0.008,
  /** In use or not, since February 2024. */
  publicIpv4Hour: 0.005,
  /** On demand, Linux, shared tenancy. */
  instanceHour: {
    't2.micro': 0.0116,
    't2.small': 0.023,
    't2.medium': 0.0464,
    't3.nano': 0.0052,
    't3.micro': 0.0104,
    't3.small': 0.0208,
    't3.medium': 0.0416,
    't3.large': 0.0832,
    't3.xlarge': 0.1664,
    't3.2xlarge': 0.3328,
    't3a.micro': 0.0094,
    't3a.small': 0.0188,
    't3a.medium': 0.0376,
    't4g.nano': 0.0042,
    't4g.micro': 0.0084,
    't4g.small': 0.0168,
    't4g.medium': 0.0336,
    't4g.large': 0.0672,
    'm5.large': 0.096,
    'm5.xlarge': 0.192,
    'm6g.large': 0.077,
    'm6i.large': 0.096,
    'c5.large': 0.085,
    'c6i.large': 0.085,
  },
} as const;

/**
 * What one load balancer capacity unit of an Application Load Balancer covers; the dimension that needs most is the one that is paid. Of mutual
 * TLS with new connections the page has other amounts, which are not here (elasticloadbalancing/pricing, from memory, `PRICES.asOf`).
 */
export const LCU_COVERS = {
  newConnectionsASecond: 25,
  activeConnectionsAMinute: 3000,
  /** To and from EC2 instances, containers and addresses, in both directions; of Lambda functions 0.4. */
  gigabytesAnHour: 1,
  ruleEvaluationsASecond: 1000,
  /** Of each request so many rules are processed for nothing. */
  freeRules: 10,
} as const;

/** The same in words. */
export const LCU = '25 new connections a second, 3,000 active connections a minute, 1 GB an hour, or 1,000 rule evaluations a second';
