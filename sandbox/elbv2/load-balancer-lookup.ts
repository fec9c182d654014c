/** Finding the load balancer that a call names. */
import { checkArn } from './arn.ts';
import { noLoadBalancer } from './errors.ts';
import type { Call } from './operation.ts';
import type { LoadBalancerRecord } from './store.ts';

/** ValidationError or LoadBalancerNotFound when it is not there. */
export function namedLoadBalancer({ input, store }: Pick<Call, 'input' | 'store'>): LoadBalancerRecord {
  const arn = checkArn('load balancer', input.text('LoadBalancerArn'));
  const record = store.loadBalancers.get(arn);
  if (record === undefined) throw noLoadBalancer(arn);
  return record;
}
