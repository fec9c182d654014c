/**
 * The least that a no-op plan of the tutorial's stack can cost: the SDK alone, making the calls that `albedo plan` makes,
 * in the same waves, and doing nothing with the answers. `scripts/bench.ts` bundles it with the settings of the command.
 */
import {
  DescribeInstancesCommand,
  DescribeInternetGatewaysCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import {
  DescribeListenerAttributesCommand,
  DescribeListenersCommand,
  DescribeLoadBalancerAttributesCommand,
  DescribeLoadBalancersCommand,
  DescribeRulesCommand,
  DescribeTagsCommand,
  DescribeTargetGroupAttributesCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { GetServerCertificateCommand, IAMClient, ListServerCertificatesCommand } from '@aws-sdk/client-iam';

const [, , stack = 'webserver', region = 'us-east-1'] = process.argv;
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';

const config = { region, maxAttempts: 1 };
const [ec2, elb, iam] = [new EC2Client(config), new ElasticLoadBalancingV2Client(config), new IAMClient(config)];
const Filters = [{ Name: 'tag:albedo:stack', Values: [stack] }];

const [balancers, groups, certificates] = await Promise.all([
  elb.send(new DescribeLoadBalancersCommand({})),
  elb.send(new DescribeTargetGroupsCommand({})),
  iam.send(new ListServerCertificatesCommand({ PathPrefix: `/albedo/${region}/${stack}/` })),
  ec2.send(new DescribeVpcsCommand({ Filters })),
  ec2.send(new DescribeInternetGatewaysCommand({ Filters })),
  ec2.send(new DescribeSubnetsCommand({ Filters })),
  ec2.send(new DescribeRouteTablesCommand({ Filters })),
  ec2.send(new DescribeSecurityGroupsCommand({ Filters })),
  ec2.send(
    new DescribeInstancesCommand({
      Filters: [...Filters, { Name: 'instance-state-name', Values: ['pending', 'running', 'stopping', 'stopped'] }],
    }),
  ),
]);
const LoadBalancerArn = balancers.LoadBalancers?.[0]?.LoadBalancerArn;
const TargetGroupArn = groups.TargetGroups?.[0]?.TargetGroupArn;
const ServerCertificateName = certificates.ServerCertificateMetadataList?.[0]?.ServerCertificateName;
if (LoadBalancerArn === undefined || TargetGroupArn === undefined || ServerCertificateName === undefined)
  throw new Error(`the stack ${stack} is not there`);

await elb.send(new DescribeTagsCommand({ ResourceArns: [TargetGroupArn, LoadBalancerArn] }));
/** Listeners, whose they are, their rules and their attributes: each needs the answer before it. */
async function readListeners(): Promise<void> {
  const { Listeners = [] } = await elb.send(new DescribeListenersCommand({ LoadBalancerArn }));
  const arns = Listeners.flatMap((listener) => listener.ListenerArn ?? []);
  await elb.send(new DescribeTagsCommand({ ResourceArns: arns }));
  await Promise.all(arns.map((ListenerArn) => elb.send(new DescribeRulesCommand({ ListenerArn }))));
  await Promise.all(arns.map((ListenerArn) => elb.send(new DescribeListenerAttributesCommand({ ListenerArn }))));
}

await Promise.all([
  readListeners(),
  iam.send(new GetServerCertificateCommand({ ServerCertificateName })),
  elb.send(new DescribeLoadBalancerAttributesCommand({ LoadBalancerArn })),
  elb.send(new DescribeTargetGroupAttributesCommand({ TargetGroupArn })),
  elb.send(new DescribeTargetHealthCommand({ TargetGroupArn })),
]);
