/** Several accounts in one sandbox: each sees its own and nothing of another's, and a role lets in whom its trust policy names. */
import { CreateVpcCommand, DeleteVpcCommand, DescribeVpcsCommand, EC2Client } from '@aws-sdk/client-ec2';
import {
  CreateTargetGroupCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import {
  CreateOpenIDConnectProviderCommand,
  CreateRoleCommand,
  IAMClient,
  ListServerCertificatesCommand,
  UploadServerCertificateCommand,
} from '@aws-sdk/client-iam';
import { GetResourcesCommand, ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { AssumeRoleCommand, AssumeRoleWithWebIdentityCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import * as assert from 'uvu/assert';
import { keyOfAccount } from '../../../sandbox/access-keys.ts';
import type { Sandbox } from '../../../sandbox/sandbox.ts';
import { createAuthority } from '../../support/certificate-authority.ts';
import { clientOptions, code, ec2Suite } from '../../support/ec2-bench.ts';

const DEV = '111111111111';
const PROD = '333333333333';
const ISSUER = 'token.actions.githubusercontent.com';

interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

const optionsFor = (sandbox: Sandbox, credentials: Keys) => ({ ...clientOptions(sandbox), credentials });
const keysOf = (account: string): Keys => ({ accessKeyId: keyOfAccount(account), secretAccessKey: 'any' });
const trust = (Principal: object, Condition?: object, Action = 'sts:AssumeRole'): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal, Action, ...(Condition ? { Condition } : {}) }] });
const token = (claims: object): string =>
  ['{"alg":"none"}', JSON.stringify(claims), ''].map((part) => Buffer.from(part).toString('base64url')).join('.');

const t = ec2Suite('sandbox accounts');

t('what one account makes another does not see, change or name', async ({ sandbox }) => {
  const [dev, prod] = [DEV, PROD].map((account) => {
    const options = optionsFor(sandbox, keysOf(account));
    return {
      ec2: new EC2Client(options),
      elb: new ElasticLoadBalancingV2Client(options),
      iam: new IAMClient(options),
      ssm: new SSMClient(options),
      sts: new STSClient(options),
      tagging: new ResourceGroupsTaggingAPIClient(options),
    };
  }) as [Clients, Clients];
  assert.is((await dev.sts.send(new GetCallerIdentityCommand({}))).Account, DEV);
  const { Vpc } = await dev.ec2.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }));
  assert.is(Vpc?.OwnerId, DEV);
  assert.equal((await prod.ec2.send(new DescribeVpcsCommand({}))).Vpcs, []);
  assert.is(await code(prod.ec2.send(new DeleteVpcCommand({ VpcId: Vpc?.VpcId }))), 'InvalidVpcID.NotFound');
  const group = { Name: 'web', Protocol: 'HTTP', Port: 80, VpcId: Vpc?.VpcId } as const;
  // What one account knows and another does not is no VPC at all there.
  assert.is(await code(prod.elb.send(new CreateTargetGroupCommand(group))), 'ValidationError');
  const Tags = [{ Key: 'albedo:stack', Value: 'web' }];
  const [made] = (await dev.elb.send(new CreateTargetGroupCommand({ ...group, Tags }))).TargetGroups ?? [];
  assert.is(made?.TargetGroupArn?.split(':')[4], DEV);
  assert.equal((await prod.elb.send(new DescribeTargetGroupsCommand({}))).TargetGroups, []);
  assert.is(
    await code(prod.elb.send(new DescribeTargetHealthCommand({ TargetGroupArn: made?.TargetGroupArn }))),
    'TargetGroupNotFoundException',
  );
  assert.is((await dev.tagging.send(new GetResourcesCommand({}))).ResourceTagMappingList?.length, 1);
  assert.equal((await prod.tagging.send(new GetResourcesCommand({}))).ResourceTagMappingList, []);
  await dev.ssm.send(new PutParameterCommand({ Name: '/albedo/web/lock', Value: 'x', Type: 'String' }));
  assert.is(await code(prod.ssm.send(new GetParameterCommand({ Name: '/albedo/web/lock' }))), 'ParameterNotFound');
  const { body, key } = await (await createAuthority('Root')).issue('web.example');
  const uploaded = await dev.iam.send(
    new UploadServerCertificateCommand({ ServerCertificateName: 'site', CertificateBody: body, PrivateKey: key }),
  );
  assert.is(uploaded.ServerCertificateMetadata?.Arn, `arn:aws:iam::${DEV}:server-certificate/site`);
  assert.equal((await prod.iam.send(new ListServerCertificatesCommand({}))).ServerCertificateMetadataList, []);
  for (const each of [dev, prod]) for (const client of Object.values(each)) client.destroy();
});

type Clients = {
  readonly ec2: EC2Client;
  readonly elb: ElasticLoadBalancingV2Client;
  readonly iam: IAMClient;
  readonly ssm: SSMClient;
  readonly sts: STSClient;
  readonly tagging: ResourceGroupsTaggingAPIClient;
};

t('a role is assumed by whom it trusts, and its keys are of its account', async ({ sandbox }) => {
  const sts = new STSClient(optionsFor(sandbox, keysOf(DEV)));
  const iam = new IAMClient(optionsFor(sandbox, keysOf(PROD)));
  const assume = (name: string) => sts.send(new AssumeRoleCommand({ RoleArn: `arn:aws:iam::${PROD}:role/${name}`, RoleSessionName: 'me' }));
  assert.is(await code(assume('ours')), 'AccessDenied', 'a role that is not there');
  await iam.send(new CreateRoleCommand({ RoleName: 'ours', AssumeRolePolicyDocument: trust({ AWS: `arn:aws:iam::${DEV}:root` }) }));
  await iam.send(new CreateRoleCommand({ RoleName: 'theirs', AssumeRolePolicyDocument: trust({ AWS: '222222222222' }) }));
  assert.is(await code(assume('theirs')), 'AccessDenied');
  const { Credentials } = await assume('ours');
  const keys = { accessKeyId: Credentials?.AccessKeyId ?? '', secretAccessKey: 'any', sessionToken: Credentials?.SessionToken ?? '' };
  const who = await new STSClient(optionsFor(sandbox, keys)).send(new GetCallerIdentityCommand({}));
  assert.equal([who.Account, who.Arn], [PROD, `arn:aws:sts::${PROD}:assumed-role/ours/me`]);
});

t('a job of GitHub Actions is let in by provider, audience, time and subject', async ({ sandbox }) => {
  const iam = new IAMClient(optionsFor(sandbox, keysOf(PROD)));
  // As the action does it, without credentials of its own.
  const sts = new STSClient({ ...clientOptions(sandbox), signer: { sign: async (request) => request } });
  const now = sandbox.clock.now() / 1000;
  const claims = { iss: `https://${ISSUER}`, aud: 'sts.amazonaws.com', sub: 'repo:acme/shop:environment:prod', exp: now + 300 };
  const assume = (changed: object = {}, RoleName = 'apply') =>
    sts.send(
      new AssumeRoleWithWebIdentityCommand({
        RoleArn: `arn:aws:iam::${PROD}:role/${RoleName}`,
        RoleSessionName: 'GitHubActions',
        WebIdentityToken: token({ ...claims, ...changed }),
      }),
    );
  assert.is(await code(assume()), 'InvalidIdentityTokenException', 'no provider');
  await iam.send(new CreateOpenIDConnectProviderCommand({ Url: `https://${ISSUER}`, ClientIDList: ['sts.amazonaws.com'] }));
  assert.is(await code(assume()), 'AccessDenied', 'no role');
  const AssumeRolePolicyDocument = trust(
    { Federated: `arn:aws:iam::${PROD}:oidc-provider/${ISSUER}` },
    { StringEquals: { [`${ISSUER}:aud`]: 'sts.amazonaws.com', [`${ISSUER}:sub`]: 'repo:acme/shop:environment:prod' } },
    'sts:AssumeRoleWithWebIdentity',
  );
  await iam.send(new CreateRoleCommand({ RoleName: 'apply', AssumeRolePolicyDocument }));
  const { Credentials } = await assume();
  assert.match(Credentials?.AccessKeyId ?? '', /^ASIA/);
  assert.is(await code(assume({ sub: 'repo:acme/shop:environment:dev' })), 'AccessDenied');
  assert.is(await code(assume({ sub: 'repo:mallory/shop:environment:prod' })), 'AccessDenied');
  assert.is(await code(assume({ aud: 'https://github.com/acme' })), 'InvalidIdentityTokenException');
  assert.is(await code(assume({ iss: 'https://token.mallory.example' })), 'InvalidIdentityTokenException');
  assert.is(await code(assume({ exp: now - 1 })), 'ExpiredTokenException');
  assert.is(await code(assume({}, 'other')), 'AccessDenied');
});

t.run();
