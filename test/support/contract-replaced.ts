/** Trials of everything AWS fixes at creation: the plan replaces, what hangs on it moves over, nothing is left behind. */
import type { Json } from '../../reconciler/model/json.ts';
import type { Edit, Trial } from './contract-trials.ts';

/** Groups of every kind are set by reference, so a new group is put in before the old one goes. */
const USED: readonly Edit[] = [['instances/web-1/securityGroups', ['own', 'back']]];

const TARGETS = ['update targetGroup/web targets'];
const LISTENERS = ['update listener/http defaultActions', 'update listener/https defaultActions'];
const CERTIFIED = ['update listener/https certificate'];
/** A target group serves one load balancer, so a new one needs new groups beside the old ones. */
const BALANCED = [
  'replace listener/http loadBalancer defaultActions',
  'replace listener/https loadBalancer defaultActions',
  'replace targetGroup/web name',
];
/** All that is in a VPC goes with it; the certificates are in none. */
const NETWORK = [
  'replace instance/web-1 subnet securityGroups',
  'replace instance/web-2 subnet securityGroups',
  'replace internetGateway/main vpc',
  'replace listener/http loadBalancer defaultActions',
  'replace listener/https loadBalancer defaultActions',
  'replace loadBalancer/main vpc subnets securityGroups',
  'replace routeTable/public vpc routes subnets',
  'replace securityGroup/back vpc',
  'replace securityGroup/front vpc',
  'replace securityGroup/instances vpc ingress',
  'replace securityGroup/load-balancer vpc',
  'replace securityGroup/own vpc',
  'replace subnet/a vpc',
  'replace subnet/b vpc',
  'replace subnet/c vpc',
  'replace targetGroup/other vpc',
  'replace targetGroup/web vpc targets',
];

const ref = (address: string): Json => ({ $ref: address });
const MINIMAL = '/aws/service/ami-amazon-linux-latest/al2023-ami-minimal-kernel-default-x86_64';

export const REPLACED: Readonly<Record<string, Trial>> = {
  'vpc cidrBlock': { on: 'main', to: '10.0.0.0/17', shows: [['CidrBlock'], '10.0.0.0/17'], also: NETWORK },
  'subnet availabilityZone': {
    on: 'c',
    to: 'us-east-1d',
    shows: [['AvailabilityZone'], 'us-east-1d'],
    also: ['update routeTable/public subnets'],
  },
  'subnet cidrBlock': {
    on: 'b',
    to: '10.0.12.0/24',
    shows: [['CidrBlock'], '10.0.12.0/24'],
    also: ['update routeTable/public subnets', 'replace instance/web-2 subnet', 'update loadBalancer/main subnets', ...TARGETS],
  },
  'securityGroup description': {
    on: 'own',
    to: 'Said anew',
    existing: USED,
    shows: [['Description'], 'Said anew'],
    also: ['update instance/web-1 securityGroups'],
  },
  'instance subnet': {
    on: 'web-2',
    to: 'a',
    before: ref('subnet/b.id'),
    after: ref('subnet/a.id'),
    shows: [['Placement', 'AvailabilityZone'], 'us-east-1a'],
    also: TARGETS,
  },
  'instance instanceType': { on: 'web-1', to: 't3.small', shows: [['InstanceType'], 't3.small'], also: TARGETS },
  'instance image': { on: 'web-1', to: MINIMAL, also: TARGETS },
  'instance keyName': { on: 'web-1', to: 'ops', before: undefined, stays: true, shows: [['KeyName'], 'ops'], also: TARGETS },
  'certificate commonName': {
    on: 'site',
    to: '*.other.example',
    also: ['replace certificate/site commonName subjectAlternativeNames', ...CERTIFIED],
  },
  'certificate subjectAlternativeNames': {
    on: 'site',
    to: ['webserver.example', 'www.webserver.example'],
    before: ['webserver.example'],
    also: CERTIFIED,
  },
  'certificate validFor': { on: 'site', to: '30d', also: CERTIFIED },
  'targetGroup name': {
    on: 'web',
    to: 'said-by-hand',
    before: /^webserver-web-[0-9a-f]{4}$/,
    stays: true,
    shows: [['TargetGroupName'], 'said-by-hand'],
    also: LISTENERS,
  },
  'targetGroup targetType': { on: 'other', to: 'ip', shows: [['TargetType'], 'ip'] },
  'targetGroup protocol': { on: 'web', to: 'HTTPS', shows: [['Protocol'], 'HTTPS'], also: LISTENERS },
  'targetGroup port': {
    on: 'web',
    to: 8081,
    shows: [['Port'], 8081],
    also: [
      'replace targetGroup/web port targets',
      'replace instance/web-1 userData',
      'replace instance/web-2 userData',
      'update securityGroup/instances ingress',
      ...LISTENERS,
    ],
  },
  'targetGroup protocolVersion': { on: 'other', to: 'HTTP2', shows: [['ProtocolVersion'], 'HTTP2'] },
  'targetGroup ipAddressType': { on: 'other', to: 'ipv6', shows: [['IpAddressType'], 'ipv6'] },
  'loadBalancer name': { on: 'main', to: 'front-door', shows: [['LoadBalancerName'], 'front-door'], also: BALANCED },
  'loadBalancer scheme': { on: 'main', to: 'internal', shows: [['Scheme'], 'internal'], also: BALANCED },
};
