/** What `doctor` finds, against an AWS of tables: each answer that matters, and its opposite. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as assert from 'uvu/assert';
import { iamAction, operationOf } from '../../../reconciler/aws/operations.ts';
import { type Diagnosis, type DoctorRequest, diagnose, principalOf } from '../../../reconciler/doctor/doctor.ts';
import { checkToken } from '../../../reconciler/doctor/token.ts';
import { CloudError, ReconcileError } from '../../../reconciler/errors.ts';
import { operationsOf } from '../../../reconciler/iam/needs.ts';
import { trustPolicy } from '../../../reconciler/iam/trust.ts';
import type { Json } from '../../../reconciler/model/json.ts';
import type { Session } from '../../../reconciler/run/pipeline.ts';
import { TUTORIAL } from '../../support/spec-text.ts';
import { stackOf } from '../../support/stacks.ts';
import { suite } from '../../support/suite.ts';

const t = suite('doctor');
const stack = stackOf(TUTORIAL);
const ACCOUNT = '123456789012';
const NOW = Date.parse('2026-11-22T12:00:00Z');

interface Account {
  /** Operations that are refused. */
  readonly denied?: readonly string[];
  readonly arn?: string;
  readonly stopped?: readonly string[];
  readonly limits?: Readonly<Record<string, number>>;
  readonly failing?: readonly string[];
  /** No role may be handed to a service. */
  readonly mayNotPass?: boolean;
  /** It is a sandbox. */
  readonly standIn?: true;
}

const asked: { op: string; input: Json }[] = [];

function sessionOf({
  denied = [],
  arn = `arn:aws:sts::${ACCOUNT}:assumed-role/albedo-apply/run`,
  stopped = [],
  limits = {},
  failing = [],
  mayNotPass = false,
  standIn,
}: Account): Session {
  const refuse = (op: string, code: string, kind: CloudError['class']): never => {
    throw new CloudError(op, code, kind, `${op} for arn:aws:iam::${ACCOUNT}:role/x`);
  };
  const call = async (op: string, input: Json): Promise<Json> => {
    asked.push({ op, input });
    if (denied.includes(op)) return refuse(op, op.startsWith('ec2:') ? 'UnauthorizedOperation' : 'AccessDenied', 'Denied');
    if (failing.includes(op)) return refuse(op, 'InternalFailure', 'Transient');
    const { DryRun, Filters, ActionNames } = input as { DryRun?: boolean; Filters?: unknown; ActionNames?: readonly string[] };
    if (DryRun === true) return refuse(op, 'DryRunOperation', 'Invalid');
    switch (op) {
      case 'sts:GetCallerIdentity':
        return { Account: ACCOUNT, Arn: arn };
      case 'elbv2:DescribeAccountLimits':
        return { Limits: Object.entries(limits).map(([Name, Max]) => ({ Name, Max: String(Max) })) };
      case 'ec2:DescribeInstances':
        return Filters === undefined
          ? refuse(op, 'UnfilteredRead', 'Invalid')
          : { Reservations: [{ Instances: stopped.map((InstanceId) => ({ InstanceId })) }] };
      case 'iam:SimulatePrincipalPolicy':
        return {
          EvaluationResults: (ActionNames ?? []).map((name) => ({
            EvalActionName: name,
            EvalDecision:
              denied.some((one) => iamAction(one) === name) || (mayNotPass && name === 'iam:PassRole') ? 'implicitDeny' : 'allowed',
          })),
        };
      case 'ec2:StartInstances':
      case 'iam:ListServerCertificates':
        return {};
      default:
        if (operationOf(op).access === 'write') throw new Error(`doctor wrote: ${op}`);
        return refuse(op, 'LoadBalancerNotFound', 'NotFound');
    }
  };
  return {
    cloud: { call, count: () => ({ calls: 0, writes: 0, polls: 0, refused: 0, byOperation: {} }) },
    clock: { now: () => NOW, sleep: async () => {}, random: () => 0 },
    emit: () => {},
    signal: new AbortController().signal,
    journal: { write: () => {} },
    region: 'us-east-1',
    env: {},
    files: { readText: () => '' },
    scheduler: { enter: async () => () => {}, refused: () => {} },
    account: async () => '123456789012',
    ...(standIn === undefined ? {} : { standIn }),
  };
}

const timeIs = (at: number): typeof fetch =>
  (async () => new Response(null, { headers: { date: new Date(at).toUTCString() } })) as typeof fetch;

const look = (account: Account = {}, more: Partial<DoctorRequest> = {}): Promise<Diagnosis> => {
  asked.length = 0;
  return diagnose(
    {
      role: 'apply',
      stacks: [stack],
      region: 'us-east-1',
      unmasked: false,
      startOrphans: false,
      env: {},
      findK6: async () => ({ version: '2.2.0' }),
      ask: timeIs(NOW),
      ...more,
    },
    sessionOf(account),
  );
};
const of = ({ findings }: Diagnosis, name: string) => {
  const found = findings.find((finding) => finding.name === name);
  if (found === undefined) throw new Error(`nothing about ${name}`);
  return found;
};
const missing = ({ findings }: Diagnosis): readonly string[] =>
  findings.filter((finding) => finding.state === 'missing').map(({ name }) => name);

t('with all there is, nothing is missing and nothing to add', async () => {
  const diagnosis = await look();
  assert.equal(missing(diagnosis), []);
  assert.is(diagnosis.grant, '');
  const permissions = diagnosis.findings.filter((finding) => finding.area === 'permissions');
  const needed = operationsOf('apply', [stack]).filter((op) => !op.startsWith('sts:'));
  assert.equal(permissions.map(({ name }) => name).sort(), needed.map((op) => op.replace('elbv2:', 'elasticloadbalancing:')).sort());
});

t('who load-tests needs a role to hand over, and is asked whether it may; who consents, or is on a sandbox, need not', async () => {
  const chaos = { role: 'chaos', experiments: ['stopInstance'] } as const;
  const state = async (more: Partial<DoctorRequest>, account: Account = {}) => {
    const diagnosis = await look(account, { ...chaos, ...more });
    return diagnosis.findings.filter(({ area }) => area === 'schedule').map((one) => `${one.state} ${one.detail}`);
  };
  const named = { scheduleRoles: ['team/r'] };
  assert.equal(await state({}), ['missing environment.yaml names none: no schedule would undo a fault']);
  assert.match((await state({ withoutSchedule: true })).join(), /^unchecked /);
  assert.match((await state({}, { standIn: true })).join(), /^unchecked /);
  assert.equal(await state({ experiments: ['killProcess'] }), []);
  assert.equal(await state({ role: 'apply' }), []);
  assert.equal(await state(named), ['ok arn:aws:iam::••••9012:role/team/r']);
  const [passed] = asked.filter(({ input }) => JSON.stringify(input).includes('iam:PassRole'));
  assert.match(JSON.stringify(passed?.input), '"ContextKeyValues":["scheduler.amazonaws.com"]');
  assert.match(
    (await state(named, { mayNotPass: true })).join(),
    /^missing iam:PassRole is not allowed on arn:aws:iam::••••9012:role\/team\/r/,
  );
  assert.match((await state(named, { denied: ['iam:SimulatePrincipalPolicy'] })).join(), /^unchecked grant iam:SimulatePrincipalPolicy/);
  assert.match((await state(named, { arn: `arn:aws:iam::${ACCOUNT}:root` })).join(), /^unchecked only a role or a user/);
});

t('who has AWS FIS break something is asked whether it may hand over that role too', async () => {
  const chaos = { role: 'chaos', experiments: ['stopInstance'], scheduleRoles: ['r'] } as const;
  const state = async (more: Partial<DoctorRequest>, account: Account = {}) => {
    const diagnosis = await look(account, { ...chaos, ...more });
    return diagnosis.findings.filter(({ area }) => area === 'fis').map((one) => `${one.state} ${one.detail}`);
  };
  assert.equal(await state({}), []);
  assert.equal(await state({ role: 'apply', fisRoles: ['f'] }), []);
  assert.equal(await state({ fisRoles: ['team/f'] }), ['ok arn:aws:iam::••••9012:role/team/f']);
  assert.ok(asked.some(({ input }) => JSON.stringify(input).includes('"ContextKeyValues":["fis.amazonaws.com"]')));
  assert.match((await state({ fisRoles: ['f'] }, { mayNotPass: true })).join(), /^missing iam:PassRole is not allowed on /);
});

t('a read that no call can show is simulated: missing where it is not allowed, unchecked where nobody can be simulated', async () => {
  const chaos = { role: 'chaos', experiments: ['stopInstance', 'killProcess'], scheduleRoles: ['r'], fisRoles: ['f'] } as const;
  for (const name of ['fis:GetExperiment', 'ssm:GetCommandInvocation']) {
    assert.is(of(await look({}, chaos), name).state, 'ok');
    const [simulated] = asked.filter(({ input }) => JSON.stringify(input).includes(`"${name}"`));
    assert.is(simulated?.op, 'iam:SimulatePrincipalPolicy');
    assert.is(/"ResourceArns":\["arn:aws:fis:/.test(JSON.stringify(simulated?.input)), name.startsWith('fis:'));
    assert.not.ok(asked.some(({ op }) => op === name));
    const denied = await look({ denied: [name] }, chaos);
    assert.equal(missing(denied), [name]);
    assert.match(denied.grant, name);
    assert.is(of(await look({ arn: `arn:aws:iam::${ACCOUNT}:root` }, chaos), name).state, 'unchecked');
  }
});

t('who leaves every fault to AWS FIS need not be allowed to stop an instance, and is not asked for it', async () => {
  const chaos = { role: 'chaos', experiments: ['stopInstance'], scheduleRoles: ['r'], fisRoles: ['f'] } as const;
  const names = async (leftToFis: readonly string[]) => (await look({}, { ...chaos, leftToFis })).findings.map(({ name }) => name);
  assert.ok((await names([])).includes('ec2:StopInstances'));
  const left = await names(['stopInstance']);
  assert.equal(
    [left.includes('ec2:StopInstances'), left.includes('ec2:StartInstances'), left.includes('fis:StartExperiment')],
    [false, true, true],
  );
});

t('each operation that is refused, and it alone, is missing, with a statement that names it', async () => {
  for (const op of [
    'ec2:DescribeVpcs',
    'elbv2:DescribeRules',
    'ec2:CreateVpc',
    'ec2:DeleteVpc',
    'elbv2:CreateListener',
    'iam:UploadServerCertificate',
    'ssm:PutParameter',
  ]) {
    const diagnosis = await look({ denied: [op] });
    assert.equal(missing(diagnosis), [op.replace('elbv2:', 'elasticloadbalancing:')]);
    assert.ok(diagnosis.grant.includes(iamAction(op)), diagnosis.grant);
    for (const statement of JSON.parse(`[${diagnosis.grant}]`) as readonly { Effect: string }[]) assert.is(statement.Effect, 'Allow');
  }
});

t('nothing is written: EC2 is asked by dry runs, the rest by simulation', async () => {
  await look();
  const writes = asked.filter(({ op }) => operationOf(op).access === 'write');
  assert.ok(writes.length > 0);
  for (const { op, input } of writes) assert.is((input as { DryRun?: boolean }).DryRun, true, op);
});

t('a simulation says the tags and the ARNs of the stack', async () => {
  await look();
  const simulated = asked.filter(({ op }) => op === 'iam:SimulatePrincipalPolicy').map(({ input }) => JSON.stringify(input));
  assert.ok(simulated.every((input) => input.includes(`"PolicySourceArn":"arn:aws:iam::${ACCOUNT}:role/albedo-apply"`)));
  assert.ok(
    simulated.some(
      (input) => input.includes('aws:ResourceTag/albedo:stack') && input.includes('ec2:DeleteVpc') && input.includes('"webserver"'),
    ),
  );
  assert.ok(
    simulated.some((input) => input.includes('aws:RequestTag/albedo:stack') && input.includes('elasticloadbalancing:CreateLoadBalancer')),
  );
  assert.ok(!simulated.some((input) => input.includes('*')), 'a pattern cannot be simulated');
});

t('where it may not be simulated, that is said, and is no mistake', async () => {
  const diagnosis = await look({ denied: ['iam:SimulatePrincipalPolicy'] });
  assert.equal(missing(diagnosis), []);
  assert.match(of(diagnosis, 'ec2:DeleteVpc').detail, /grant iam:SimulatePrincipalPolicy/);
  assert.is(of(await look({ arn: `arn:aws:sts::${ACCOUNT}:federated-user/ana` }), 'ec2:DeleteVpc').state, 'unchecked');
});

t('a read that AWS cannot answer now is not checked, and neither ok nor missing', async () => {
  assert.is(of(await look({ failing: ['elbv2:DescribeRules'] }), 'elasticloadbalancing:DescribeRules').state, 'unchecked');
});

t('the account is shown by its last four digits, everywhere, unless it is asked for', async () => {
  const account = { denied: ['ec2:DescribeVpcs', 'elbv2:CreateListener', 'ec2:DeleteVpc', 'iam:UploadServerCertificate'] };
  const masked = JSON.stringify(await look(account));
  assert.not.match(masked, new RegExp(ACCOUNT));
  assert.match(masked, /••••9012/);
  assert.match(JSON.stringify(await look(account, { unmasked: true })), new RegExp(ACCOUNT));
});

t('the clock: near, far, and not told', async () => {
  assert.is(of(await look({}, { ask: timeIs(NOW + 30_000) }), 'clock').state, 'ok');
  assert.is(of(await look({}, { ask: timeIs(NOW + 400_000) }), 'clock').state, 'missing');
  assert.is(of(await look({}, { ask: (async () => new Response(null)) as typeof fetch }), 'clock').state, 'unchecked');
});

t('k6 that is not there is said with what to do', async () => {
  const findK6 = async () => Promise.reject(new ReconcileError('ToolMissing', 'k6 was not found'));
  assert.match(of(await look({}, { findK6 }), 'k6').detail, /not found.*albedo setup/);
});

t('quotas: what the stack takes of what there is', async () => {
  assert.is(
    of(await look({ limits: { 'listeners-per-application-load-balancer': 2 } }), 'listeners-per-application-load-balancer').state,
    'ok',
  );
  const short = of(await look({ limits: { 'listeners-per-application-load-balancer': 1 } }), 'listeners-per-application-load-balancer');
  assert.equal([short.state, short.detail], ['missing', 'webserver uses 2 of 1: request an increase in Service Quotas']);
});

t('a stopped instance is named, and started only when that is asked for', async () => {
  const named = await look({ stopped: ['i-1'] });
  assert.match(of(named, 'stopped instances').detail, /i-1.*--orphans/);
  assert.not.ok(asked.some(({ op }) => op === 'ec2:StartInstances'));
  const started = await look({ stopped: ['i-1'] }, { startOrphans: true, role: 'plan' });
  assert.equal([of(started, 'stopped instances').state, missing(started)], ['ok', []]);
  assert.equal(
    asked.filter(({ op }) => op === 'ec2:StartInstances').map(({ input }) => input),
    [{ InstanceIds: ['i-1'] }],
  );
});

t('the role behind a session is what is simulated', () => {
  assert.is(principalOf(`arn:aws-cn:sts::${ACCOUNT}:assumed-role/r/s`), `arn:aws-cn:iam::${ACCOUNT}:role/r`);
  assert.is(principalOf(`arn:aws:iam::${ACCOUNT}:user/ana`), `arn:aws:iam::${ACCOUNT}:user/ana`);
  assert.is(principalOf(`arn:aws:iam::${ACCOUNT}:root`), undefined);
});

/** GitHub's token service, as far as a job sees it. */
async function withIssuer(claims: object, work: (url: string, seen: string[]) => Promise<void>): Promise<void> {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(`${request.url ?? ''} ${request.headers.authorization ?? ''}`);
    response.end(JSON.stringify({ value: `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.planted-signature` }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}/token?v=1`, seen);
  } finally {
    await new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
  }
}

const TRUST = trustPolicy({
  role: 'apply',
  account: ACCOUNT,
  region: 'us-east-1',
  repository: 'org/repo',
  environments: ['prod'],
  branches: [],
  mergeQueues: [],
  pullRequest: false,
});
const job = (url?: string) => ({
  GITHUB_ACTIONS: 'true',
  ...(url === undefined ? {} : { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'planted-bearer' }),
});

t('a token that the role trusts, and one that it does not: the condition, never the token', async () => {
  await withIssuer({ aud: 'sts.amazonaws.com', sub: 'repo:org/repo:environment:prod' }, async (url, seen) => {
    assert.is((await checkToken(job(url), TRUST)).state, 'ok');
    assert.equal(seen, ['/token?v=1&audience=sts.amazonaws.com Bearer planted-bearer']);
    assert.match((await checkToken(job(url), undefined)).detail, /sub repo:org\/repo:environment:prod.*--trust/);
  });
  await withIssuer({ aud: 'sts.amazonaws.com', sub: 'repo:org@1/repo@2:environment:prod' }, async (url) => {
    const report = await checkToken(job(url), TRUST);
    assert.is(report.state, 'missing');
    assert.match(report.detail, /sub is repo:org@1\/repo@2:environment:prod, but the policy requires repo:org\/repo:environment:prod/);
    assert.not.match(JSON.stringify(report), /planted/);
  });
});

t('a job without the permission, a machine that is none, and an issuer that is away', async () => {
  const none = await checkToken(job(), TRUST);
  assert.is(none.state, 'missing');
  assert.match(none.detail, /id-token: write/);
  assert.is((await checkToken({}, TRUST)).state, 'unchecked');
  const away = await checkToken(job('http://127.0.0.1:1/token?v=1'), TRUST);
  assert.is(away.state, 'unchecked');
  assert.not.match(away.detail, /planted/);
});

t.run();
