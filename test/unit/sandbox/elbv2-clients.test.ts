/** The AWS SDK against the server over HTTP on loopback: what it sends is understood, what it gets it can read. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  AddListenerCertificatesCommand,
  AddTagsCommand,
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateRuleCommand,
  CreateTargetGroupCommand,
  DeleteListenerCommand,
  DeleteLoadBalancerCommand,
  DeleteTargetGroupCommand,
  DescribeAccountLimitsCommand,
  DescribeListenerCertificatesCommand,
  DescribeListenersCommand,
  DescribeLoadBalancerAttributesCommand,
  DescribeLoadBalancersCommand,
  DescribeRulesCommand,
  DescribeSSLPoliciesCommand,
  DescribeTagsCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  DuplicateListenerException,
  ElasticLoadBalancingV2Client,
  LoadBalancerNotFoundException,
  ModifyListenerCommand,
  ModifyLoadBalancerAttributesCommand,
  ModifyTargetGroupAttributesCommand,
  paginateDescribeTargetGroups,
  RegisterTargetsCommand,
  SetRulePrioritiesCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import * as assert from 'uvu/assert';
import { type Bench, createBench, START } from '../../support/elbv2-bench.ts';
import { rejects } from '../../support/rejects.ts';
import { CERTIFICATES, INSTANCES, SUBNETS, VPC } from '../../support/sandbox-network.ts';
import { suite } from '../../support/suite.ts';

interface World {
  bench: Bench;
  client: ElasticLoadBalancingV2Client;
}
const t = suite<World>('sandbox/elbv2 with the AWS SDK');
let close: (() => Promise<void>) | undefined;

t.before.each(async (world) => {
  const bench = createBench({ pageSize: 2 });
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      const params = Object.fromEntries(new URLSearchParams(body));
      const action = params['Action'] ?? '';
      const answer = bench.elbv2.handle({
        service: 'elasticloadbalancing',
        action,
        params,
        region: 'us-east-1',
        account: '123456789012',
        requestId: 'request-1',
      });
      response.writeHead(answer.status, { 'content-type': answer.contentType, 'x-amzn-requestid': 'request-1' }).end(answer.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const client = new ElasticLoadBalancingV2Client({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 });
  world.bench = bench;
  world.client = client;
  close = async () => {
    client.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
});
t.after.each(async () => {
  await close?.();
  close = undefined;
});

t('the stack of the tutorial: made, read and deleted', async ({ bench, client }) => {
  const lb = (
    await client.send(
      new CreateLoadBalancerCommand({ Name: 'web', Subnets: [SUBNETS.a, SUBNETS.b], Tags: [{ Key: 'a', Value: 'ü +=:/@' }] }),
    )
  ).LoadBalancers?.[0];
  assert.equal(lb?.CreatedTime, new Date(START));
  assert.is(lb?.State?.Code, 'provisioning');
  assert.is(lb?.AvailabilityZones?.length, 2);
  const LoadBalancerArn = lb?.LoadBalancerArn;
  await client.send(
    new ModifyLoadBalancerAttributesCommand({ LoadBalancerArn, Attributes: [{ Key: 'idle_timeout.timeout_seconds', Value: '30' }] }),
  );
  const attributes = (await client.send(new DescribeLoadBalancerAttributesCommand({ LoadBalancerArn }))).Attributes;
  assert.is(attributes?.find(({ Key }) => Key === 'idle_timeout.timeout_seconds')?.Value, '30');

  const group = (
    await client.send(
      new CreateTargetGroupCommand({
        Name: 'web',
        Protocol: 'HTTP',
        Port: 8080,
        VpcId: VPC,
        HealthCheckPath: '/status',
        HealthCheckIntervalSeconds: 10,
        Matcher: { HttpCode: '200' },
      }),
    )
  ).TargetGroups?.[0];
  const TargetGroupArn = group?.TargetGroupArn;
  assert.is(group?.Port, 8080);
  assert.is(group?.HealthCheckEnabled, true);
  assert.is(group?.LoadBalancerArns, undefined);
  await client.send(
    new ModifyTargetGroupAttributesCommand({
      TargetGroupArn,
      Attributes: [
        { Key: 'stickiness.enabled', Value: 'true' },
        { Key: 'stickiness.lb_cookie.duration_seconds', Value: '604800' },
      ],
    }),
  );
  await client.send(new RegisterTargetsCommand({ TargetGroupArn, Targets: [{ Id: INSTANCES.one }, { Id: INSTANCES.two, Port: 8081 }] }));

  const DefaultActions = [{ Type: 'forward' as const, ForwardConfig: { TargetGroups: [{ TargetGroupArn, Weight: 1 }] } }];
  const http = (await client.send(new CreateListenerCommand({ LoadBalancerArn, Port: 80, Protocol: 'HTTP', DefaultActions })))
    .Listeners?.[0];
  assert.is(http?.DefaultActions?.[0]?.TargetGroupArn, TargetGroupArn);
  assert.is(http?.DefaultActions?.[0]?.ForwardConfig?.TargetGroupStickinessConfig?.Enabled, false);
  assert.is(http?.SslPolicy, undefined);
  const https = (
    await client.send(
      new CreateListenerCommand({
        LoadBalancerArn,
        Port: 443,
        Protocol: 'HTTPS',
        DefaultActions,
        Certificates: [{ CertificateArn: CERTIFICATES.site }],
        SslPolicy: 'ELBSecurityPolicy-TLS13-1-2-2021-06',
      }),
    )
  ).Listeners?.[0];
  const ListenerArn = https?.ListenerArn;
  await client.send(new AddListenerCertificatesCommand({ ListenerArn, Certificates: [{ CertificateArn: CERTIFICATES.second }] }));
  assert.equal((await client.send(new DescribeListenerCertificatesCommand({ ListenerArn }))).Certificates, [
    { CertificateArn: CERTIFICATES.site, IsDefault: true },
    { CertificateArn: CERTIFICATES.second, IsDefault: false },
  ]);
  await client.send(new ModifyListenerCommand({ ListenerArn, Port: 8443 }));

  const rule = async (Priority: number) =>
    (
      await client.send(
        new CreateRuleCommand({
          ListenerArn,
          Priority,
          Conditions: [
            { Field: 'host-header', HostHeaderConfig: { Values: ['a.example.com'] } },
            { Field: 'query-string', QueryStringConfig: { Values: [{ Key: 'k', Value: 'v' }] } },
          ],
          Actions: [
            {
              Type: 'authenticate-oidc',
              Order: 1,
              AuthenticateOidcConfig: {
                Issuer: 'https://i.example',
                AuthorizationEndpoint: 'https://i.example/a',
                TokenEndpoint: 'https://i.example/t',
                UserInfoEndpoint: 'https://i.example/u',
                ClientId: 'c',
                ClientSecret: 's',
                AuthenticationRequestExtraParams: { prompt: 'login' },
              },
            },
            { Type: 'redirect', Order: 2, RedirectConfig: { StatusCode: 'HTTP_302', Path: '/new' } },
          ],
        }),
      )
    ).Rules?.[0];
  const [first, second] = [await rule(1), await rule(2)];
  assert.equal(first?.Conditions?.[0]?.Values, ['a.example.com']);
  assert.equal(first?.Actions?.[0]?.AuthenticateOidcConfig?.AuthenticationRequestExtraParams, { prompt: 'login' });
  assert.is(first?.Actions?.[0]?.AuthenticateOidcConfig?.SessionTimeout, 604800);
  assert.is(first?.Actions?.[0]?.AuthenticateOidcConfig?.ClientSecret, undefined);
  assert.is(first?.Actions?.[1]?.RedirectConfig?.Query, '#{query}');
  await client.send(
    new SetRulePrioritiesCommand({
      RulePriorities: [
        { RuleArn: first?.RuleArn, Priority: 2 },
        { RuleArn: second?.RuleArn, Priority: 1 },
      ],
    }),
  );
  const page = await client.send(new DescribeRulesCommand({ ListenerArn }));
  assert.equal(
    page.Rules?.map((each) => each.RuleArn),
    [second?.RuleArn, first?.RuleArn],
  );
  const rest = await client.send(new DescribeRulesCommand({ ListenerArn, Marker: page.NextMarker }));
  assert.equal(
    rest.Rules?.map((each) => [each.Priority, each.IsDefault, each.Conditions]),
    [['default', true, []]],
  );
  assert.is(rest.NextMarker, undefined);

  bench.clock.advance(3000);
  if (TargetGroupArn !== undefined) bench.elbv2.state.reportHealth(TargetGroupArn, INSTANCES.one, 8080, { state: 'healthy' });
  const health = (await client.send(new DescribeTargetHealthCommand({ TargetGroupArn }))).TargetHealthDescriptions;
  assert.equal(
    health?.map(({ Target, TargetHealth }) => [Target?.Id, Target?.Port, TargetHealth?.State, TargetHealth?.Reason]),
    [
      [INSTANCES.one, 8080, 'healthy', undefined],
      [INSTANCES.two, 8081, 'initial', 'Elb.InitialHealthChecking'],
    ],
  );
  await client.send(new AddTagsCommand({ ResourceArns: [LoadBalancerArn ?? '', ListenerArn ?? ''], Tags: [{ Key: 'b', Value: '' }] }));
  assert.equal((await client.send(new DescribeTagsCommand({ ResourceArns: [LoadBalancerArn ?? ''] }))).TagDescriptions?.[0]?.Tags, [
    { Key: 'a', Value: 'ü +=:/@' },
    { Key: 'b', Value: '' },
  ]);
  assert.is((await client.send(new DescribeListenersCommand({ LoadBalancerArn }))).Listeners?.length, 2);
  assert.equal((await client.send(new DescribeTargetGroupsCommand({ LoadBalancerArn }))).TargetGroups?.[0]?.LoadBalancerArns, [
    LoadBalancerArn,
  ]);
  assert.is(
    (await client.send(new DescribeSSLPoliciesCommand({ Names: ['ELBSecurityPolicy-2016-08'] }))).SslPolicies?.[0]?.Ciphers?.[0]?.Priority,
    1,
  );
  assert.is((await client.send(new DescribeAccountLimitsCommand({}))).Limits?.[0]?.Max, '50');

  await client.send(new DeleteListenerCommand({ ListenerArn }));
  await client.send(new DeleteLoadBalancerCommand({ LoadBalancerArn }));
  await client.send(new DeleteTargetGroupCommand({ TargetGroupArn }));
  assert.equal((await client.send(new DescribeLoadBalancersCommand({}))).LoadBalancers, []);
  assert.equal((await client.send(new DescribeTargetGroupsCommand({}))).TargetGroups, []);
});

t('errors arrive as the exceptions of the SDK', async ({ bench, client }) => {
  const missing = await rejects(client.send(new DescribeLoadBalancersCommand({ Names: ['no & more'] })), LoadBalancerNotFoundException);
  assert.is(missing.message, "Load balancers '[no & more]' not found");
  assert.is(missing.$metadata.httpStatusCode, 400);
  assert.is(missing.$metadata.requestId, 'request-1');
  const LoadBalancerArn = bench.loadBalancer();
  bench.listener(LoadBalancerArn, bench.targetGroup());
  const other = {
    LoadBalancerArn,
    Port: 80,
    Protocol: 'HTTP' as const,
    DefaultActions: [{ Type: 'fixed-response' as const, FixedResponseConfig: { StatusCode: '404' } }],
  };
  await rejects(client.send(new CreateListenerCommand(other)), DuplicateListenerException);
  const invalid = await rejects(client.send(new CreateTargetGroupCommand({ Name: 'x', Protocol: 'HTTP', Port: 0, VpcId: VPC })));
  assert.is(invalid.name, 'ValidationError');
});

t('the paginators of the SDK come to an end with all items', async ({ bench, client }) => {
  const names = ['a', 'b', 'c', 'd', 'e'];
  for (const name of names) bench.targetGroup(name);
  const seen: (string | undefined)[] = [];
  for await (const page of paginateDescribeTargetGroups({ client }, {}))
    seen.push(...(page.TargetGroups ?? []).map((group) => group.TargetGroupName));
  assert.equal(seen, names);
});

t.run();
