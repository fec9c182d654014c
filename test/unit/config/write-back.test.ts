import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { parseSpec } from '../../../reconciler/config/parse.ts';
import { type WriteBack, writeBack } from '../../../reconciler/config/write-back.ts';
import type { Json } from '../../../reconciler/model/json.ts';
import { fieldsOf, kindOf } from '../../../reconciler/model/kinds.ts';
import type { Live, Stack } from '../../../reconciler/model/model.ts';
import { plan } from '../../../reconciler/plan/plan.ts';
import { assignRanks } from '../../../reconciler/plan/ranks.ts';
import { appliedOf, stackOf } from '../../support/stacks.ts';
import { suite } from '../../support/suite.ts';

const t = suite('spec/write-back');

const file = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
const WEB = file('environments/sandbox/webserver.yaml');
const WIDE = file('docs/examples/wide.yaml');

type Meddled = Readonly<Record<string, Readonly<Record<string, Json | undefined>>>>;

/** A value in the normal form, from how a spec says it. */
const normal = (address: string, field: string, written: Json): Json =>
  fieldsOf(kindOf(address))
    .find(([name]) => name === field)?.[1]
    .codec.parse(written) ?? null;

/** What is live once somebody has set these fields; `tags.x` sets a tag, `undefined` takes it off. */
function liveOf(stack: Stack, meddled: Meddled) {
  const observed = appliedOf({ ...stack, desired: assignRanks(stack.desired, appliedOf({ ...stack, desired: [] })) });
  const live = observed.live.flatMap((entry): Live[] => {
    const changes = meddled[entry.address];
    if (changes === undefined) return [entry];
    if (Object.keys(changes).length === 0) return [];
    const values = { ...entry.values };
    const tags = { ...entry.tags };
    for (const [name, value] of Object.entries(changes)) {
      if (!name.startsWith('tags.')) values[name] = value as Json;
      else if (value === undefined) delete tags[name.slice(5)];
      else tags[name.slice(5)] = String(value);
    }
    return [{ ...entry, values, tags }];
  });
  return { ...observed, live };
}

function accept(text: string, meddled: Meddled, more: { acceptMissing?: boolean } = {}): WriteBack {
  const stack = stackOf(text);
  const { changes } = plan(stack, liveOf(stack, meddled));
  assert.ok(changes.length > 0, 'something is live otherwise');
  return writeBack({ text, spec: parseSpec(text, 'web.yaml').value ?? null, desired: stack.desired, changes, ...more });
}

/** The lines that are gone and those that are new, in order. Fails when lines were only moved or spaced otherwise. */
function changedLines(before: string, after: string): string[] {
  const [old, now] = [before.split('\n'), after.split('\n')];
  const table = Array.from({ length: old.length + 1 }, () => new Array<number>(now.length + 1).fill(0));
  const at = (i: number, j: number): number => table[i]?.[j] ?? 0;
  for (let i = old.length - 1; i >= 0; i--)
    for (let j = now.length - 1; j >= 0; j--)
      (table[i] as number[])[j] = old[i] === now[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const out: string[] = [];
  for (let i = 0, j = 0; i < old.length || j < now.length; ) {
    if (i < old.length && j < now.length && old[i] === now[j]) [i, j] = [i + 1, j + 1];
    else if (i < old.length && at(i + 1, j) >= at(i, j + 1)) out.push(`-${old[i++]}`);
    else out.push(`+${now[j++]}`);
  }
  return out;
}

/** The live values are written, only the lines told change, and a plan of the new text is empty. */
function writes(name: string, text: string, meddled: Meddled, lines: readonly string[]): void {
  t(name, () => {
    const done = accept(text, meddled);
    assert.equal(done.refused, []);
    assert.equal(changedLines(text, done.text), lines);
    const again = stackOf(done.text);
    assert.equal(
      plan(again, liveOf(stackOf(text), meddled)).changes.map(({ address, fields }) => [address, fields]),
      [],
      done.text,
    );
  });
}

writes('a scalar in a mapping in braces', WEB, { 'targetGroup/web': { 'healthCheck.interval': 30 } }, [
  '-    healthCheck: { path: /status, interval: 5s, timeout: 2s, healthyThreshold: 2, unhealthyThreshold: 2, matcher: "200" }',
  '+    healthCheck: { path: /status, timeout: 2s, healthyThreshold: 2, unhealthyThreshold: 2, matcher: "200" }',
]);
writes(
  'quotes stay, and the comment behind',
  WIDE,
  { 'targetGroup/blue': { 'healthCheck.matcher': '201', 'healthCheck.interval': 300 }, 'targetGroup/orders': { crossZone: 'true' } },
  [
    '-    healthCheck: { path: /status, interval: 10s, timeout: 3s, healthyThreshold: 2, unhealthyThreshold: 2, matcher: "200-204" }',
    '+    healthCheck: { path: /status, interval: 5m, timeout: 3s, healthyThreshold: 2, unhealthyThreshold: 2, matcher: "201" }',
    '-    crossZone: "false"                                    # a zone serves its own clients; not together with stickiness',
    '+    crossZone: "true"                                    # a zone serves its own clients; not together with stickiness',
  ],
);
writes(
  'a default that is no default any more is said in its place',
  WEB,
  { 'loadBalancer/main': { idleTimeout: 75, deletionProtection: true } },
  ['+  idleTimeout: 75s', '+  deletionProtection: true'],
);
writes(
  'one of a group that is there is said in it, in the order of the table',
  WIDE,
  { 'targetGroup/green': { 'healthCheck.interval': 10, deregistrationDelay: 30 } },
  ['-    healthCheck: { path: /status }', '+    healthCheck: { path: /status, interval: 10s }', '+    deregistrationDelay: 30s'],
);
writes('what goes back to its default is taken out', WIDE, { 'loadBalancer/main': { idleTimeout: 60, 'accessLogs.prefix': '' } }, [
  '-  idleTimeout: 2m',
  '-  accessLogs: { bucket: wide-logs, prefix: access }       # setting the bucket turns them on',
  '+  accessLogs: { bucket: wide-logs }       # setting the bucket turns them on',
]);
writes(
  'a group whose one key goes, goes, and what it implied is said',
  WIDE,
  { 'targetGroup/blue': { 'stickiness.duration': 86400, 'stickiness.type': 'lb_cookie' } },
  [
    '-    stickiness: { type: lb_cookie, duration: 1h }         # setting any of it turns stickiness on',
    '+    stickiness: { type: lb_cookie }         # setting any of it turns stickiness on',
  ],
);
writes('switched off, it says so', WIDE, { 'targetGroup/blue': { 'stickiness.enabled': false } }, [
  '-    stickiness: { type: lb_cookie, duration: 1h }         # setting any of it turns stickiness on',
  '+    stickiness: { enabled: false, type: lb_cookie, duration: 1h }         # setting any of it turns stickiness on',
]);
writes('targets come and go', WEB, { 'targetGroup/web': { targets: [{ id: { $ref: 'instance/web-2.id', ready: true }, port: 8080 }] } }, [
  '-    targets: [web-1, web-2]',
  '+    targets: [web-2]',
]);
writes('a priority that is said', WIDE, { 'rule/https.maintenance': { priority: 2 } }, [
  '-        priority: 1                                       # set: keeps this priority whatever comes before it',
  '+        priority: 2                                       # set: keeps this priority whatever comes before it',
]);
writes(
  'the share of a group is edited where it stands',
  WIDE.replace(/^ {2}- listeners.*\n/m, ''),
  {
    'rule/https.checkout': {
      actions: normal('rule/x.y', 'actions', {
        forward: {
          targetGroups: [
            { targetGroup: 'blue', weight: 50 },
            { targetGroup: 'green', weight: 50 },
          ],
          stickiness: '1h',
        },
      }),
    },
  },
  [
    '-          targetGroups: [{ targetGroup: blue, weight: 90 }, { targetGroup: green, weight: 10 }]',
    '+          targetGroups: [{ targetGroup: blue, weight: 50 }, { targetGroup: green, weight: 50 }]',
  ],
);
writes(
  'another action',
  WIDE,
  {
    'listener/https': {
      defaultActions: normal('listener/x', 'defaultActions', { fixedResponse: { statusCode: '503', messageBody: 'Back: soon' } }),
    },
  },
  [
    '-    forward: blue                                         # requests that match no rule',
    '+    fixedResponse: { statusCode: "503", messageBody: "Back: soon" }',
  ],
);
writes(
  'a condition more in a rule',
  WIDE,
  {
    'rule/https.orders': {
      if: normal('rule/x.y', 'if', { headers: { 'content-type': ['application/grpc', 'application/grpc+proto'] }, method: ['POST'] }),
    },
  },
  [
    '-        if: { headers: { content-type: [application/grpc] } }',
    '+        if: { headers: { content-type: [application/grpc, application/grpc+proto] }, method: [POST] }',
  ],
);
writes(
  'the client secret stays where it is',
  WIDE,
  {
    'rule/https.reports': {
      actions: normal('rule/x.y', 'actions', {
        authenticateOidc: {
          issuer: 'https://login.example',
          authorizationEndpoint: 'https://login.example/authorize',
          tokenEndpoint: 'https://login.example/token',
          userInfoEndpoint: 'https://login.example/userinfo',
          clientId: 'shop-other',
          clientSecret: { env: 'ALBEDO_SECRET_REPORTS_OIDC' },
        },
        forward: 'reports',
      }),
    },
  },
  ['-          clientId: shop-reports', '+          clientId: shop-other', '-          sessionTimeout: 8h'],
);
writes(
  'a security group that nobody wrote is written whole',
  WEB,
  {
    'securityGroup/load-balancer': {
      ingress: normal('securityGroup/x', 'ingress', [
        { port: 80, from: '0.0.0.0/0' },
        { port: 443, from: '0.0.0.0/0' },
        { port: 22, from: '10.0.0.0/8' },
      ]),
    },
  },
  [
    '+securityGroups:',
    '+  load-balancer:',
    '+    description: "Clients to the load balancer, made by albedo"',
    '+    ingress: [{ port: 443, from: 0.0.0.0/0 }, { port: 80, from: 0.0.0.0/0 }, { port: 22, from: 10.0.0.0/8 }]',
  ],
);
writes(
  'tags changed, and one of all changed at one',
  WIDE,
  { 'loadBalancer/main': { 'tags.team': 'ops' }, 'targetGroup/green': { 'tags.cost-centre': '0815' } },
  ['+    tags: { cost-centre: "0815" }', '-  tags: { audited-by: nobody-yet }', '+  tags: { audited-by: nobody-yet, team: ops }'],
);

const LINES = `stack: web
region: us-east-1
network:
  vpc: { cidrBlock: 10.0.0.0/16 }
  subnets:
    a: { availabilityZone: us-east-1a, cidrBlock: 10.0.1.0/24 }
    b: { availabilityZone: us-east-1b, cidrBlock: 10.0.2.0/24 }
securityGroups:
  own:
    ingress:
      # the office
      - port: 443
        from: 10.1.0.0/16
      - { port: 80, from: 10.2.0.0/16 }   # a leftover
targetGroups:
  web:
    targetType: ip
    port: &port 8080
    deregistrationDelay: 30s

    # where they listen
    targets:
      - ip: 10.0.1.7   # first
      - ip: 10.0.2.7   # second
  two: { targetType: ip, port: *port, healthCheck: &check { path: '/status', interval: 10s }, tags: { a: '1', b: '2' } }
  three: { targetType: ip, port: 80, healthCheck: *check }
loadBalancer:
  subnets: [a, b]
  securityGroups: [own]
listeners:
  http:
    protocol: HTTP
    port: 80
    forward: web
    rules:
      one:
        if: { path: [/one] }
        forward: two
`;
writes(
  'lists on lines of their own',
  LINES,
  {
    'securityGroup/own': {
      ingress: normal('securityGroup/x', 'ingress', [
        { port: 443, from: '10.1.0.0/16' },
        { protocol: 'udp', port: 53, from: '10.3.0.0/16' },
      ]),
    },
    'targetGroup/web': {
      targets: normal('targetGroup/x', 'targets', [
        { ip: '10.0.2.7', port: 8080 },
        { ip: '10.0.1.9', port: 8080 },
      ]),
    },
  },
  [
    '-      - { port: 80, from: 10.2.0.0/16 }   # a leftover',
    '+      - { protocol: udp, port: 53, from: 10.3.0.0/16 }',
    '-      - ip: 10.0.1.7   # first',
    '+      - { ip: 10.0.1.9 }',
  ],
);
writes('lines end as they did', LINES.replaceAll('\n', '\r\n'), { 'targetGroup/web': { deregistrationDelay: 40, slowStart: 30 } }, [
  '-    deregistrationDelay: 30s\r',
  '+    deregistrationDelay: 40s\r',
  '+    slowStart: 30s\r',
]);
writes(
  'a field with its default goes; a list that is empty is said, since left out it would be left alone',
  LINES,
  {
    'targetGroup/web': { targets: [], deregistrationDelay: 300 },
  },
  [
    '-    deregistrationDelay: 30s',
    '-    targets:',
    '-      - ip: 10.0.1.7   # first',
    '-      - ip: 10.0.2.7   # second',
    '+    targets: []   # second',
  ],
);
writes('single quotes stay single', LINES, { 'targetGroup/two': { 'tags.a': '3' } }, [
  "-  two: { targetType: ip, port: *port, healthCheck: &check { path: '/status', interval: 10s }, tags: { a: '1', b: '2' } }",
  "+  two: { targetType: ip, port: *port, healthCheck: &check { path: '/status', interval: 10s }, tags: { a: '3', b: '2' } }",
]);

t('a value that other places share is refused, with the name of its anchor, and the rest is written', () => {
  const done = accept(LINES, {
    'targetGroup/three': { 'healthCheck.interval': 20, deregistrationDelay: 10 },
    'targetGroup/two': { 'healthCheck.path': '/two' },
  });
  assert.equal(done.written, ['targetGroup/three.deregistrationDelay']);
  assert.equal(
    done.refused.map(({ what }) => what),
    ['targetGroup/three.healthCheck.interval', 'targetGroup/two.healthCheck.path'],
  );
  assert.match(done.refused[0]?.why ?? '', /`targetGroups\.three\.healthCheck` comes from the alias `\*check`/);
  assert.match(done.refused[1]?.why ?? '', /has the anchor `&check`/);
});

t('what is missing is taken out only when that is asked for', () => {
  const without: Meddled = { 'rule/http.one': {} };
  const refused = accept(LINES, without);
  assert.is(refused.text, LINES);
  assert.match(refused.refused[0]?.why ?? '', /--accept-missing/);
  const taken = accept(LINES, without, { acceptMissing: true });
  assert.equal(taken.written, ['rule/http.one']);
  assert.equal(changedLines(LINES, taken.text), ['-    rules:', '-      one:', '-        if: { path: [/one] }', '-        forward: two']);
});

t('what a spec cannot say is refused, each with its reason', () => {
  const done = accept(WEB, {
    'listener/http': { defaultActions: [{ type: 'weighted-dice', other: {} }], port: 81 },
    'routeTable/public': { routes: [] },
    'targetGroup/web': { 'tags.albedo:address': 'targetGroup/other' },
  });
  assert.equal(done.written, ['listener/http.port']);
  assert.equal(
    done.refused.map(({ what, why }) => [what, why.split(':')[0]]),
    [
      ['routeTable/public.routes', 'it cannot be set in a spec'],
      ['targetGroup/web.tags.albedo:address', 'the tag albedo'],
      ['listener/http.defaultActions', 'a spec cannot express the value of defaultActions in AWS'],
    ],
  );
});

t('a tag of the whole stack that one resource lacks is refused', () => {
  const done = accept(WIDE, { 'targetGroup/blue': { 'tags.team': undefined } });
  assert.is(done.text, WIDE);
  assert.match(done.refused[0]?.why ?? '', /under `tags`/);
});

t.run();
