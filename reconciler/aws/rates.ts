/**
 * What an account may ask of AWS in a region: token buckets, each so many calls deep and refilled so many a second. From "Request
 * throttling" in the ELB and EC2 API guides (November 2026), IAM quotas (STS), the Systems Manager quotas. A call takes a token of every
 * bucket that its row names; a bucket is shared with everybody in the account, consoles and controllers too.
 */
export interface Bucket {
  readonly depth: number;
  /** Tokens a second. */
  readonly refill: number;
  /** For people. */
  readonly label: string;
}

export const BUCKETS = {
  elbv2: { depth: 40, refill: 10, label: 'all calls of Elastic Load Balancing' },
  'elbv2 reads': { depth: 40, refill: 10, label: 'reads of Elastic Load Balancing' },
  'elbv2 writes': { depth: 20, refill: 3, label: 'writes of Elastic Load Balancing' },
  'elbv2 targets': { depth: 20, refill: 4, label: 'registration of targets' },
  'elbv2 balancers': { depth: 10, refill: 0.2, label: 'CreateLoadBalancer and SetSubnets' },
  'elbv2 trust stores': { depth: 40, refill: 10, label: 'reads of trust stores' },
  'elbv2 CreateTrustStore': { depth: 10, refill: 0.2, label: 'CreateTrustStore' },
  'elbv2 trust store writes': { depth: 10, refill: 0.2, label: 'writes of trust stores' },
  'ec2 writes': { depth: 50, refill: 5, label: 'writes of EC2' },
  'ec2 ingress': { depth: 50, refill: 5, label: 'changes of security group rules' },
  'ec2 tags': { depth: 100, refill: 10, label: 'CreateTags and DeleteTags' },
  'ec2 RunInstances': { depth: 5, refill: 2, label: 'RunInstances' },
  'ec2 StartInstances': { depth: 5, refill: 2, label: 'StartInstances' },
  'ec2 TerminateInstances': { depth: 100, refill: 5, label: 'TerminateInstances' },
  ssm: { depth: 40, refill: 40, label: 'parameters of Systems Manager' },
  // CreateSchedule and DeleteSchedule in a small region (EventBridge Scheduler user guide, quotas).
  scheduler: { depth: 250, refill: 250, label: 'EventBridge Scheduler' },
  sts: { depth: 600, refill: 600, label: 'STS' },
  // None of these publishes one: careful guesses. "AWS FIS endpoints and quotas" (AWS general reference) has quotas of templates, experiments and
  // targets, and none of requests. Refusals of the tagging API were reported at about 15 a second.
  fis: { depth: 5, refill: 1, label: 'AWS FIS' },
  iam: { depth: 20, refill: 10, label: 'IAM' },
  tagging: { depth: 10, refill: 5, label: 'the tagging API' },
} as const satisfies Readonly<Record<string, Bucket>>;

export type BucketName = keyof typeof BUCKETS;

/** EC2 reads have a bucket each: plain ones these seven of ours know, filtered and paged ones twice that (EC2 API guide). */
const EC2_READ = { depth: 50, refill: 10 };

/** The buckets that a call takes from, by its operation and what that does. */
export function bucketsOf(op: string, access: 'read' | 'write'): readonly { readonly name: string; readonly bucket: Bucket }[] {
  const [service = '', action = ''] = op.split(':');
  const named = (...names: readonly BucketName[]) => names.map((name) => ({ name, bucket: BUCKETS[name] }));
  if (service === 'elbv2') {
    if (/TrustStore/.test(action))
      return named(
        'elbv2',
        access === 'read' ? 'elbv2 trust stores' : action === 'CreateTrustStore' ? 'elbv2 CreateTrustStore' : 'elbv2 trust store writes',
      );
    if (access === 'read') return named('elbv2', 'elbv2 reads');
    if (/^(Register|Deregister)Targets$/.test(action)) return named('elbv2', 'elbv2 targets');
    if (/^(CreateLoadBalancer|SetSubnets)$/.test(action)) return named('elbv2', 'elbv2 balancers');
    return named('elbv2', 'elbv2 writes');
  }
  if (service === 'ec2') {
    if (access === 'read') return [{ name: op, bucket: { ...EC2_READ, label: `EC2 ${action}` } }];
    if (/^(Create|Delete)Tags$/.test(action)) return named('ec2 tags');
    if (/SecurityGroupIngress$/.test(action)) return named('ec2 ingress');
    return action === 'RunInstances' || action === 'StartInstances' || action === 'TerminateInstances'
      ? named(`ec2 ${action}`)
      : named('ec2 writes');
  }
  return Object.hasOwn(BUCKETS, service) ? named(service as BucketName) : [];
}
