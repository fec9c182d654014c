/** What exists already, given by id, name or ARN instead of made: used, never changed, never destroyed. */
import {
  AssociateRouteTableCommand,
  AssociateSubnetCidrBlockCommand,
  AssociateVpcCidrBlockCommand,
  AttachInternetGatewayCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateInternetGatewayCommand,
  CreateRouteCommand,
  CreateRouteTableCommand,
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  DescribeVpcsCommand,
  ModifySubnetAttributeCommand,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2';
import { GetServerCertificateCommand, UploadServerCertificateCommand } from '@aws-sdk/client-iam';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import * as assert from 'uvu/assert';
import { flaskWebserver } from '../../reconciler/config/webserver.ts';
import { makeSelfSigned } from '../../reconciler/deferred/self-signed.ts';
import type { Problem } from '../../reconciler/errors.ts';
import { type Bench, changesOf, contractSuite, converge, look, namesOf, type Spec, tutorial } from '../support/contract-bench.ts';
import { withEdits } from '../support/contract-in-place.ts';
import { all, at, viewOf } from '../support/contract-view.ts';

const t = contractSuite('existing');

interface Theirs {
  readonly vpc: string;
  readonly subnets: readonly string[];
  readonly front: string;
  readonly back: string;
  readonly instances: readonly string[];
  readonly certificate: string;
}

let theirs: Theirs;

/** The tutorial's network, groups, instances and certificate, made by hand. */
async function prepare({ ec2, iam, sandbox }: Bench): Promise<Theirs> {
  const vpc = (await ec2.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }))).Vpc?.VpcId ?? '';
  await ec2.send(new AssociateVpcCidrBlockCommand({ VpcId: vpc, AmazonProvidedIpv6CidrBlock: true }));
  const block =
    (await ec2.send(new DescribeVpcsCommand({ VpcIds: [vpc] }))).Vpcs?.[0]?.Ipv6CidrBlockAssociationSet?.[0]?.Ipv6CidrBlock ?? '';
  const InternetGatewayId = (await ec2.send(new CreateInternetGatewayCommand({}))).InternetGateway?.InternetGatewayId ?? '';
  await ec2.send(new AttachInternetGatewayCommand({ VpcId: vpc, InternetGatewayId }));
  const RouteTableId = (await ec2.send(new CreateRouteTableCommand({ VpcId: vpc }))).RouteTable?.RouteTableId ?? '';
  await ec2.send(new CreateRouteCommand({ RouteTableId, DestinationCidrBlock: '0.0.0.0/0', GatewayId: InternetGatewayId }));
  const subnets: string[] = [];
  for (const [index, zone] of ['a', 'b'].entries()) {
    const made = await ec2.send(
      new CreateSubnetCommand({ VpcId: vpc, CidrBlock: `10.0.${index + 1}.0/24`, AvailabilityZone: `us-east-1${zone}` }),
    );
    const SubnetId = made.Subnet?.SubnetId ?? '';
    await ec2.send(new AssociateSubnetCidrBlockCommand({ SubnetId, Ipv6CidrBlock: block.replace(/00::\/56$/, `0${index}::/64`) }));
    await ec2.send(new AssociateRouteTableCommand({ RouteTableId, SubnetId }));
    await ec2.send(new ModifySubnetAttributeCommand({ SubnetId, MapPublicIpOnLaunch: { Value: true } }));
    subnets.push(SubnetId);
  }
  const group = async (name: string, ports: readonly number[]): Promise<string> => {
    const GroupId = (await ec2.send(new CreateSecurityGroupCommand({ VpcId: vpc, GroupName: name, Description: name }))).GroupId ?? '';
    const IpPermissions = ports.map((port) => ({ IpProtocol: 'tcp', FromPort: port, ToPort: port, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }));
    await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }));
    return GroupId;
  };
  const [front, back] = [await group('front', [80, 443]), await group('back', [8080])];
  const ssm = new SSMClient({ region: 'us-east-1' });
  const image = (await ssm.send(new GetParameterCommand({ Name: '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64' })))
    .Parameter?.Value;
  ssm.destroy();
  const instances: string[] = [];
  for (const SubnetId of subnets) {
    const UserData = Buffer.from(flaskWebserver(8080)).toString('base64');
    const made = await ec2.send(
      new RunInstancesCommand({
        ImageId: image,
        InstanceType: 't3.micro',
        MinCount: 1,
        MaxCount: 1,
        SubnetId,
        SecurityGroupIds: [back],
        UserData,
      }),
    );
    instances.push(made.Instances?.[0]?.InstanceId ?? '');
  }
  const { body, key } = await makeSelfSigned('given.example', ['given.example'], 365, sandbox.clock.now());
  await iam.send(new UploadServerCertificateCommand({ ServerCertificateName: 'theirs', CertificateBody: body, PrivateKey: key }));
  sandbox.clock.advance(10_000);
  return { vpc, subnets, front, back, instances, certificate: 'theirs' };
}

t.before(async (bench) => {
  theirs = await prepare(bench);
});

const [A, B] = [0, 1] as const;

/** The tutorial with nothing of its own but target group, load balancer and listeners. */
const allGiven = (): Spec =>
  withEdits(tutorial(), [
    ['network', { vpc: { id: theirs.vpc }, subnets: { a: { id: theirs.subnets[A] ?? '' }, b: { id: theirs.subnets[B] ?? '' } } }],
    ['securityGroups', { front: { id: theirs.front }, back: { id: theirs.back } }],
    ['instances', { 'web-1': { id: theirs.instances[A] ?? '' }, 'web-2': { id: theirs.instances[B] ?? '' } }],
    ['certificates', { site: { iam: theirs.certificate } }],
    ['loadBalancer/securityGroups', ['front']],
  ]);

async function untouched(bench: Bench): Promise<string> {
  const shown = await Promise.all(['vpc', 'subnet', 'securityGroup', 'instance', 'certificate'].map((kind) => all(bench, kind)));
  return JSON.stringify(shown);
}

t('network, groups, instances and certificate existing: only the rest is made, and only the rest is destroyed', async (bench) => {
  const before = await untouched(bench);
  const made = await converge(bench, allGiven());
  assert.equal(namesOf(made.plan), ['create targetGroup/web', 'create loadBalancer/main', 'create listener/http', 'create listener/https']);
  const seen = await viewOf(bench, 'listener/https');
  const arn = (await bench.iam.send(new GetServerCertificateCommand({ ServerCertificateName: 'theirs' }))).ServerCertificate
    ?.ServerCertificateMetadata?.Arn;
  assert.is(at(seen, ['Certificates', 0, 'CertificateArn']), arn);
  assert.equal((await viewOf(bench, 'loadBalancer/main'))['SecurityGroups'], [theirs.front]);
  await converge(
    bench,
    withEdits(allGiven(), [
      ['targetGroups/web/targets', ['web-1']],
      ['listeners/https', undefined],
    ]),
  );
  await converge(bench, allGiven());
  await converge(bench, allGiven(), 'destroy');
  assert.is(await untouched(bench), before);
});

t('both kinds of address, where the subnets have them, and back', async (bench) => {
  await converge(bench, allGiven());
  const both = withEdits(allGiven(), [['loadBalancer/ipAddressType', 'dualstack']]);
  const done = await converge(bench, both);
  assert.equal(changesOf(done.plan), [['update', 'loadBalancer/main', [['ipAddressType', 'ipv4', 'dualstack']]]]);
  assert.is((await viewOf(bench, 'loadBalancer/main'))['IpAddressType'], 'dualstack');
  await converge(bench, allGiven());
});

t("a network given, instances made in it, with groups on one's behalf", async (bench) => {
  await converge(bench, allGiven());
  const mixed = withEdits(allGiven(), [
    ['securityGroups', undefined],
    ['loadBalancer/securityGroups', undefined],
    ['instances', { 'web-1': { subnet: 'a', app: 'flask-webserver' }, 'web-2': { id: theirs.instances[B] ?? '' } }],
  ]);
  const done = await converge(bench, mixed);
  assert.equal(namesOf(done.plan).toSorted(), [
    'create instance/web-1',
    'create securityGroup/instances',
    'create securityGroup/load-balancer',
    'update loadBalancer/main securityGroups',
    'update targetGroup/web targets',
  ]);
  await converge(bench, allGiven());
});

t('ids and ARNs said where a name could stand', async (bench) => {
  await converge(bench, allGiven());
  const plain = withEdits(allGiven(), [
    ['securityGroups', undefined],
    ['instances', undefined],
    ['chaos', undefined],
    ['loadBalancer/securityGroups', [theirs.front]],
    ['targetGroups/web/targets', [...theirs.instances]],
  ]);
  assert.equal(changesOf((await look(bench, plain)).plan), [], 'it is the same stack');
});

t('an ACM certificate is put on the listener by its ARN, and nothing is uploaded', async (bench) => {
  await converge(bench, allGiven());
  const acm = 'arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012';
  const { plan } = await look(bench, withEdits(allGiven(), [['certificates/site', { acm }]]));
  assert.equal(namesOf(plan), ['update listener/https certificate']);
  // The sandbox has no ACM: what would be sent is all that can be seen here.
  assert.equal(
    plan.steps.map(({ op, input }) => [op, at(input, ['Certificates'])]),
    [['elbv2:ModifyListener', [{ CertificateArn: acm }]]],
  );
});

t('what is given and is not there is told before anything is made', async (bench) => {
  const missing = withEdits(allGiven(), [['network/subnets/a/id', 'subnet-0123456789abcdef0']]);
  const problems = await look(bench, missing).then(
    () => [],
    (error: { readonly cause?: readonly Problem[] }) => error.cause ?? [],
  );
  assert.equal(
    problems.map(({ path, message, severity }) => [path, message, severity]),
    [['subnet/a', 'There is no subnet `subnet-0123456789abcdef0` in us-east-1 (InvalidSubnetID.NotFound).', 'error']],
  );
  assert.ok(problems.every(({ line, column }) => line >= 1 && column >= 1));
});

t('a network given and one made here are two: from one to the other and back', async (bench) => {
  await converge(bench, allGiven());
  await converge(bench, tutorial());
  await converge(bench, allGiven());
  await converge(bench, allGiven(), 'destroy');
  assert.equal((await all(bench, 'vpc')).length, 1);
});

t.run();
