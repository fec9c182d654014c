/** The ELBv2 server inside the whole sandbox: real subnets with IPv6, objects over HTTP, the AWS SDK as the client. */
import { CreateSubnetCommand, CreateVpcCommand, DescribeNetworkInterfacesCommand, DescribeVpcsCommand } from '@aws-sdk/client-ec2';
import {
  AddTrustStoreRevocationsCommand,
  CreateLoadBalancerCommand,
  CreateTrustStoreCommand,
  DeleteTrustStoreCommand,
  DescribeTrustStoresCommand,
  ElasticLoadBalancingV2Client,
  GetTrustStoreCaCertificatesBundleCommand,
  GetTrustStoreRevocationContentCommand,
  ModifyCapacityReservationCommand,
  PriorRequestNotCompleteException,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import * as assert from 'uvu/assert';
import { clientOptions, code, ec2Suite, gateway, group, subnet, vpc } from '../../support/ec2-bench.ts';
import { createAuthorities } from '../../support/elbv2-surface.ts';

const t = ec2Suite('sandbox elbv2 in the sandbox');
const authorities = await createAuthorities();

t('subnets with an IPv6 block carry dualstack load balancers, others do not', async (context) => {
  const { ec2, sandbox } = context;
  const made = await ec2.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16', AmazonProvidedIpv6CidrBlock: true }));
  const VpcId = made.Vpc?.VpcId ?? '';
  await gateway(context, VpcId);
  const block =
    (await ec2.send(new DescribeVpcsCommand({ VpcIds: [VpcId] }))).Vpcs?.[0]?.Ipv6CidrBlockAssociationSet?.[0]?.Ipv6CidrBlock ?? '';
  const six = async (zone: string, index: number): Promise<string> => {
    const Ipv6CidrBlock = block.replace(/00::\/56$/, `0${index}::/64`);
    const input = { VpcId, CidrBlock: `10.0.${index}.0/24`, AvailabilityZone: `us-east-1${zone}`, Ipv6CidrBlock };
    return (await ec2.send(new CreateSubnetCommand(input))).Subnet?.SubnetId ?? '';
  };
  const subnets = [await six('a', 1), await six('b', 2)];
  const without = await subnet(context, VpcId, '10.0.3.0/24', 'us-east-1c');
  assert.match(sandbox.network.subnet(subnets[0] ?? '')?.ipv6CidrBlock ?? '', /:0?1::\/64$|01::\/64$/);
  assert.is(sandbox.network.subnet(without)?.ipv6CidrBlock, undefined);
  assert.equal(
    sandbox.network
      .subnets?.()
      .map(({ id }) => id)
      .sort(),
    [...subnets, without].sort(),
  );
  const elbv2 = new ElasticLoadBalancingV2Client(clientOptions(sandbox));
  const input = { Name: 'web', IpAddressType: 'dualstack' as const };
  assert.is(
    await code(elbv2.send(new CreateLoadBalancerCommand({ ...input, Subnets: [subnets[0] ?? '', without] }))),
    'InvalidSubnetException',
  );
  const balancer = (await elbv2.send(new CreateLoadBalancerCommand({ ...input, Subnets: subnets }))).LoadBalancers?.[0];
  assert.is(balancer?.IpAddressType, 'dualstack');
  const free = sandbox.network.subnets?.().find(({ id }) => id === subnets[0])?.freeAddresses;
  assert.is(free, sandbox.network.subnet(subnets[0] ?? '')?.freeAddresses, 'both count the interface of the load balancer');
  // The client sees the code that the service model has for HTTP 429.
  const LoadBalancerArn = balancer?.LoadBalancerArn;
  const reserve = (CapacityUnits: number) =>
    new ModifyCapacityReservationCommand({ LoadBalancerArn, MinimumLoadBalancerCapacity: { CapacityUnits } });
  const reserved = await elbv2.send(reserve(100));
  assert.is(reserved.CapacityReservationState?.[0]?.State?.Code, 'pending');
  assert.ok(reserved.LastModifiedTime instanceof Date);
  await elbv2.send(reserve(200)).then(
    () => assert.unreachable('a second request must wait'),
    (error: unknown) => assert.ok(error instanceof PriorRequestNotCompleteException, String(error)),
  );
  elbv2.destroy();
});

t('an internal load balancer has no public address on its interfaces', async (context) => {
  const { ec2, sandbox } = context;
  const VpcId = await vpc(context);
  const Subnets = [await subnet(context, VpcId), await subnet(context, VpcId, '10.0.2.0/24', 'us-east-1b')];
  const elbv2 = new ElasticLoadBalancingV2Client(clientOptions(sandbox));
  await elbv2.send(
    new CreateLoadBalancerCommand({ Name: 'inside', Scheme: 'internal', Subnets, SecurityGroups: [await group(context, VpcId)] }),
  );
  const found = (await ec2.send(new DescribeNetworkInterfacesCommand({}))).NetworkInterfaces ?? [];
  assert.is(found.length, 2);
  assert.equal(
    found.map((one) => one.Association?.PublicIp),
    [undefined, undefined],
  );
  elbv2.destroy();
});

t('a trust store from an object that was put over HTTP, and its content read back where AWS says', async (context) => {
  const { sandbox } = context;
  const put = async (key: string, body: string): Promise<void> => {
    const answer = await fetch(`${sandbox.endpoint}/_sandbox/objects/trust/${key}`, { method: 'PUT', body });
    assert.is(answer.status, 200, await answer.text());
  };
  await put('cas/ours.pem', authorities.one.pem);
  await put('list.pem', authorities.list);
  const elbv2 = new ElasticLoadBalancingV2Client(clientOptions(sandbox));
  const bundle = { CaCertificatesBundleS3Bucket: 'trust', CaCertificatesBundleS3Key: 'cas/ours.pem' };
  const made = (await elbv2.send(new CreateTrustStoreCommand({ Name: 'clients', ...bundle }))).TrustStores?.[0];
  const TrustStoreArn = made?.TrustStoreArn;
  assert.is(made?.Status, 'CREATING');
  assert.is(sandbox.census()['trustStores'], 1);
  const added = await elbv2.send(
    new AddTrustStoreRevocationsCommand({
      TrustStoreArn,
      RevocationContents: [{ S3Bucket: 'trust', S3Key: 'list.pem', RevocationType: 'CRL' }],
    }),
  );
  const RevocationId = added.TrustStoreRevocations?.[0]?.RevocationId;
  assert.is(added.TrustStoreRevocations?.[0]?.NumberOfRevokedEntries, 3);
  const read = async (address: string | undefined): Promise<string> => (await fetch(address ?? '')).text();
  assert.is(await read((await elbv2.send(new GetTrustStoreCaCertificatesBundleCommand({ TrustStoreArn }))).Location), authorities.one.pem);
  assert.is(
    await read((await elbv2.send(new GetTrustStoreRevocationContentCommand({ TrustStoreArn, RevocationId }))).Location),
    authorities.list,
  );
  sandbox.clock.advance(1000);
  assert.is((await elbv2.send(new DescribeTrustStoresCommand({}))).TrustStores?.[0]?.Status, 'ACTIVE');
  await elbv2.send(new DeleteTrustStoreCommand({ TrustStoreArn }));
  assert.is(sandbox.census()['trustStores'], 0);
  elbv2.destroy();
});

t.run();
