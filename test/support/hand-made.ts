/** Load balancers as somebody makes them with the console or another tool: through the plain AWS SDK, with no tag of albedo. */
import {
  AttachInternetGatewayCommand,
  CreateInternetGatewayCommand,
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2';
import {
  type Action,
  AddListenerCertificatesCommand,
  type Certificate,
  CreateListenerCommand,
  type CreateListenerCommandInput,
  CreateLoadBalancerCommand,
  type CreateLoadBalancerCommandInput,
  CreateRuleCommand,
  type CreateRuleCommandInput,
  CreateTargetGroupCommand,
  type CreateTargetGroupCommandInput,
  CreateTrustStoreCommand,
  DescribeListenerAttributesCommand,
  DescribeListenerCertificatesCommand,
  DescribeListenersCommand,
  DescribeLoadBalancerAttributesCommand,
  DescribeLoadBalancersCommand,
  DescribeRulesCommand,
  DescribeTagsCommand,
  DescribeTargetGroupAttributesCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  ModifyListenerAttributesCommand,
  ModifyLoadBalancerAttributesCommand,
  ModifyTargetGroupAttributesCommand,
  RegisterTargetsCommand,
  type RuleCondition,
  type Tag,
  type TargetDescription,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { UploadServerCertificateCommand } from '@aws-sdk/client-iam';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { makeSelfSigned } from '../../reconciler/deferred/self-signed.ts';
import type { Bench } from './contract-bench.ts';
import { stockObjects } from './contract-wide.ts';

export interface Network {
  readonly vpc: string;
  readonly subnets: readonly string[];
  readonly group: string;
}

export async function handMadeNetwork({ ec2 }: Bench): Promise<Network> {
  const vpc = (await ec2.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }))).Vpc?.VpcId ?? '';
  const InternetGatewayId = (await ec2.send(new CreateInternetGatewayCommand({}))).InternetGateway?.InternetGatewayId ?? '';
  await ec2.send(new AttachInternetGatewayCommand({ VpcId: vpc, InternetGatewayId }));
  const subnets: string[] = [];
  for (const [index, zone] of ['a', 'b'].entries()) {
    const CidrBlock = `10.0.${index + 1}.0/24`;
    const made = await ec2.send(new CreateSubnetCommand({ VpcId: vpc, CidrBlock, AvailabilityZone: `us-east-1${zone}` }));
    subnets.push(made.Subnet?.SubnetId ?? '');
  }
  const made = await ec2.send(new CreateSecurityGroupCommand({ VpcId: vpc, GroupName: 'front', Description: 'front' }));
  return { vpc, subnets, group: made.GroupId ?? '' };
}

export const tagsFrom = (tags: Readonly<Record<string, string>> | undefined): Tag[] =>
  Object.entries(tags ?? {}).map(([Key, Value]) => ({ Key, Value }));
const attributesFrom = (attributes: Readonly<Record<string, string>>) => Object.entries(attributes).map(([Key, Value]) => ({ Key, Value }));

type More<Input> = Partial<Omit<Input, 'Tags'>> & {
  readonly tags?: Readonly<Record<string, string>>;
  readonly attributes?: Readonly<Record<string, string>>;
};

export async function handMadeBalancer(
  { elb }: Bench,
  network: Network,
  Name: string,
  { tags, attributes, ...more }: More<CreateLoadBalancerCommandInput> = {},
): Promise<string> {
  const { subnets: Subnets, group } = network;
  const input = { Name, Subnets: [...Subnets], SecurityGroups: [group], ...more };
  const made = await elb.send(new CreateLoadBalancerCommand(tags === undefined ? input : { ...input, Tags: tagsFrom(tags) }));
  const LoadBalancerArn = made.LoadBalancers?.[0]?.LoadBalancerArn ?? '';
  if (attributes !== undefined)
    await elb.send(new ModifyLoadBalancerAttributesCommand({ LoadBalancerArn, Attributes: attributesFrom(attributes) }));
  return LoadBalancerArn;
}

export async function handMadeGroup(
  { elb }: Bench,
  { vpc }: Network,
  Name: string,
  { tags, attributes, targets, ...more }: More<CreateTargetGroupCommandInput> & { readonly targets?: readonly TargetDescription[] } = {},
): Promise<string> {
  const place = more.TargetType === 'lambda' ? {} : { VpcId: vpc, Protocol: 'HTTP' as const, Port: 8080 };
  const input = { Name, ...place, ...more };
  const made = await elb.send(new CreateTargetGroupCommand(tags === undefined ? input : { ...input, Tags: tagsFrom(tags) }));
  const TargetGroupArn = made.TargetGroups?.[0]?.TargetGroupArn ?? '';
  if (attributes !== undefined)
    await elb.send(new ModifyTargetGroupAttributesCommand({ TargetGroupArn, Attributes: attributesFrom(attributes) }));
  if (targets !== undefined) await elb.send(new RegisterTargetsCommand({ TargetGroupArn, Targets: [...targets] }));
  return TargetGroupArn;
}

export async function handMadeListener(
  { elb }: Bench,
  LoadBalancerArn: string,
  Port: number,
  action: Action,
  { tags, attributes, ...more }: More<CreateListenerCommandInput> = {},
): Promise<string> {
  const input = { LoadBalancerArn, Port, Protocol: 'HTTP' as const, DefaultActions: [action], ...more };
  const made = await elb.send(new CreateListenerCommand(tags === undefined ? input : { ...input, Tags: tagsFrom(tags) }));
  const ListenerArn = made.Listeners?.[0]?.ListenerArn ?? '';
  if (attributes !== undefined)
    await elb.send(new ModifyListenerAttributesCommand({ ListenerArn, Attributes: attributesFrom(attributes) }));
  return ListenerArn;
}

export async function handMadeRule(
  { elb }: Bench,
  ListenerArn: string,
  Priority: number,
  Conditions: RuleCondition[],
  Actions: Action[],
  { tags, ...more }: More<CreateRuleCommandInput> = {},
): Promise<string> {
  const input = { ListenerArn, Priority, Conditions, Actions, ...more };
  const made = await elb.send(new CreateRuleCommand(tags === undefined ? input : { ...input, Tags: tagsFrom(tags) }));
  return made.Rules?.[0]?.RuleArn ?? '';
}

export async function handMadeCertificate({ iam, sandbox }: Bench, ServerCertificateName: string): Promise<string> {
  const { body, key } = await makeSelfSigned('shop.example', ['shop.example'], 365, sandbox.clock.now());
  const made = await iam.send(new UploadServerCertificateCommand({ ServerCertificateName, CertificateBody: body, PrivateKey: key }));
  sandbox.clock.advance(10_000);
  return made.ServerCertificateMetadata?.Arn ?? '';
}

export async function handMadeInstances({ ec2, sandbox }: Bench, { subnets, group }: Network): Promise<readonly string[]> {
  const ssm = new SSMClient({ region: 'us-east-1' });
  const Name = '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64';
  const image = (await ssm.send(new GetParameterCommand({ Name }))).Parameter?.Value;
  ssm.destroy();
  const ids: string[] = [];
  for (const SubnetId of subnets) {
    const input = { ImageId: image, InstanceType: 't3.micro' as const, MinCount: 1, MaxCount: 1, SubnetId, SecurityGroupIds: [group] };
    ids.push((await ec2.send(new RunInstancesCommand(input))).Instances?.[0]?.InstanceId ?? '');
  }
  sandbox.clock.advance(60_000);
  return ids;
}

const forward = (TargetGroupArn: string): Action => ({ Type: 'forward', TargetGroupArn });
const answer = (StatusCode: string): Action => ({ Type: 'fixed-response', FixedResponseConfig: { StatusCode } });
const IDP = 'https://idp.example.com';
const signIn: Action = {
  Type: 'authenticate-oidc',
  AuthenticateOidcConfig: {
    Issuer: IDP,
    AuthorizationEndpoint: `${IDP}/authorize`,
    TokenEndpoint: `${IDP}/token`,
    UserInfoEndpoint: `${IDP}/me`,
    ClientId: 'shop',
    ClientSecret: 'nobody-reads-this',
    SessionTimeout: 3600,
  },
};
const ordered = (...actions: readonly Action[]): Action[] => actions.map((action, index) => ({ ...action, Order: index + 1 }));

/** One load balancer with something of everything, as somebody else's tool would leave it. Answers its ARN. */
export async function handMadeShop(bench: Bench): Promise<string> {
  const { elb, sandbox } = bench;
  await stockObjects(sandbox);
  const network = await handMadeNetwork(bench);
  const [one = '', two = ''] = await handMadeInstances(bench, network);
  const certificates: Certificate[] = [
    { CertificateArn: await handMadeCertificate(bench, 'shop.example') },
    { CertificateArn: await handMadeCertificate(bench, '2026-spare') },
  ];
  const store = await elb.send(
    new CreateTrustStoreCommand({ Name: 'people', CaCertificatesBundleS3Bucket: 'authorities', CaCertificatesBundleS3Key: 'people.pem' }),
  );
  const web = await handMadeGroup(bench, network, 'Shop-Web', {
    HealthCheckPath: '/status',
    HealthCheckIntervalSeconds: 10,
    HealthCheckTimeoutSeconds: 3,
    Matcher: { HttpCode: '200-204' },
    tags: { Team: 'shop', Version: '1_000' },
    attributes: {
      'deregistration_delay.timeout_seconds': '15',
      'stickiness.enabled': 'true',
      'stickiness.lb_cookie.duration_seconds': '3600',
      'load_balancing.algorithm.type': 'least_outstanding_requests',
    },
    targets: [{ Id: one }, { Id: two, Port: 9000 }],
  });
  const canary = await handMadeGroup(bench, network, '9-canary', {
    tags: { Team: 'shop' },
    attributes: { 'load_balancing.cross_zone.enabled': 'false' },
    targets: [{ Id: two }],
  });
  const addresses = await handMadeGroup(bench, network, 'shop-web', {
    TargetType: 'ip',
    ProtocolVersion: 'GRPC',
    targets: [{ Id: '10.0.1.7' }, { Id: '192.168.7.7', AvailabilityZone: 'all' }],
  });
  const lambda = await handMadeGroup(bench, network, 'shop-fn', {
    TargetType: 'lambda',
    attributes: { 'lambda.multi_value_headers.enabled': 'true' },
    targets: [{ Id: 'arn:aws:lambda:us-east-1:123456789012:function:shop' }],
  });
  sandbox.clock.advance(60_000);
  const balancer = await handMadeBalancer(bench, network, 'Shop-Front', {
    tags: { Team: 'shop', Name: 'the shop', 'elbv2.k8s.aws/cluster': 'blue' },
    attributes: { 'idle_timeout.timeout_seconds': '120', 'routing.http2.enabled': 'false', 'deletion_protection.enabled': 'true' },
  });
  await handMadeListener(
    bench,
    balancer,
    80,
    { Type: 'redirect', RedirectConfig: { Protocol: 'HTTPS', Port: '443', StatusCode: 'HTTP_301' } },
    { tags: { Team: 'shop' } },
  );
  await handMadeListener(bench, balancer, 8080, answer('404'));
  const https = await handMadeListener(bench, balancer, 443, forward(web), {
    Protocol: 'HTTPS',
    SslPolicy: 'ELBSecurityPolicy-TLS13-1-2-2021-06',
    Certificates: certificates.slice(0, 1),
    MutualAuthentication: { Mode: 'verify', TrustStoreArn: store.TrustStores?.[0]?.TrustStoreArn, IgnoreClientCertificateExpiry: true },
    tags: { Team: 'shop' },
    attributes: { 'routing.http.response.strict_transport_security.header_value': 'max-age=31536000' },
  });
  await elb.send(new AddListenerCertificatesCommand({ ListenerArn: https, Certificates: certificates.slice(1) }));
  const rule = (priority: number, conditions: RuleCondition[], actions: Action[], more: More<CreateRuleCommandInput> = {}) =>
    handMadeRule(bench, https, priority, conditions, actions, more);
  const path = (...Values: string[]): RuleCondition => ({ Field: 'path-pattern', PathPatternConfig: { Values } });
  const host = (...Values: string[]): RuleCondition => ({ Field: 'host-header', HostHeaderConfig: { Values } });
  await rule(5, [path('/api/*', '/v1/*')], [forward(web)], { tags: { Team: 'shop' } });
  // The old notation, which some tools still send.
  await rule(7, [{ Field: 'path-pattern', Values: ['/old/*'] }], [forward(canary)]);
  await rule(
    10,
    [host('API.shop.example'), path('/api/*')],
    [
      {
        Type: 'forward',
        ForwardConfig: {
          TargetGroups: [
            { TargetGroupArn: web, Weight: 90 },
            { TargetGroupArn: canary, Weight: 10 },
          ],
          TargetGroupStickinessConfig: { Enabled: true, DurationSeconds: 600 },
        },
      },
    ],
  );
  await rule(20, [{ Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'X-Beta', RegexValues: ['^yes'] } }], [forward(canary)]);
  await rule(30, [{ Field: 'query-string', QueryStringConfig: { Values: [{ Key: 'v', Value: '2' }, { Value: 'two' }] } }], [answer('503')]);
  await rule(
    40,
    [
      { Field: 'http-request-method', HttpRequestMethodConfig: { Values: ['POST', 'PUT'] } },
      { Field: 'source-ip', SourceIpConfig: { Values: ['192.0.2.0/24', '2001:db8::/32'] } },
    ],
    [forward(addresses)],
  );
  await rule(50, [path('/fn')], [forward(lambda)]);
  await rule(
    60,
    [path('/moved/*')],
    [{ Type: 'redirect', RedirectConfig: { Host: 'new.shop.example', Path: '/#{path}', Query: '', StatusCode: 'HTTP_302' } }],
  );
  await rule(70, [path('/in')], ordered(signIn, forward(web)));
  await rule(80, [{ Field: 'path-pattern', PathPatternConfig: { RegexValues: ['^/re/[0-9]+$'] } }], [forward(web)], {
    Transforms: [{ Type: 'url-rewrite', UrlRewriteConfig: { Rewrites: [{ Regex: '^/re/(.*)$', Replace: '/$1' }] } }],
  });
  await rule(49999, [path('/*')], [forward(web)], { tags: { Name: 'Everything else' } });
  return balancer;
}

/** Everything that AWS says of the load balancers of an account and what belongs to them, but for what moves by itself. */
export async function wholeOf({ elb }: Bench): Promise<string> {
  const { LoadBalancers = [] } = await elb.send(new DescribeLoadBalancersCommand({}));
  const { TargetGroups = [] } = await elb.send(new DescribeTargetGroupsCommand({}));
  const said: unknown[] = [LoadBalancers.map(({ State: _, ...rest }) => rest), TargetGroups];
  const arns = [...LoadBalancers.map((one) => one.LoadBalancerArn), ...TargetGroups.map((one) => one.TargetGroupArn)];
  for (const { TargetGroupArn } of TargetGroups) {
    said.push((await elb.send(new DescribeTargetGroupAttributesCommand({ TargetGroupArn }))).Attributes);
    const { TargetHealthDescriptions = [] } = await elb.send(new DescribeTargetHealthCommand({ TargetGroupArn }));
    said.push(TargetHealthDescriptions.map(({ Target }) => Target));
  }
  for (const { LoadBalancerArn } of LoadBalancers) {
    said.push((await elb.send(new DescribeLoadBalancerAttributesCommand({ LoadBalancerArn }))).Attributes);
    const { Listeners = [] } = await elb.send(new DescribeListenersCommand({ LoadBalancerArn }));
    for (const { ListenerArn, ...listener } of Listeners) {
      const { Rules = [] } = await elb.send(new DescribeRulesCommand({ ListenerArn }));
      said.push(listener, Rules, (await elb.send(new DescribeListenerAttributesCommand({ ListenerArn }))).Attributes);
      if (listener.Protocol === 'HTTPS') said.push((await elb.send(new DescribeListenerCertificatesCommand({ ListenerArn }))).Certificates);
      arns.push(ListenerArn, ...Rules.map(({ RuleArn }) => RuleArn));
    }
  }
  for (const arn of arns) said.push((await elb.send(new DescribeTagsCommand({ ResourceArns: [arn ?? ''] }))).TagDescriptions);
  return JSON.stringify(said, null, 1);
}
