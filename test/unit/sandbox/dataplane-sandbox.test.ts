/** The whole sandbox through the AWS SDK: a trust store, a listener that verifies and a rule that rewrites, then a handshake. */
import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { AuthorizeSecurityGroupIngressCommand, CreateSecurityGroupCommand, DescribeSubnetsCommand, EC2Client } from '@aws-sdk/client-ec2';
import {
  AddTrustStoreRevocationsCommand,
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateRuleCommand,
  CreateTrustStoreCommand,
  DescribeTrustStoresCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { IAMClient, UploadServerCertificateCommand } from '@aws-sdk/client-iam';
import * as assert from 'uvu/assert';
import { type Sandbox, startSandbox } from '../../../sandbox/sandbox.ts';
import { suite } from '../../support/suite.ts';
import { type Authority, type ClientCertificate, makeAuthority } from './dataplane-authority.ts';
import { makeCertificate, pause } from './dataplane-world.ts';

const t = suite('data plane: the whole sandbox');

let sandbox: Sandbox;
let root: Authority;
let elb: ElasticLoadBalancingV2Client;
let trustStore: string;
let place: string;

/** Asks again until AWS's side of it is ready; the last refusal counts. */
const eventually = async <T>(task: () => Promise<T>): Promise<T> => {
  for (let left = 40; left > 1; left--) {
    try {
      return await task();
    } catch {
      sandbox.clock.advance(500);
      await pause(50);
    }
  }
  return task();
};

const outcome = (path: string, client?: ClientCertificate): Promise<string> =>
  new Promise((resolve) => {
    const [host, port] = place.split(':');
    const sent = request(
      { host, port: Number(port), path, agent: false, rejectUnauthorized: false, headers: { Host: 'a.example' }, ...client },
      (answer) => {
        let body = '';
        answer.on('data', (chunk: Buffer) => {
          body += chunk.toString();
        });
        answer.on('end', () => resolve(body));
      },
    );
    sent.on('error', () => resolve('refused')).end();
  });

t.before(async () => {
  sandbox = await startSandbox({ defaultVpc: true });
  root = await makeAuthority('CN=root.example');
  const client = {
    endpoint: sandbox.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x' },
  };
  const [ec2, iam] = [new EC2Client(client), new IAMClient(client)];
  elb = new ElasticLoadBalancingV2Client(client);
  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({}));
  const { GroupId = '' } = await ec2.send(
    new CreateSecurityGroupCommand({ GroupName: 'door', Description: 'door', VpcId: String(Subnets[0]?.VpcId) }),
  );
  await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpProtocol: 'tcp', FromPort: 443, ToPort: 443, CidrIp: '0.0.0.0/0' }));
  const { body, privateKey } = await makeCertificate('arn:cert', 'site.example');
  const { ServerCertificateMetadata: uploaded } = await iam.send(
    new UploadServerCertificateCommand({ ServerCertificateName: 'site', CertificateBody: body, PrivateKey: privateKey }),
  );
  const { LoadBalancers: [lb] = [] } = await elb.send(
    new CreateLoadBalancerCommand({
      Name: 'site',
      Subnets: Subnets.slice(0, 2).map(({ SubnetId }) => String(SubnetId)),
      SecurityGroups: [GroupId],
    }),
  );
  sandbox.objects.put('trust', 'clients.pem', Buffer.from(root.cert));
  sandbox.objects.put('trust', 'revoked.pem', Buffer.from(await root.revoke(['0BAD'])));
  const { TrustStores: [store] = [] } = await elb.send(
    new CreateTrustStoreCommand({ Name: 'clients', CaCertificatesBundleS3Bucket: 'trust', CaCertificatesBundleS3Key: 'clients.pem' }),
  );
  trustStore = String(store?.TrustStoreArn);
  await eventually(async () => {
    const { TrustStores: [now] = [] } = await elb.send(new DescribeTrustStoresCommand({ TrustStoreArns: [trustStore] }));
    if (now?.Status !== 'ACTIVE') throw new Error('not yet');
  });
  const { Listeners: [listener] = [] } = await eventually(() =>
    elb.send(
      new CreateListenerCommand({
        LoadBalancerArn: String(lb?.LoadBalancerArn),
        Protocol: 'HTTPS',
        Port: 443,
        Certificates: [{ CertificateArn: String(uploaded?.Arn) }],
        MutualAuthentication: { Mode: 'verify', TrustStoreArn: trustStore },
        DefaultActions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '200', MessageBody: 'in' } }],
      }),
    ),
  );
  await elb.send(
    new CreateRuleCommand({
      ListenerArn: String(listener?.ListenerArn),
      Priority: 1,
      Conditions: [{ Field: 'path-pattern', PathPatternConfig: { RegexValues: ['^/v[0-9]+$'] } }],
      Actions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '200', MessageBody: 'by expression' } }],
    }),
  );
  await eventually(async () => {
    await sandbox.settled();
    const hosts = JSON.parse(readFileSync(sandbox.hostsFile, 'utf8')) as Readonly<Record<string, string>>;
    place = hosts[`${lb?.DNSName}:443`] ?? '';
    if (place === '') throw new Error('not served yet');
  });
});
// Without `?` a failed start would hide its reason behind this one's.
t.after(() => (sandbox as Sandbox | undefined)?.stop());

t('clients of the trust store get in, others do not, and revocations added later count', async () => {
  const [good, bad] = await Promise.all([root.client('CN=good', { serial: '0A' }), root.client('CN=bad', { serial: '0BAD' })]);
  assert.equal([await outcome('/', good), await outcome('/', bad), await outcome('/')], ['in', 'in', 'refused']);
  assert.is(await outcome('/v12', good), 'by expression');
  await elb.send(
    new AddTrustStoreRevocationsCommand({
      TrustStoreArn: trustStore,
      RevocationContents: [{ S3Bucket: 'trust', S3Key: 'revoked.pem', RevocationType: 'CRL' }],
    }),
  );
  await sandbox.settled();
  assert.equal([await outcome('/', good), await outcome('/', bad)], ['in', 'refused']);
});

t.run();
