import type { Await, UserLook } from '../field.ts';

/**
 * What was in use moves its network interfaces away some time after the call that said so (SetSubnets, SetSecurityGroups), and AWS
 * refuses to delete a subnet or group until then with DependencyViolation. `filter` is one of DescribeNetworkInterfaces.
 */
export const freeOf = (filter: 'group-id' | 'subnet-id'): Await => ({
  name: 'drained',
  op: 'ec2:DescribeNetworkInterfaces',
  input: { Filters: [{ Name: filter, Values: ['{id}'] }] },
  path: 'NetworkInterfaces[].NetworkInterfaceId',
  anyOf: [],
  timeoutSeconds: 2100,
  pollSeconds: 5,
  words: 'detached from all network interfaces',
});

/** Interfaces that use a group or a subnet (DeleteSecurityGroup, DeleteSubnet: EC2 API reference). */
export const interfacesOf = (filter: 'group-id' | 'subnet-id'): UserLook => ({
  ...{ op: 'ec2:DescribeNetworkInterfaces', filter, list: 'NetworkInterfaces[]', id: 'NetworkInterfaceId', label: 'network interface' },
  uses: filter === 'group-id' ? 'Groups[].GroupId' : 'SubnetId',
});
