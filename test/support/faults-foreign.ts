/** Objects of somebody else beside ours: with our names where AWS allows it, and one with a stack name that begins like ours. */
import { openCloud } from '../../reconciler/aws/cloud.ts';
import { makeSelfSigned } from '../../reconciler/deferred/self-signed.ts';
import type { Json } from '../../reconciler/model/json.ts';
import { valueAt } from '../../reconciler/model/paths.ts';
import { realClock } from '../../reconciler/run/pipeline.ts';

export interface Foreign {
  /** Everything AWS says of them, as one text: equal before and after. */
  snapshot(): Promise<string>;
}

/** Makes them through the API of the sandbox that the environment names. `stack`: whose names they imitate. */
export async function seedForeign(stack: string): Promise<Foreign> {
  const cloud = openCloud({ env: process.env, region: 'us-east-1', clock: realClock });
  const make = async (op: string, input: Json, path: string): Promise<string> => String(valueAt(await cloud.call(op, input), path));
  const tags = (type: string) => [
    {
      ResourceType: type,
      Tags: [
        { Key: 'Name', Value: `${stack}-main` },
        { Key: 'albedo:stack', Value: `${stack}-2` },
      ],
    },
  ];
  const vpc = await make('ec2:CreateVpc', { CidrBlock: '10.0.0.0/16', TagSpecifications: tags('vpc') }, 'Vpc.VpcId');
  const subnet = (zone: string, block: string) =>
    make('ec2:CreateSubnet', { VpcId: vpc, AvailabilityZone: `us-east-1${zone}`, CidrBlock: block }, 'Subnet.SubnetId');
  const subnets = [await subnet('a', '10.0.1.0/24'), await subnet('b', '10.0.2.0/24')];
  const gateway = await make(
    'ec2:CreateInternetGateway',
    { TagSpecifications: tags('internet-gateway') },
    'InternetGateway.InternetGatewayId',
  );
  await cloud.call('ec2:AttachInternetGateway', { InternetGatewayId: gateway, VpcId: vpc });
  const group = await make('ec2:CreateSecurityGroup', { GroupName: `${stack}-web`, Description: 'foreign', VpcId: vpc }, 'GroupId');
  const image = await make(
    'ssm:GetParameter',
    { Name: '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64' },
    'Parameter.Value',
  );
  const instance = await make(
    'ec2:RunInstances',
    { ImageId: image, InstanceType: 't3.micro', MinCount: 1, MaxCount: 1, SubnetId: subnets[0] ?? '', SecurityGroupIds: [group] },
    'Instances[0].InstanceId',
  );
  const { body, key } = await makeSelfSigned('webserver.example', ['webserver.example'], 365, Date.now());
  await cloud.call('iam:UploadServerCertificate', { ServerCertificateName: `${stack}-site`, CertificateBody: body, PrivateKey: key });
  await cloud.call('iam:UploadServerCertificate', {
    ServerCertificateName: `${stack}-2-site-0000`,
    Path: `/albedo/us-east-1/${stack}-2/`,
    CertificateBody: body,
    PrivateKey: key,
  });
  const target = await make(
    'elbv2:CreateTargetGroup',
    { Name: `${stack}-web`, Protocol: 'HTTP', Port: 8080, VpcId: vpc },
    'TargetGroups[0].TargetGroupArn',
  );
  const balancer = await make(
    'elbv2:CreateLoadBalancer',
    { Name: `${stack}-2`, Subnets: subnets, SecurityGroups: [group] },
    'LoadBalancers[0].LoadBalancerArn',
  );
  await cloud.call('elbv2:CreateListener', {
    LoadBalancerArn: balancer,
    Protocol: 'HTTP',
    Port: 80,
    DefaultActions: [{ Type: 'forward', TargetGroupArn: target }],
  });
  const read = async (): Promise<string> => {
    const inVpc = { Filters: [{ Name: 'vpc-id', Values: [vpc] }] };
    const answers = await Promise.all([
      cloud.call('ec2:DescribeVpcs', { VpcIds: [vpc] }),
      cloud.call('ec2:DescribeSubnets', inVpc),
      cloud.call('ec2:DescribeInternetGateways', { InternetGatewayIds: [gateway] }),
      cloud.call('ec2:DescribeRouteTables', inVpc),
      cloud.call('ec2:DescribeSecurityGroups', inVpc),
      cloud.call('ec2:DescribeInstances', { InstanceIds: [instance] }),
      cloud.call('iam:GetServerCertificate', { ServerCertificateName: `${stack}-site` }),
      cloud.call('iam:GetServerCertificate', { ServerCertificateName: `${stack}-2-site-0000` }),
      cloud.call('elbv2:DescribeTargetGroups', { TargetGroupArns: [target] }),
      cloud.call('elbv2:DescribeTargetGroupAttributes', { TargetGroupArn: target }),
      cloud.call('elbv2:DescribeLoadBalancers', { LoadBalancerArns: [balancer] }),
      cloud.call('elbv2:DescribeLoadBalancerAttributes', { LoadBalancerArn: balancer }),
      cloud.call('elbv2:DescribeListeners', { LoadBalancerArn: balancer }),
      cloud.call('elbv2:DescribeTags', { ResourceArns: [target, balancer] }),
    ]);
    return JSON.stringify(answers, null, 1);
  };
  // Until what moves by itself has come to rest.
  for (let tries = 0; tries < 50; tries++) {
    const text = await read();
    if (/"Code": "active"/.test(text) && /"Name": "running"/.test(text)) break;
    await realClock.sleep(20);
  }
  return { snapshot: read };
}
