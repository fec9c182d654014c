import { asList } from '../../reconciler/model/json.ts';
import { valueAt, valuesAt } from '../../reconciler/model/paths.ts';
import type { Look } from '../exercise.ts';
import { instancesOf, listed, listenerOf, served, settledTargets, type TargetState, targetsOf } from '../read.ts';
import { addressOf, handshake } from './handshake.ts';
import { GROUP, type Situation, stack } from './situation.ts';

const ask = async (look: Look, path = '/', count = 1, keepCookies = false) => look.ask(listenerOf(look), path, count, { keepCookies });
const statuses = (replies: readonly { readonly status: number }[]) => listed([...new Set(replies.map(({ status }) => String(status)))]);
const healthText = (targets: readonly TargetState[]) =>
  listed(targets.map(({ group, state, reason }) => `${group}: ${state} ${reason}`.trim()));

/** Waits up to a minute for a state of the targets. */
async function until(look: Look, fits: (targets: readonly TargetState[]) => boolean): Promise<readonly TargetState[]> {
  for (let i = 0; ; i++) {
    const targets = await targetsOf(look);
    if (fits(targets) || i >= 60) return targets;
    await look.sleep(1000);
  }
}

const unhealthy = (targets: readonly TargetState[]) => targets.length > 0 && targets.every(({ state }) => state === 'unhealthy');

export const SITUATIONS: readonly Situation[] = [
  {
    name: 'closed-port',
    setUp: 'The rule that allows port 8080 from the load balancer is removed from the security group of the instances.',
    spec: stack({}),
    watch: async (look) => {
      await settledTargets(look);
      const id = look.of('securityGroup').find(({ address }) => address === 'securityGroup/instances')?.id ?? '';
      const group = asList(valueAt(await look.call('ec2:DescribeSecurityGroups', { GroupIds: [id] }), 'SecurityGroups'))[0] ?? null;
      await look.call('ec2:RevokeSecurityGroupIngress', { GroupId: id, IpPermissions: asList(valueAt(group, 'IpPermissions')) });
      const targets = await until(look, unhealthy);
      return { seen: unhealthy(targets) && targets.every(({ reason }) => reason === 'Target.Timeout'), found: healthText(targets) };
    },
  },
  {
    name: 'only-balancer',
    setUp: 'The instances allow port 8080 from the security group of the load balancer, and nothing else.',
    spec: stack({
      securityGroups: {
        edge: { ingress: [{ port: 80, from: '0.0.0.0/0' }] },
        web: { ingress: [{ port: 8080, from: 'edge' }] },
      },
      instances: {
        'web-1': { subnet: 'a', app: 'flask-webserver', securityGroups: ['web'] },
        'web-2': { subnet: 'b', app: 'flask-webserver', securityGroups: ['web'] },
      },
      loadBalancer: { subnets: ['a', 'b'], securityGroups: ['edge'] },
    }),
    watch: async (look) => {
      const id = look.of('securityGroup').find(({ address }) => address === 'securityGroup/web')?.id ?? '';
      const answer = await look.call('ec2:DescribeSecurityGroups', { GroupIds: [id] });
      const rules = asList(valueAt(asList(valueAt(answer, 'SecurityGroups'))[0] ?? null, 'IpPermissions'));
      const networks = rules.flatMap((rule) => [...asList(valueAt(rule, 'IpRanges')), ...asList(valueAt(rule, 'Ipv6Ranges'))]);
      await settledTargets(look);
      const replies = await ask(look, '/', 10);
      return {
        seen: rules.length === 1 && networks.length === 0 && replies.every(served),
        found: `${rules.length} rule, ${networks.length} networks in it; 10 requests through the load balancer: ${statuses(replies)}`,
      };
    },
  },
  {
    name: 'wrong-path',
    setUp: 'The path of the health check is changed to /nothing, which the webserver answers with 404.',
    spec: stack({}),
    watch: async (look) => {
      await look.call('elbv2:ModifyTargetGroup', { TargetGroupArn: look.of('targetGroup')[0]?.id ?? '', HealthCheckPath: '/nothing' });
      const targets = await until(look, unhealthy);
      const replies = await ask(look, '/', 10);
      return {
        seen: unhealthy(targets) && targets.every(({ reason }) => reason === 'Target.ResponseCodeMismatch') && replies.every(served),
        found: `${healthText(targets)}; 10 requests anyway: ${statuses(replies)}`,
      };
    },
  },
  {
    name: 'no-targets',
    setUp: 'The target group is empty.',
    spec: stack({ targetGroups: { web: { ...GROUP, targets: [] } } }),
    watch: async (look) => {
      const replies = await ask(look, '/', 3);
      return { seen: replies.every(({ status }) => status === 503), found: `3 requests: ${statuses(replies)}` };
    },
  },
  {
    name: 'not-in-use',
    setUp: 'A second group has targets, but no listener forwards to it.',
    spec: stack({ targetGroups: { web: GROUP, spare: GROUP } }),
    watch: async (look) => {
      const targets = await settledTargets(look);
      const spare = targets.filter(({ group }) => group === 'spare');
      return {
        seen: spare.length === 2 && spare.every(({ state, reason }) => state === 'unused' && reason === 'Target.NotInUse'),
        found: healthText(targets),
      };
    },
  },
  {
    name: 'other-port',
    setUp: 'The webservers listen on 8080, and are also registered with a group on port 80.',
    spec: stack({
      targetGroups: { web: GROUP, wrong: { ...GROUP, port: 80, targets: [] } },
      listeners: {
        http: { protocol: 'HTTP', port: 80, forward: 'wrong' },
        right: { protocol: 'HTTP', port: 8080, forward: 'web' },
      },
    }),
    watch: async (look) => {
      const arn = look.of('targetGroup').find(({ address }) => address === 'targetGroup/wrong')?.id ?? '';
      const targets = look.of('instance').map(({ id }) => ({ Id: id, Port: 80 }));
      await look.call('elbv2:RegisterTargets', { TargetGroupArn: arn, Targets: targets });
      const of = (all: readonly TargetState[], name: string) => all.filter(({ group }) => group === name);
      const found = await until(look, (all) => unhealthy(of(all, 'wrong')));
      return {
        seen: unhealthy(of(found, 'wrong')) && of(found, 'web').every(({ state }) => state === 'healthy'),
        found: healthText(found),
      };
    },
  },
  {
    name: 'rule-order',
    setUp: 'Rule 1 answers /shop* with 201, rule 2 answers /shop/cart with 202, and the default action answers 203.',
    spec: stack({
      listeners: {
        http: {
          protocol: 'HTTP',
          port: 80,
          fixedResponse: { statusCode: '203' },
          rules: {
            first: { priority: 1, if: { path: ['/shop*'] }, fixedResponse: { statusCode: '201' } },
            second: { priority: 2, if: { path: ['/shop/cart'] }, fixedResponse: { statusCode: '202' } },
          },
        },
      },
    }),
    watch: async (look) => {
      const [cart, other] = [(await ask(look, '/shop/cart'))[0]?.status, (await ask(look, '/other'))[0]?.status];
      return { seen: cart === 201 && other === 203, found: `/shop/cart: ${cart}, /other: ${other}` };
    },
  },
  {
    name: 'redirect',
    setUp: 'The HTTP listener redirects to HTTPS with 301.',
    spec: stack({
      certificates: { site: { selfSigned: { commonName: 'try.example' } } },
      listeners: {
        http: { protocol: 'HTTP', port: 80, redirect: { protocol: 'HTTPS', port: '443', statusCode: 'HTTP_301' } },
        https: { protocol: 'HTTPS', port: 443, certificate: 'site', forward: 'web' },
      },
    }),
    watch: async (look) => {
      await settledTargets(look);
      const plain = await ask(look);
      const secure = await look.ask(listenerOf(look, 'HTTPS'), '/', 1);
      return { seen: plain[0]?.status === 301 && secure.every(served), found: `HTTP: ${statuses(plain)}, HTTPS: ${statuses(secure)}` };
    },
  },
  {
    name: 'self-signed',
    setUp: 'The HTTPS listener has a self-signed certificate.',
    spec: stack({
      certificates: { site: { selfSigned: { commonName: 'try.example' } } },
      listeners: { https: { protocol: 'HTTPS', port: 443, certificate: 'site', forward: 'web' } },
    }),
    watch: async (look) => {
      const { port, host, name } = addressOf(look);
      const [trusting, strict] = [await handshake(host, port, name, false), await handshake(host, port, name, true)];
      return {
        seen: trusting === '' && /SELF_SIGNED/.test(strict),
        found: `without a check: ${trusting || 'encrypted'}; with a check, as a browser: ${strict || 'accepted'}`,
      };
    },
  },
  {
    name: 'sticky',
    setUp: 'Sticky sessions are on. One client sends 20 requests with its cookie.',
    spec: stack({ targetGroups: { web: { ...GROUP, stickiness: { enabled: true, type: 'lb_cookie', duration: '1h' } } } }),
    watch: async (look) => {
      await settledTargets(look);
      const one = instancesOf((await ask(look, '/', 21, true)).slice(1));
      const many = instancesOf(await ask(look, '/', 20));
      return { seen: one.length === 1 && many.length === 2, found: `one client: ${listed(one)}; 20 clients: ${listed(many)}` };
    },
  },
  {
    name: 'weights',
    setUp: 'A listener forwards to two groups with the weights 80 and 20, and 200 requests are sent.',
    spec: stack({
      targetGroups: { blue: { ...GROUP, targets: ['web-1'] }, green: { ...GROUP, targets: ['web-2'] } },
      listeners: {
        http: {
          protocol: 'HTTP',
          port: 80,
          forward: {
            targetGroups: [
              { targetGroup: 'blue', weight: 80 },
              { targetGroup: 'green', weight: 20 },
            ],
          },
        },
      },
    }),
    watch: async (look) => {
      const green = (await settledTargets(look)).find(({ group }) => group === 'green')?.id;
      const count = (await ask(look, '/', 200)).filter(({ instance }) => instance === green).length;
      // Five standard deviations of 200 × 20 %.
      return { seen: Math.abs(count - 40) <= 29, found: `${200 - count} for the weight 80, ${count} for the weight 20` };
    },
  },
  {
    name: 'algorithm',
    setUp: 'With least_outstanding_requests, one slow request is open while fast ones are sent.',
    spec: stack({ targetGroups: { web: { ...GROUP, algorithm: 'least_outstanding_requests' } } }),
    watch: async (look) => {
      await settledTargets(look);
      const slow = ask(look, '/?ms=4000');
      await look.sleep(500);
      const quick = await ask(look, '/', 10);
      const busy = (await slow)[0]?.instance ?? '';
      const others = quick.filter(({ instance }) => instance !== busy && instance !== '').length;
      return { seen: busy !== '' && others === 10, found: `${others} of 10 fast requests went to the instance without the slow one` };
    },
  },
  {
    name: 'one-of-two',
    setUp: 'One of two instances is stopped for 20 seconds.',
    spec: stack({}),
    watch: async (look) => {
      const victim = (await settledTargets(look)).find(({ state }) => state === 'healthy');
      if (victim === undefined) return { seen: false, found: 'no target is healthy' };
      const off = look.turnOff(victim.id, victim.arn, victim.port, 20);
      await look.sleep(15_000);
      const replies = await ask(look, '/', 10);
      await off;
      const ids = instancesOf(replies);
      return {
        seen: replies.every(served) && ids.length === 1 && !ids.includes(victim.id),
        found: `${victim.id} was off; 10 requests were answered by ${listed(ids)}`,
      };
    },
  },
  {
    name: 'drift',
    setUp: 'Somebody changes the path of the health check by hand.',
    spec: stack({}),
    watch: async (look) => {
      const group = look.of('targetGroup')[0]?.id ?? '';
      await look.call('elbv2:ModifyTargetGroup', { TargetGroupArn: group, HealthCheckPath: '/healthz' });
      const answer = await look.call('elbv2:DescribeTargetGroups', { TargetGroupArns: [group] });
      const path = valuesAt(answer, 'TargetGroups[].HealthCheckPath')[0];
      return { seen: look.differences.length === 0 && path === '/healthz', found: `AWS has ${String(path)}, the spec sets /status` };
    },
  },
];

export const situationNamed = (name: string): Situation | undefined => SITUATIONS.find((situation) => situation.name === name);
