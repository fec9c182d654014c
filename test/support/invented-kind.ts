/** A kind that ELBv2 does not have, in one file, as CONTRIBUTING says: `unit/model/one-kind.test.ts` adds its lines to a copy of the sources. */
import { flag, integer, physicalName } from '../../reconciler/model/codec.ts';
import { attribute, create, DERIVED, modify, REQUIRED } from '../../reconciler/model/field.ts';
import { ELB_PAGE, ELB_TAGS } from '../../reconciler/model/read.ts';
import { kind } from '../../reconciler/model/values.ts';

export const capacityPool = kind({
  name: 'capacityPool',
  label: 'capacity pool',
  service: 'elbv2',
  fields: {
    name: create('Name', physicalName(), DERIVED, 'The name in AWS.', { read: 'PoolName' }),
    units: modify('Units', integer(1, 100), REQUIRED, 'How many units are held.'),
    burst: attribute('burst.enabled', flag(), false, 'Whether more is lent for a while.'),
  },
  read: {
    by: 'listed',
    op: 'elbv2:DescribeCapacityPools',
    list: 'CapacityPools',
    tags: ELB_TAGS,
    page: ELB_PAGE,
    details: [{ op: 'elbv2:DescribeCapacityPoolAttributes', param: 'CapacityPoolArn', from: 'CapacityPoolArn', keep: 'Attributes' }],
  },
  outputs: { id: 'CapacityPoolArn', arn: 'CapacityPoolArn', name: 'PoolName' },
  create: { op: 'elbv2:CreateCapacityPool', answer: 'CapacityPools[0]', name: { param: 'Name', max: 32 }, tags: { param: 'Tags' } },
  modify: { op: 'elbv2:ModifyCapacityPool', param: 'CapacityPoolArn' },
  attributes: { op: 'elbv2:ModifyCapacityPoolAttributes', param: 'Attributes', read: 'Attributes', most: 20 },
  destroy: { op: 'elbv2:DeleteCapacityPool', param: 'CapacityPoolArn' },
  awaits: [
    {
      name: 'ready',
      op: 'elbv2:DescribeCapacityPools',
      input: { CapacityPoolArns: ['{id}'] },
      path: 'CapacityPools[].State',
      anyOf: ['active'],
      atLeast: 1,
      timeoutSeconds: 60,
      pollSeconds: 5,
      words: 'active',
    },
  ],
});
