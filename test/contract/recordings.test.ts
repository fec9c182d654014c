/**
 * The sandbox against recorded answers of AWS (`../shared/recorded`). Each read is made again on a small world: what AWS has ever
 * answered must be there, with the same type, or stand below with the reason why it cannot; what the sandbox answers must have been
 * seen at AWS, or stand below as younger than the recordings. Refusals are compared word for word.
 */
import * as ec2 from '@aws-sdk/client-ec2';
import * as elb from '@aws-sdk/client-elastic-load-balancing-v2';
import * as iam from '@aws-sdk/client-iam';
import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import * as assert from 'uvu/assert';
import { type Bench, contractSuite } from '../support/contract-bench.ts';
import { handMadeBalancer, handMadeGroup, handMadeListener, handMadeNetwork, type Network } from '../support/hand-made.ts';
import { allPaths, isRecorded, RECORDED, recordedOperations, recordingsOf } from '../support/recordings.ts';
import { selfSigned } from '../unit/load/self-signed.ts';

const t = contractSuite('recordings of AWS', {
  dataplane: false,
  timings: { loadBalancerProvisioning: 0, instancePending: 0, certificateVisible: 0 },
});

interface World extends Network {
  readonly bench: Bench;
  readonly ssm: SSMClient;
  readonly sts: STSClient;
  readonly balancer: string;
  readonly targets: string;
  readonly image: string;
}
let world: World;

type Ask = (world: World) => Promise<unknown>;
const TAGS = { TagSpecifications: [] };
const tags = (ResourceType: ec2.ResourceType) => [{ ResourceType, Tags: [{ Key: 'Name', Value: 'recorded' }] }];

/** The request of each read that recordings exist of. */
const READS: Readonly<Record<string, Ask>> = {
  'ec2.DescribeVpcs': ({ bench }) => bench.ec2.send(new ec2.DescribeVpcsCommand({})),
  'ec2.DescribeSubnets': ({ bench }) => bench.ec2.send(new ec2.DescribeSubnetsCommand({})),
  'ec2.DescribeRouteTables': ({ bench }) => bench.ec2.send(new ec2.DescribeRouteTablesCommand({})),
  'ec2.DescribeSecurityGroups': ({ bench }) => bench.ec2.send(new ec2.DescribeSecurityGroupsCommand({})),
  'ec2.DescribeInternetGateways': ({ bench }) => bench.ec2.send(new ec2.DescribeInternetGatewaysCommand({})),
  'ec2.DescribeNetworkInterfaces': ({ bench }) => bench.ec2.send(new ec2.DescribeNetworkInterfacesCommand({})),
  'ec2.DescribeInstances': ({ bench }) => bench.ec2.send(new ec2.DescribeInstancesCommand({})),
  'elbv2.DescribeLoadBalancers': ({ bench }) => bench.elb.send(new elb.DescribeLoadBalancersCommand({})),
  'elbv2.DescribeTargetGroups': ({ bench }) => bench.elb.send(new elb.DescribeTargetGroupsCommand({})),
  'elbv2.DescribeListeners': ({ bench, balancer }) => bench.elb.send(new elb.DescribeListenersCommand({ LoadBalancerArn: balancer })),
  'elbv2.DescribeTargetHealth': ({ bench, targets }) => bench.elb.send(new elb.DescribeTargetHealthCommand({ TargetGroupArn: targets })),
  'elbv2.DescribeTags': ({ bench, balancer }) => bench.elb.send(new elb.DescribeTagsCommand({ ResourceArns: [balancer] })),
  'elbv2.DescribeLoadBalancerAttributes': ({ bench, balancer }) =>
    bench.elb.send(new elb.DescribeLoadBalancerAttributesCommand({ LoadBalancerArn: balancer })),
  'elbv2.DescribeTargetGroupAttributes': ({ bench, targets }) =>
    bench.elb.send(new elb.DescribeTargetGroupAttributesCommand({ TargetGroupArn: targets })),
  'elbv2.ModifyLoadBalancerAttributes': ({ bench, balancer }) =>
    bench.elb.send(
      new elb.ModifyLoadBalancerAttributesCommand({
        LoadBalancerArn: balancer,
        Attributes: [{ Key: 'idle_timeout.timeout_seconds', Value: '50' }],
      }),
    ),
  'elbv2.ModifyTargetGroupAttributes': ({ bench, targets }) =>
    bench.elb.send(
      new elb.ModifyTargetGroupAttributesCommand({ TargetGroupArn: targets, Attributes: [{ Key: 'stickiness.enabled', Value: 'true' }] }),
    ),
  'elbv2.ModifyListener': async ({ bench, balancer }) => {
    const { Listeners } = await bench.elb.send(new elb.DescribeListenersCommand({ LoadBalancerArn: balancer }));
    return bench.elb.send(new elb.ModifyListenerCommand({ ListenerArn: Listeners?.[0]?.ListenerArn, Port: 81 }));
  },
  'elbv2.SetSecurityGroups': ({ bench, balancer, group }) =>
    bench.elb.send(new elb.SetSecurityGroupsCommand({ LoadBalancerArn: balancer, SecurityGroups: [group] })),
  'elbv2.AddTags': ({ bench, balancer }) =>
    bench.elb.send(new elb.AddTagsCommand({ ResourceArns: [balancer], Tags: [{ Key: 'a', Value: 'b' }] })),
  'elbv2.RemoveTags': ({ bench, balancer }) => bench.elb.send(new elb.RemoveTagsCommand({ ResourceArns: [balancer], TagKeys: ['a'] })),
  'elbv2.DeleteListener': async ({ bench, balancer }) => {
    const ListenerArn = await handMadeListener(bench, balancer, 99, { Type: 'fixed-response', FixedResponseConfig: { StatusCode: '200' } });
    return bench.elb.send(new elb.DeleteListenerCommand({ ListenerArn }));
  },
  'elbv2.DeleteTargetGroup': async ({ bench, vpc }) =>
    bench.elb.send(
      new elb.DeleteTargetGroupCommand({ TargetGroupArn: await handMadeGroup(bench, { vpc, subnets: [], group: '' }, 'gone') }),
    ),
  'elbv2.DeleteLoadBalancer': async (all) =>
    all.bench.elb.send(new elb.DeleteLoadBalancerCommand({ LoadBalancerArn: await handMadeBalancer(all.bench, all, 'gone') })),
  'ec2.CreateVpc': ({ bench }) =>
    bench.ec2.send(new ec2.CreateVpcCommand({ ...TAGS, CidrBlock: '10.9.0.0/16', TagSpecifications: tags('vpc') })),
  'ec2.CreateSecurityGroup': ({ bench, vpc }) =>
    bench.ec2.send(new ec2.CreateSecurityGroupCommand({ VpcId: vpc, GroupName: 'recorded', Description: 'recorded' })),
  'iam.ListServerCertificates': ({ bench }) => bench.iam.send(new iam.ListServerCertificatesCommand({})),
  'iam.SimulatePrincipalPolicy': async ({ bench }) => {
    const document = (Statement: object) => JSON.stringify({ Version: '2012-10-17', Statement });
    const everything = document([{ Effect: 'Allow', Action: '*', Resource: '*' }]);
    const boundary = await bench.iam.send(new iam.CreatePolicyCommand({ PolicyName: 'recorded-boundary', PolicyDocument: everything }));
    const made = await bench.iam.send(
      new iam.CreateRoleCommand({
        RoleName: 'recorded',
        AssumeRolePolicyDocument: document([{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'ec2.amazonaws.com' } }]),
        PermissionsBoundary: boundary.Policy?.Arn,
      }),
    );
    await bench.iam.send(new iam.PutRolePolicyCommand({ RoleName: 'recorded', PolicyName: 'all', PolicyDocument: everything }));
    return bench.iam.send(
      new iam.SimulatePrincipalPolicyCommand({
        PolicySourceArn: made.Role?.Arn,
        ActionNames: ['s3:PutObject'],
        ResourceArns: ['arn:aws:s3:::bucket'],
      }),
    );
  },
  'ssm.PutParameter': ({ ssm }) => ssm.send(new PutParameterCommand({ Name: '/recorded/name', Value: '123', Type: 'String' })),
  'ssm.GetParameter': ({ ssm }) => ssm.send(new GetParameterCommand({ Name: '/recorded/name' })),
  'sts.GetCallerIdentity': ({ sts }) => sts.send(new GetCallerIdentityCommand({})),
};

/** Paths that were recorded and that this world does not have, by what they belong to. */
const NOT_HERE: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/Ipv6|DenyAllIgwTraffic/, 'no IPv6 in this world'],
  [
    /NatGatewayId|TransitGatewayId|VpcPeeringConnectionId|DestinationPrefixListId|PropagatingVgws\[\]|Routes\[\]\.NetworkInterfaceId/,
    'routes elsewhere',
  ],
  [/PrefixListId/, 'no prefix lists in this world'],
  [
    /IpPermissionsEgress\[\]\.(FromPort|ToPort|UserIdGroupPairs\[\]|IpRanges\[\]\.Description)/,
    'the egress rule is the one that each group begins with',
  ],
  [/^(Associations|OwnerId|PropagatingVgws|RouteTableId|Routes|Tags|VpcId)\b/, 'a recording of one route table without the list around it'],
  [
    /AllocationId|AssociationId$|PublicIpDnsNameOptions|PublicDnsName|PublicIpAddress|NetworkInterfaces\[\]\.(PrivateIpAddresses\[\]\.)?Association/,
    'no public addresses on instances',
  ],
  [/IamInstanceProfile|KeyName|KernelId|RequesterId|BootMode$/, 'launched without'],
  [/StateReason/, 'of instances that stop or start; sandbox/SPEC.md'],
  [/AvailabilityZoneId|EbsCardIndex/, 'moto has neither; sandbox/SPEC.md'],
  [/TagSet\[\]/, 'interfaces of load balancers and instances carry no tags'],
  [/StickinessConfig\.DurationSeconds|\.Order$/, 'answered where they were sent'],
  [/EvalDecisionDetails/, 'an empty object, which the SDK leaves out of what it parses'],
];

/** Paths that the sandbox answers and no recording shows: younger than these, or on an object that was not recorded. */
const YOUNGER: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/SecurityGroupArn/, 'in CreateSecurityGroup as recorded; in DescribeSecurityGroups since 2024'],
  [/AdministrativeOverride/, 'recorded 2024-11 to 2026-10 elsewhere'],
  [/EnablePrefixForIpv6SourceNat/, 'since late 2024'],
  [/ProtocolVersion|IpAddressType/, 'since 2020 and 2021'],
  [/TargetHealth\.(Reason|Description)|AnomalyDetection/, 'of targets that are not healthy'],
  [/ForwardConfig/, 'since 2019'],
  [/ResourceSpecificResults\[\]\.PermissionsBoundaryDecisionDetail/, 'API reference, ResourceSpecificResult'],
  [/Tier|DataType/, 'as documented'],
];

const unexplained = (paths: Iterable<string>, reasons: typeof NOT_HERE): readonly string[] =>
  [...paths].filter((path) => !reasons.some(([pattern]) => pattern.test(path))).sort();

/** The refusal of a request: code, words and status. */
async function refusalOf(asked: Promise<unknown>): Promise<unknown> {
  return asked.then(
    () => 'not refused',
    (error: { readonly name: string; readonly message: string; readonly $metadata: { readonly httpStatusCode: number } }) => [
      error.name.replace(/Exception$/, ''),
      error.message,
      error.$metadata.httpStatusCode,
    ],
  );
}

/** How each recorded refusal is had again, by operation. `words`: the recorded ones, to take names and ids from. */
const REFUSALS: Readonly<Record<string, (world: World, words: string) => Promise<readonly [asked: Promise<unknown>, subject?: string]>>> = {
  'ec2.DescribeSubnets': async ({ bench }, words) => [bench.ec2.send(new ec2.DescribeSubnetsCommand({ SubnetIds: [quoted(words)] }))],
  'ec2.DescribeInternetGateways': async ({ bench }, words) => [
    bench.ec2.send(new ec2.DescribeInternetGatewaysCommand({ InternetGatewayIds: [quoted(words)] })),
  ],
  'ec2.DescribeNetworkInterfaces': async ({ bench }, words) => [
    bench.ec2.send(new ec2.DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: [quoted(words)] })),
  ],
  'elbv2.DeleteLoadBalancer': async (all) => {
    const arn = await handMadeBalancer(all.bench, all, 'kept', { attributes: { 'deletion_protection.enabled': 'true' } });
    return [all.bench.elb.send(new elb.DeleteLoadBalancerCommand({ LoadBalancerArn: arn })), arn];
  },
  'iam.GetServerCertificate': async ({ bench }, words) => [
    bench.iam.send(new iam.GetServerCertificateCommand({ ServerCertificateName: /name (\S+)/.exec(words)?.[1] ?? '' })),
  ],
  'iam.SimulatePrincipalPolicy': async ({ bench }) => [
    bench.iam.send(
      new iam.SimulatePrincipalPolicyCommand({ PolicySourceArn: 'arn:aws:iam::123456789012:role/nobody', ActionNames: ['s3:GetObject'] }),
    ),
  ],
  'iam.error': async ({ bench }, words) => {
    const arn = (/Policy (\S+)/.exec(words)?.[1] ?? '').replace('<partition>', 'aws');
    return [bench.iam.send(new iam.DeletePolicyCommand({ PolicyArn: arn }))];
  },
  'sts.error': async ({ sts }, words) => {
    const name = /Value '([^']+)' at 'roleSessionName'/.exec(words)?.[1];
    const RoleArn = name === undefined ? words.replace(/ is invalid$/, '') : 'arn:aws:iam::123456789012:role/some';
    return [sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: name ?? 'session' }))];
  },
};
const quoted = (words: string): string => /'([^']+)'/.exec(words)?.[1] ?? '';

if (!isRecorded) {
  t(`skipped: there are no recordings at ${RECORDED}`, () => assert.not(isRecorded));
} else {
  t.before(async (bench) => {
    const { ec2: client } = bench;
    const network = await handMadeNetwork(bench);
    const image = (await client.send(new ec2.DescribeImagesCommand({}))).Images?.[0]?.ImageId ?? '';
    const placed = { SubnetId: network.subnets[0], SecurityGroupIds: [network.group] };
    const run = await client.send(
      new ec2.RunInstancesCommand({
        ...placed,
        ImageId: image,
        InstanceType: 't3.micro',
        MinCount: 1,
        MaxCount: 1,
        TagSpecifications: tags('instance'),
      }),
    );
    bench.sandbox.clock.advance(1);
    const route = await client.send(new ec2.CreateRouteTableCommand({ VpcId: network.vpc, TagSpecifications: tags('route-table') }));
    const RouteTableId = route.RouteTable?.RouteTableId;
    const gateways = (await client.send(new ec2.DescribeInternetGatewaysCommand({}))).InternetGateways ?? [];
    await client.send(
      new ec2.CreateRouteCommand({ RouteTableId, DestinationCidrBlock: '0.0.0.0/0', GatewayId: gateways[0]?.InternetGatewayId }),
    );
    await client.send(new ec2.AssociateRouteTableCommand({ RouteTableId, SubnetId: network.subnets[0] }));
    const Resources = [network.vpc, ...network.subnets, network.group, gateways[0]?.InternetGatewayId ?? ''];
    await client.send(new ec2.CreateTagsCommand({ Resources, Tags: [{ Key: 'Name', Value: 'recorded' }] }));
    const ports = { IpProtocol: 'tcp', FromPort: 80, ToPort: 80 };
    const peers = { IpRanges: [{ CidrIp: '0.0.0.0/0', Description: 'all' }], UserIdGroupPairs: [{ GroupId: network.group }] };
    await client.send(new ec2.AuthorizeSecurityGroupIngressCommand({ GroupId: network.group, IpPermissions: [{ ...ports, ...peers }] }));
    const { cert, key } = selfSigned('recorded.example');
    await bench.iam.send(
      new iam.UploadServerCertificateCommand({ ServerCertificateName: 'recorded', CertificateBody: cert, PrivateKey: key }),
    );
    const balancer = await handMadeBalancer(bench, network, 'recorded', { tags: { a: 'b' } });
    const targets = await handMadeGroup(bench, network, 'recorded', { targets: [{ Id: run.Instances?.[0]?.InstanceId }] });
    await handMadeListener(bench, balancer, 80, { Type: 'forward', TargetGroupArn: targets });
    const options = { region: 'us-east-1', maxAttempts: 1 };
    world = { ...network, bench, image, balancer, targets, ssm: new SSMClient(options), sts: new STSClient(options) };
  });
  t.after(() => {
    for (const client of [world.ssm, world.sts]) client.destroy();
  });

  t('every recorded operation is asked again', () => {
    const asked = new Set([...Object.keys(READS), ...Object.keys(REFUSALS)]);
    assert.equal(
      recordedOperations().filter((name) => !asked.has(name)),
      [],
    );
  });

  for (const [operation, ask] of Object.entries(READS)) {
    if (!recordedOperations().includes(operation)) continue;
    t(`${operation} has the shape that was recorded`, async () => {
      const answers = recordingsOf(operation).filter(({ answer }) => answer['Error'] === undefined);
      const theirs = allPaths(answers.map(({ answer }) => answer));
      const ours = allPaths([await ask(world)]);
      const differing = [...ours].filter(([path, kind]) => theirs.has(path) && theirs.get(path) !== kind);
      assert.equal(differing, [], 'types');
      // Nothing here is as old as a member that AWS does not answer any more.
      assert.equal(
        unexplained(
          [...theirs.keys()].filter((path) => !ours.has(path)),
          NOT_HERE,
        ),
        [],
        'recorded and missing here',
      );
      assert.equal(
        unexplained(
          [...ours.keys()].filter((path) => !theirs.has(path)),
          YOUNGER,
        ),
        [],
        'answered here and never recorded',
      );
    });
  }

  for (const operation of Object.keys(REFUSALS)) {
    if (!recordedOperations().includes(operation)) continue;
    for (const { name, answer } of recordingsOf(operation)) {
      const error = answer['Error'] as { readonly Code: string; readonly Message: string } | undefined;
      if (error === undefined) continue;
      t(`${operation} refuses as recorded: ${name}`, async () => {
        const again = await REFUSALS[operation]?.(world, error.Message);
        assert.ok(again);
        const [asked, subject] = again;
        const recorded = error.Message.replace('<partition>', 'aws');
        const words = subject === undefined ? recorded : recorded.replace(/'[^']+'/, `'${subject}'`);
        const status = answer['status'] ?? (error.Code === 'NoSuchEntity' ? 404 : 400);
        assert.equal(await refusalOf(asked), [error.Code.replace(/Exception$/, ''), words, status]);
      });
    }
  }
}

t.run();
