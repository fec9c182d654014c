/** What AWS itself shows of a resource, asked with the SDK and found by its tags: a view that shares nothing with the reconciler. */
import { DescribeInstancesCommand, DescribeSecurityGroupsCommand, DescribeSubnetsCommand, DescribeVpcsCommand } from '@aws-sdk/client-ec2';
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
  DescribeTrustStoresCommand,
  type Listener,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { GetServerCertificateCommand, ListServerCertificatesCommand } from '@aws-sdk/client-iam';
import type { Bench } from './contract-bench.ts';

export type View = { readonly [key: string]: unknown };

type Pairs = readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[];

/** `[{ Key, Value }]` as an object. */
export const fromPairs = (pairs: Pairs | undefined): Record<string, string> =>
  Object.fromEntries((pairs ?? []).map(({ Key, Value }) => [Key ?? '', Value ?? '']));

const is =
  (address: string) =>
  (one: View): boolean =>
    (one['tags'] as Record<string, string>)['albedo:address'] === address;

/** All live objects of the address; a replacement under way shows two. */
export async function viewsOf(bench: Bench, address: string): Promise<readonly View[]> {
  const kind = address.split('/')[0] ?? '';
  return (await all(bench, kind)).filter(is(address));
}

/** The one live object of the address. */
export async function viewOf(bench: Bench, address: string): Promise<View> {
  const [one, ...others] = await viewsOf(bench, address);
  if (one === undefined || others.length > 0)
    throw new Error(`AWS shows ${others.length + (one === undefined ? 0 : 1)} objects tagged ${address}, not one`);
  return one;
}

/** Every object of a kind, whoever owns it, with its tags as an object. */
export async function all(bench: Bench, kind: string): Promise<readonly View[]> {
  const { ec2, elb, iam } = bench;
  const tagged = (list: readonly { readonly Tags?: Pairs }[] | undefined): readonly View[] =>
    (list ?? []).map((one) => ({ ...one, tags: fromPairs(one.Tags) }));
  switch (kind) {
    case 'vpc':
      return tagged((await ec2.send(new DescribeVpcsCommand({}))).Vpcs as never);
    case 'subnet':
      return tagged((await ec2.send(new DescribeSubnetsCommand({}))).Subnets as never);
    case 'securityGroup':
      return tagged((await ec2.send(new DescribeSecurityGroupsCommand({}))).SecurityGroups as never);
    case 'instance': {
      const found = (await ec2.send(new DescribeInstancesCommand({}))).Reservations?.flatMap(({ Instances }) => Instances ?? []) ?? [];
      return tagged(found.filter(({ State }) => State?.Name !== 'terminated' && State?.Name !== 'shutting-down') as never);
    }
    case 'certificate': {
      const names = (await iam.send(new ListServerCertificatesCommand({}))).ServerCertificateMetadataList ?? [];
      return Promise.all(
        names.map(async ({ ServerCertificateName }) => {
          const one = (await iam.send(new GetServerCertificateCommand({ ServerCertificateName }))).ServerCertificate;
          return { ...one, tags: fromPairs(one?.Tags) };
        }),
      );
    }
    case 'loadBalancer': {
      const found = (await elb.send(new DescribeLoadBalancersCommand({}))).LoadBalancers ?? [];
      return Promise.all(
        found.map(async (one) => {
          const LoadBalancerArn = one.LoadBalancerArn;
          const { Attributes } = await elb.send(new DescribeLoadBalancerAttributesCommand({ LoadBalancerArn }));
          return { ...one, attributes: fromPairs(Attributes), tags: await tagsOf(bench, LoadBalancerArn) };
        }),
      );
    }
    case 'targetGroup': {
      const found = (await elb.send(new DescribeTargetGroupsCommand({}))).TargetGroups ?? [];
      return Promise.all(
        found.map(async (one) => {
          const TargetGroupArn = one.TargetGroupArn;
          const { Attributes } = await elb.send(new DescribeTargetGroupAttributesCommand({ TargetGroupArn }));
          const { TargetHealthDescriptions = [] } = await elb.send(new DescribeTargetHealthCommand({ TargetGroupArn }));
          const targets = TargetHealthDescriptions.filter(({ TargetHealth }) => TargetHealth?.State !== 'draining').map(
            ({ Target }) => Target,
          );
          return { ...one, attributes: fromPairs(Attributes), tags: await tagsOf(bench, TargetGroupArn), targets };
        }),
      );
    }
    case 'listener':
      return Promise.all(
        (await listeners(bench)).map(async (one) => {
          const { Attributes } = await elb.send(new DescribeListenerAttributesCommand({ ListenerArn: one.ListenerArn }));
          return { ...one, attributes: fromPairs(Attributes), tags: await tagsOf(bench, one.ListenerArn) };
        }),
      );
    case 'rule': {
      const found = await Promise.all(
        (await listeners(bench)).map(async ({ ListenerArn }) => (await elb.send(new DescribeRulesCommand({ ListenerArn }))).Rules ?? []),
      );
      return Promise.all(found.flat().map(async (one) => ({ ...one, tags: await tagsOf(bench, one.RuleArn) })));
    }
    case 'trustStore': {
      const found = (await elb.send(new DescribeTrustStoresCommand({}))).TrustStores ?? [];
      return Promise.all(found.map(async (one) => ({ ...one, tags: await tagsOf(bench, one.TrustStoreArn) })));
    }
    default:
      throw new Error(`no view of ${kind}`);
  }
}

async function listeners({ elb }: Bench): Promise<readonly Listener[]> {
  const balancers = (await elb.send(new DescribeLoadBalancersCommand({}))).LoadBalancers ?? [];
  const found = await Promise.all(
    balancers.map(async ({ LoadBalancerArn }) => (await elb.send(new DescribeListenersCommand({ LoadBalancerArn }))).Listeners ?? []),
  );
  return found.flat();
}

async function tagsOf({ elb }: Bench, arn: string | undefined): Promise<Record<string, string>> {
  return fromPairs((await elb.send(new DescribeTagsCommand({ ResourceArns: [arn ?? ''] }))).TagDescriptions?.[0]?.Tags);
}

/** What is at a path of keys. */
export function at(view: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (inner === null || inner === undefined ? undefined : (inner as Record<string | number, unknown>)[key]),
    view,
  );
}
