/**
 * What AWS always answers and moto does not, put on EC2's answers: members of every subnet, route table, rule and instance, ids in
 * AWS's form, words of refusals. Members and values: recorded answers of AWS, 2017 to 2026.
 */
import { createHash } from 'node:crypto';
import type { ApiAnswer, ApiCall } from '../types.ts';
import { codeOf } from '../wire.ts';
import { buildXml, child, items, parseXml, rootOf, text, type XmlObject, type XmlValue } from '../xml.ts';
import { type Ec2Context, regionOf } from './context.ts';

type Completion = (node: XmlObject, context: Ec2Context, call: ApiCall) => void;

const add = (node: XmlObject, members: Readonly<Record<string, XmlValue>>): void => {
  for (const [name, value] of Object.entries(members)) node[name] ??= value;
};

/** moto's one DHCP option set has no id; AWS's has, one per region. */
const dhcpOptionsId = (region: string): string => `dopt-${createHash('sha256').update(region).digest('hex').slice(0, 17)}`;

const vpc: Completion = (node, _, call) => {
  if (text(node, 'dhcpOptionsId') === 'default') node['dhcpOptionsId'] = dhcpOptionsId(call.region);
};

const subnet: Completion = (node, context, call) => {
  add(node, {
    mapCustomerOwnedIpOnLaunch: 'false',
    enableDns64: 'false',
    blockPublicAccessStates: { internetGatewayBlockMode: 'off' },
  });
  const outpostArn = context.outposts.get(text(node, 'subnetId'));
  if (outpostArn !== undefined) add(node, { outpostArn });
  // moto calls the first subnet of a zone its default one, whatever VPC it is in.
  const home = regionOf(context, call).vpcs.get(text(node, 'vpcId'));
  if (home !== undefined && !home.isDefault) node['defaultForAz'] = 'false';
};

const routeTable: Completion = (node) => add(node, { propagatingVgwSet: '' });

const groupRule: Completion = (node, _, { account }) => {
  add(node, { groupOwnerId: account });
  if (items(node, 'tagSet').length === 0) delete node['tagSet'];
};

/** Nobody's but the account's; those of load balancers answer the same (unknown, as none was recorded since 2025). */
const networkInterface: Completion = (node) => add(node, { operator: { managed: 'false' } });

const instance: Completion = (node, context, call) => {
  // Windows and its drivers only.
  for (const name of ['platform', 'sriovNetSupport']) if (text(node, name) !== 'windows') delete node[name];
  add(node, {
    cpuOptions: { coreCount: '1', threadsPerCore: '2' },
    maintenanceOptions: { autoRecovery: 'default', rebootMigration: 'default' },
    platformDetails: 'Linux/UNIX',
    usageOperation: 'RunInstances',
    usageOperationUpdateTime: text(node, 'launchTime'),
    currentInstanceBootMode: 'legacy-bios',
    operator: { managed: 'false' },
    networkPerformanceOptions: { bandwidthWeighting: 'default' },
    enaSupport: 'true',
    enclaveOptions: { enabled: 'false' },
    capacityReservationSpecification: { capacityReservationPreference: 'open' },
    privateDnsNameOptions: {
      hostnameType: 'ip-name',
      enableResourceNameDnsARecord: 'false',
      enableResourceNameDnsAAAARecord: 'false',
    },
  });
  if (child(node, 'hibernationOptions')['configured'] === undefined) node['hibernationOptions'] = { configured: 'false' };
  for (const one of items(node, 'networkInterfaceSet')) {
    networkInterface(one, context, call);
    const privateDnsName = text(node, 'privateDnsName');
    add(one, { privateDnsName });
    for (const address of items(one, 'privateIpAddressesSet')) add(address, { privateDnsName });
  }
};

/** By the element that holds one thing, or a list of them. */
const COMPLETIONS: Readonly<Record<string, Completion>> = {
  vpc,
  vpcSet: vpc,
  subnet,
  subnetSet: subnet,
  routeTable,
  routeTableSet: routeTable,
  securityGroupRuleSet: groupRule,
  instancesSet: instance,
  networkInterface,
  networkInterfaceSet: networkInterface,
};

function walk(node: XmlObject, visit: (name: string, node: XmlObject) => void): void {
  for (const [name, value] of Object.entries(node)) {
    if (typeof value !== 'object' || Array.isArray(value)) continue;
    const list = items(node, name);
    const things = list.length > 0 ? list : [child(node, name)];
    for (const thing of things) {
      if (Object.hasOwn(COMPLETIONS, name) && Object.keys(thing).length > 0) visit(name, thing);
      walk(thing, visit);
    }
  }
}

/** Every list in the order of the seed. */
function shuffle(node: XmlObject, context: Ec2Context): void {
  for (const value of Object.values(node)) {
    if (typeof value !== 'object' || Array.isArray(value)) continue;
    const object = value as XmlObject;
    const list = object['item'];
    if (Array.isArray(list)) object['item'] = context.order.arrange(list as readonly XmlValue[], (_, index) => String(index));
    for (const item of Array.isArray(list) ? (list as readonly XmlValue[]) : [])
      if (typeof item === 'object') shuffle(item as XmlObject, context);
    shuffle(object, context);
  }
}

/** moto has words of its own for some refusals, Python sets among them: `VpcID {'vpc-1'} does not exist.` */
const REWORDED: Readonly<Record<string, (id: string) => string>> = {
  'InvalidVpcID.NotFound': (id) => `The vpc ID '${id}' does not exist`,
  'InvalidInternetGatewayID.NotFound': (id) => `The internetGateway ID '${id}' does not exist`,
};

function reword(answer: ApiAnswer, code: string): ApiAnswer {
  const words = REWORDED[code];
  const id = /\b(?:vpc|igw)-[0-9A-Za-z]+/.exec(answer.body)?.[0];
  if (words === undefined || id === undefined) return answer;
  return { ...answer, body: answer.body.replace(/<Message>[^<]*<\/Message>/, `<Message>${words(id)}</Message>`) };
}

/** The answer as AWS gives it, a refusal too. */
export function complete(context: Ec2Context, call: ApiCall, answer: ApiAnswer): ApiAnswer {
  const code = codeOf(answer);
  if (code !== undefined) return reword(answer, code);
  const document = parseXml(answer.body);
  const { content } = rootOf(document);
  walk(content, (name, node) => COMPLETIONS[name]?.(node, context, call));
  if (call.action === 'CreateVpc') child(content, 'vpc')['state'] = 'pending';
  if (context.order.seed !== undefined && call.action.startsWith('Describe')) shuffle(content, context);
  return { ...answer, body: buildXml(document) };
}
