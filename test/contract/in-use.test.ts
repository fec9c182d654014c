/** What others use is not half deleted: a destroy is refused with who they are, and works when they are gone. */

import {
  AuthorizeSecurityGroupIngressCommand,
  CreateNetworkInterfaceCommand,
  CreateSecurityGroupCommand,
  DeleteNetworkInterfaceCommand,
  DeleteSecurityGroupCommand,
} from '@aws-sdk/client-ec2';
import * as assert from 'uvu/assert';
import { contractSuite, converge, look, type Spec, writesOf } from '../support/contract-bench.ts';

const t = contractSuite('contract/in-use', { dataplane: false });

const SPEC: Spec = {
  stack: 'used',
  region: 'us-east-1',
  lint: { silence: ['plain-http'] },
  network: {
    vpc: { cidrBlock: '10.0.0.0/16' },
    subnets: {
      a: { availabilityZone: 'us-east-1a', cidrBlock: '10.0.1.0/24' },
      b: { availabilityZone: 'us-east-1b', cidrBlock: '10.0.2.0/24' },
    },
  },
  securityGroups: { back: { ingress: [{ port: 8080, from: 'load-balancer' }] } },
  targetGroups: { web: { targetType: 'ip', port: 8080, targets: [] } },
  loadBalancer: { name: 'used', subnets: ['a', 'b'] },
  listeners: { http: { protocol: 'HTTP', port: 80, forward: 'web' } },
};

t('an interface and a group of others in our network', async (bench) => {
  const { ec2 } = bench;
  const { after } = await converge(bench, SPEC);
  const id = (address: string): string => after?.observed.live.find((one) => one.address === address)?.id ?? '';
  const [vpc, subnet, group] = [id('vpc/main'), id('subnet/a'), id('securityGroup/back')];
  const eni = (await ec2.send(new CreateNetworkInterfaceCommand({ SubnetId: subnet, Groups: [group] }))).NetworkInterface
    ?.NetworkInterfaceId;
  const GroupId = (await ec2.send(new CreateSecurityGroupCommand({ VpcId: vpc, GroupName: 'theirs', Description: 'theirs' }))).GroupId;
  const UserIdGroupPairs = [{ GroupId: group }];
  await ec2.send(
    new AuthorizeSecurityGroupIngressCommand({
      GroupId,
      IpPermissions: [{ IpProtocol: 'tcp', FromPort: 1, ToPort: 1, UserIdGroupPairs }],
    }),
  );
  const since = bench.sandbox.calls().length;
  const { refusals } = await look(bench, SPEC, 'destroy');
  assert.equal(refusals.map(({ rule, address }) => [rule, address]).sort(), [
    ['in-use', 'securityGroup/back'],
    ['in-use', 'subnet/a'],
    ['in-use', 'vpc/main'],
  ]);
  assert.match(refusals.find(({ address }) => address === 'subnet/a')?.reason ?? '', eni ?? 'none');
  const { securityGroups: _, ...without } = SPEC;
  assert.match((await look(bench, without)).refusals[0]?.reason ?? '', /security group would be deleted, but others use it: .*eni-/);
  assert.equal(writesOf(bench, since), []);
  await ec2.send(new DeleteNetworkInterfaceCommand({ NetworkInterfaceId: eni ?? '' }));
  await ec2.send(new DeleteSecurityGroupCommand({ GroupId }));
  await converge(bench, SPEC, 'destroy');
});

t.run();
