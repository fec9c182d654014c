/**
 * Names, ARNs and zone ids in the forms AWS gives them. ARN forms: Service Authorization Reference, "Resource types defined
 * by Elastic Load Balancing V2". Hosted zone ids of Application Load Balancers per region: AWS General Reference, "Elastic
 * Load Balancing endpoints and quotas".
 */
import { createHash, randomBytes, randomInt } from 'node:crypto';
import { validation } from './errors.ts';
import type { Store } from './store.ts';

const ZONES: Readonly<Record<string, string>> = {
  'us-east-1': 'Z35SXDOTRQ7X7K',
  'us-east-2': 'Z3AADJGX6KTTL2',
  'us-west-1': 'Z368ELLRRE2KJ0',
  'us-west-2': 'Z1H1FL5HABSF5',
  'af-south-1': 'Z268VQBMOI5EKX',
  'ap-east-1': 'Z3DQVH9N71FHZ0',
  'ap-south-1': 'ZP97RAFLXTNZK',
  'ap-northeast-1': 'Z14GRHDCWA56QT',
  'ap-northeast-2': 'ZWKZPGTI48KDX',
  'ap-northeast-3': 'Z5LXEXXYW11ES',
  'ap-southeast-1': 'Z1LMS91P8CMLE5',
  'ap-southeast-2': 'Z1GM3OXH4ZPM65',
  'ca-central-1': 'ZQSVJUPU6J1EY',
  'cn-north-1': 'Z1GDH35T77C1KE',
  'cn-northwest-1': 'ZM7IZAIOVVDZF',
  'eu-central-1': 'Z215JYRZR1TBD5',
  'eu-west-1': 'Z32O12XQLNTSW2',
  'eu-west-2': 'ZHURV8PSTC4K8',
  'eu-west-3': 'Z3Q77PNBQS71R4',
  'eu-north-1': 'Z23TAZ6LKFMNIO',
  'eu-south-1': 'Z3ULH7SSC9OV64',
  'me-south-1': 'ZS929ML54UICD',
  'sa-east-1': 'Z2P70J7HTTTPLU',
  'us-gov-east-1': 'Z166TLBEWOO7G0',
  'us-gov-west-1': 'Z33AYJ8TM3BH4J',
};

/** A region without a listed zone gets one that stays the same from run to run. */
export function hostedZoneId(region: string): string {
  return ZONES[region] ?? `Z${createHash('sha256').update(region).digest('hex').slice(0, 13).toUpperCase()}`;
}

export function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  if (region.startsWith('us-gov-')) return 'aws-us-gov';
  return 'aws';
}

/** 16 hexadecimal digits, the form of every ELBv2 id. */
export function newId(): string {
  return randomBytes(8).toString('hex');
}

function base(store: Store): string {
  return `arn:${partitionOf(store.region)}:elasticloadbalancing:${store.region}:${store.account}`;
}

export function loadBalancerArn(store: Store, name: string, id: string): string {
  return `${base(store)}:loadbalancer/app/${name}/${id}`;
}

export function targetGroupArn(store: Store, name: string): string {
  return `${base(store)}:targetgroup/${name}/${newId()}`;
}

export function listenerArn(ofLoadBalancer: string): string {
  return `${ofLoadBalancer.replace(':loadbalancer/', ':listener/')}/${newId()}`;
}

export function ruleArn(ofListener: string): string {
  return `${ofListener.replace(':listener/', ':listener-rule/')}/${newId()}`;
}

export function trustStoreArn(store: Store, name: string): string {
  return `${base(store)}:truststore/${name}/${newId()}`;
}

/** `internal-` marks an internal load balancer, as at AWS. */
export function dnsName(name: string, scheme: string, region: string): string {
  const suffix = partitionOf(region) === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com';
  return `${scheme === 'internal' ? 'internal-' : ''}${name}-${randomInt(100_000_000, 2_000_000_000)}.${region}.elb.${suffix}`;
}

export type ResourceKind = 'load balancer' | 'target group' | 'listener' | 'rule' | 'trust store';

const FORMS: Readonly<Record<ResourceKind, RegExp>> = {
  'load balancer': /^arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:[0-9]{12}:loadbalancer\/(app|net|gwy)\/[A-Za-z0-9-]+\/[0-9a-f]+$/,
  'target group': /^arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:[0-9]{12}:targetgroup\/[A-Za-z0-9-]+\/[0-9a-f]+$/,
  listener: /^arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:[0-9]{12}:listener\/(app|net|gwy)\/[A-Za-z0-9-]+\/[0-9a-f]+\/[0-9a-f]+$/,
  rule: /^arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:[0-9]{12}:listener-rule\/(app|net|gwy)\/[A-Za-z0-9-]+\/[0-9a-f]+\/[0-9a-f]+\/[0-9a-f]+$/,
  'trust store': /^arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:[0-9]{12}:truststore\/[A-Za-z0-9-]+\/[0-9a-f]+$/,
};

export function kindOfArn(arn: string): ResourceKind | undefined {
  for (const kind of Object.keys(FORMS) as ResourceKind[]) if (FORMS[kind].test(arn)) return kind;
  return undefined;
}

/** Answers the ARN when it has the form of one, else ValidationError. */
export function checkArn(kind: ResourceKind, arn: string | undefined): string {
  if (arn === undefined || arn === '') throw validation(`A ${kind} ARN must be specified`);
  if (!FORMS[kind].test(arn)) throw validation(`'${arn}' is not a valid ${kind} ARN`);
  return arn;
}
