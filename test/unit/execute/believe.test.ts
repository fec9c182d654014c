/** Codes that say "there already" and "not found", from a cloud in which that is so, in part so, and not so. */

import * as assert from 'uvu/assert';
import { LOOKS, looksOf } from '../../../reconciler/aws/looks.ts';
import { OPERATIONS, operationOf } from '../../../reconciler/aws/operations.ts';
import type { Kind } from '../../../reconciler/model/field.ts';
import type { Json, JsonObject } from '../../../reconciler/model/json.ts';
import { fieldsOf, KINDS } from '../../../reconciler/model/kinds.ts';
import { answering, outcomes, planOfSteps, refusal, start, step } from '../../support/scripted-cloud.ts';
import { suite } from '../../support/suite.ts';

const t = suite('execute/believe');

const options = { doneCodes: (op: string) => operationOf(op).done ?? [], looks: looksOf };
const WEB = { IpProtocol: 'tcp', FromPort: 80, ToPort: 80 };
const TLS = { IpProtocol: 'tcp', FromPort: 443, ToPort: 443 };

interface Row {
  readonly op: string;
  readonly code: string;
  readonly effect?: 'destroy';
  readonly input: Json;
  /** What the look answers when it is as wished, and when it is not. */
  readonly so: Json;
  readonly not: Json;
}

const group = (...permissions: readonly Json[]): Json => ({
  SecurityGroups: [{ IpPermissions: permissions, IpPermissionsEgress: permissions }],
});
const open = { ...WEB, IpRanges: [{ CidrIp: '10.0.0.0/8', Description: 'ours' }, { CidrIp: '0.0.0.0/0' }] };
const table = (...routes: readonly Json[]): Json => ({ RouteTables: [{ Routes: routes }] });
const gateway = (vpc: string): Json => ({ InternetGateways: [{ Attachments: [{ State: 'available', VpcId: vpc }] }] });

const ROWS: readonly Row[] = [
  ...(['Ingress', 'Egress'] as const).flatMap((direction): Row[] => [
    {
      op: `ec2:AuthorizeSecurityGroup${direction}`,
      code: 'InvalidPermission.Duplicate',
      input: { GroupId: 'sg-1', IpPermissions: [{ ...WEB, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }] },
      so: group(open),
      not: group({ ...open, IpRanges: [{ CidrIp: '10.0.0.0/8' }] }),
    },
    {
      op: `ec2:RevokeSecurityGroup${direction}`,
      code: 'InvalidPermission.NotFound',
      input: { GroupId: 'sg-1', IpPermissions: [{ ...WEB, Ipv6Ranges: [{ CidrIpv6: '::/0', Description: 'once' }] }] },
      so: group(open),
      not: group({ ...WEB, Ipv6Ranges: [{ CidrIpv6: '::/0' }] }),
    },
    {
      op: `ec2:RevokeSecurityGroup${direction}`,
      code: 'InvalidSecurityGroupRuleId.NotFound',
      input: { GroupId: 'sg-1', SecurityGroupRuleIds: ['sgr-1'] },
      so: { SecurityGroupRules: [{ SecurityGroupRuleId: 'sgr-2' }] },
      not: { SecurityGroupRules: [{ SecurityGroupRuleId: 'sgr-1' }] },
    },
  ]),
  {
    op: 'ec2:CreateRoute',
    code: 'RouteAlreadyExists',
    input: { RouteTableId: 'rtb-1', DestinationCidrBlock: '0.0.0.0/0', GatewayId: 'igw-1' },
    so: table({ DestinationCidrBlock: '0.0.0.0/0', GatewayId: 'igw-1', State: 'active' }),
    not: table({ DestinationCidrBlock: '0.0.0.0/0', NatGatewayId: 'nat-1' }, { DestinationCidrBlock: '1.0.0.0/8', GatewayId: 'igw-1' }),
  },
  {
    op: 'ec2:DeleteRoute',
    code: 'InvalidRoute.NotFound',
    input: { RouteTableId: 'rtb-1', DestinationCidrBlock: '0.0.0.0/0' },
    so: table({ DestinationCidrBlock: '10.0.0.0/16' }),
    not: table({ DestinationCidrBlock: '0.0.0.0/0', GatewayId: 'igw-9' }),
  },
  {
    op: 'ec2:AssociateRouteTable',
    code: 'Resource.AlreadyAssociated',
    input: { RouteTableId: 'rtb-1', SubnetId: 'subnet-1' },
    so: { RouteTables: [{ Associations: [{ SubnetId: 'subnet-1', RouteTableAssociationId: 'x' }] }] },
    not: { RouteTables: [{ Associations: [{ SubnetId: 'subnet-2' }] }] },
  },
  {
    op: 'ec2:DisassociateRouteTable',
    code: 'InvalidAssociationID.NotFound',
    input: { AssociationId: 'rtbassoc-1' },
    so: { RouteTables: [] },
    not: { RouteTables: [{ RouteTableId: 'rtb-1' }] },
  },
  {
    op: 'ec2:AttachInternetGateway',
    code: 'Resource.AlreadyAssociated',
    input: { InternetGatewayId: 'igw-1', VpcId: 'vpc-1' },
    so: gateway('vpc-1'),
    not: gateway('vpc-2'),
  },
  {
    op: 'ec2:DetachInternetGateway',
    code: 'Gateway.NotAttached',
    input: { InternetGatewayId: 'igw-1', VpcId: 'vpc-1' },
    so: gateway('vpc-2'),
    not: gateway('vpc-1'),
  },
  {
    op: 'elbv2:RemoveTrustStoreRevocations',
    code: 'RevocationIdNotFound',
    input: { TrustStoreArn: 'arn:ts', RevocationIds: [1] },
    so: { TrustStoreRevocations: [{ RevocationId: 2 }] },
    not: { TrustStoreRevocations: [{ RevocationId: 1 }] },
  },
  {
    op: 'ec2:DisassociateVpcCidrBlock',
    code: 'InvalidVpcCidrBlockAssociationID.NotFound',
    input: { AssociationId: 'a-1' },
    so: { Vpcs: [{ Ipv6CidrBlockAssociationSet: [{ AssociationId: 'a-1', Ipv6CidrBlockState: { State: 'disassociated' } }] }] },
    not: { Vpcs: [{ Ipv6CidrBlockAssociationSet: [{ AssociationId: 'a-1', Ipv6CidrBlockState: { State: 'associated' } }] }] },
  },
  {
    op: 'ec2:DisassociateSubnetCidrBlock',
    code: 'InvalidSubnetCidrBlockAssociationID.NotFound',
    input: { AssociationId: 'a-1' },
    so: { Subnets: [] },
    not: { Subnets: [{ Ipv6CidrBlockAssociationSet: [{ AssociationId: 'a-1', Ipv6CidrBlockState: { State: 'associated' } }] }] },
  },
  ...(KINDS as readonly Kind[]).map(({ destroy }): Row => {
    const [look] = looksOf(destroy.op);
    return {
      op: destroy.op,
      code: 'SomethingNotFound',
      effect: 'destroy',
      input: { [destroy.param]: destroy.list ? ['x'] : 'x' },
      so: {},
      not: asPath(look?.path ?? ''),
    };
  }),
];

/** An answer in which something stands at the path. */
function asPath(path: string): Json {
  return path
    .split('.')
    .reverse()
    .reduce<Json>((inner, part) => ({ [part.replace('[]', '')]: part.endsWith('[]') ? [inner] : inner }), { Id: 'x' });
}

for (const { op, code, effect, input, so, not } of ROWS) {
  const run = async (answer: Json) => {
    const cloud = answering((called) => {
      if (called === op) throw refusal(op, code);
      return answer;
    });
    const result = await start(planOfSteps(step('a', { op, input, ...(effect === undefined ? {} : { effect }) })), cloud, options).run;
    return { result, cloud };
  };
  t(`${op}, ${code}: believed when it is so`, async () => {
    const { result, cloud } = await run(so);
    assert.equal(outcomes(result), { a: 'done' });
    assert.is(cloud.calls.length, 2, 'the call and one look');
    assert.not.match(JSON.stringify(cloud.calls[1]?.input), /\{\w+\}/, 'the look names what the call names');
  });
  t(`${op}, ${code}: not believed when it is not so`, async () => {
    const { result } = await run(not);
    assert.equal(outcomes(result), { a: 'failed' });
    assert.match(result.steps[0]?.error?.message ?? '', new RegExp(`AWS answered ${code}, but \\w+ shows a different state`));
  });
}

t('one rule that is there refuses all: the others are sent again', async () => {
  const live: Json[] = [{ ...WEB, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }];
  const cloud = answering((op, input) => {
    if (op.includes('Describe')) return group(...live);
    const sent = (input as JsonObject)['IpPermissions'] as readonly Json[];
    if (sent.some((rule) => JSON.stringify(rule) === JSON.stringify(live[0]))) throw refusal(op, 'InvalidPermission.Duplicate');
    live.push(...sent);
    return {};
  });
  const wanted = [
    { ...WEB, IpRanges: [{ CidrIp: '0.0.0.0/0' }] },
    { ...TLS, IpRanges: [{ CidrIp: '0.0.0.0/0' }] },
    { ...TLS, PrefixListIds: [{ PrefixListId: 'pl-1' }] },
  ];
  const input = { GroupId: 'sg-1', IpPermissions: wanted };
  const { run } = start(planOfSteps(step('a', { op: 'ec2:AuthorizeSecurityGroupIngress', input })), cloud, options);
  assert.equal(outcomes(await run), { a: 'done' });
  assert.equal(live, wanted);
});

t('a look that is refused ends the step with what AWS said', async () => {
  const cloud = answering((op) => {
    throw refusal(op, op === 'ec2:CreateRoute' ? 'RouteAlreadyExists' : 'UnauthorizedOperation', 403);
  });
  const { run } = start(planOfSteps(step('a', { op: 'ec2:CreateRoute', input: { RouteTableId: 'rtb-1' } })), cloud, options);
  assert.is((await run).steps[0]?.error?.code, 'UnauthorizedOperation');
});

t('each operation with such codes, and each by which a kind ends, can be looked after', () => {
  const without = Object.entries(OPERATIONS).filter(([op, row]) => 'done' in row && row.done !== undefined && looksOf(op).length === 0);
  assert.equal(
    without.map(([op]) => op),
    [],
  );
  assert.equal(
    (KINDS as readonly Kind[]).map(({ destroy }) => destroy.op).filter((op) => looksOf(op).length === 0),
    [],
  );
  const links = (KINDS as readonly Kind[]).flatMap((kind) =>
    fieldsOf(kind).flatMap(([, { wire }]) => (wire.how === 'link' ? [wire.unlink] : [])),
  );
  assert.equal(
    links.filter((op) => looksOf(op).length === 0),
    [],
  );
  for (const op of Object.values(LOOKS).flatMap((looks) => looks.map((look) => look.op))) assert.is(operationOf(op).access, 'read', op);
});

t.run();
