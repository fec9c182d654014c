/** A refusal at a quota says which one it is, its value and how to raise it. Messages as AWS and IAM word them. */
import * as assert from 'uvu/assert';
import { quotaHint } from '../../../reconciler/aws/quotas.ts';
import { failureOf } from '../../../reconciler/run/exit-status.ts';
import { answering, refusal } from '../../support/scripted-cloud.ts';
import { suite } from '../../support/suite.ts';

const t = suite('aws/quotas');
const account = answering(() => ({ Limits: [{ Name: 'rules-per-application-load-balancer', Max: '150' }] }));
const mute = answering((op) => {
  throw refusal(op, 'AccessDenied');
});

for (const [code, message, cloud, ...words] of [
  [
    'TooManyRules',
    "You've reached the limit on the number of rules per load balancer: 100",
    account,
    'Rules per Application Load Balancer',
    '150',
  ],
  // May not be asked: the message has it.
  [
    'TooManyRules',
    "You've reached the limit on the number of rules per load balancer: 100",
    mute,
    'Rules per Application Load Balancer',
    ', 100 ',
  ],
  ['VpcLimitExceeded', 'The maximum number of VPCs has been reached.', mute, 'VPCs per Region', 'Service Quotas console (Amazon Virtual'],
  ['LimitExceeded', 'Cannot exceed quota for ServerCertificatesPerAccount: 20', mute, 'server certificates per account', '20', '(IAM)'],
  ['TooManyActions', "You've reached the limit on the number of actions per rule: 5", mute, 'cannot be raised'],
  ['NatGatewayLimitExceeded', 'Too many', mute, 'NatGateway'],
] as const)
  t(`${code}${cloud === mute ? ', the limits not to be read' : ''}`, async () => {
    const hint = await quotaHint(code, message, cloud);
    for (const word of words) assert.ok(hint?.includes(word), `${word}: ${hint}`);
  });

for (const code of ['RequestLimitExceeded', 'TooManyRequestsException', 'Throttling', 'ValidationError', 'TargetGroupNotFound'])
  t(`${code} is no quota`, async () => assert.is(await quotaHint(code, 'x: 5', account), undefined));

const failed = (error: { readonly code: string; readonly message: string; readonly hint?: string }) =>
  failureOf({
    plan: { stack: 'shop', region: 'r', steps: [] },
    run: { outcome: 'failed', steps: [{ id: 'a', outcome: 'failed', error }], startedAt: 0, endedAt: 0 },
  } as never);

t('an apply that failed at one says so instead of "the cause named above"', () => {
  const error = failed({ code: 'TooManyRules', message: 'x', hint: 'The quota is “Rules”.' });
  assert.match(error?.hint ?? '', /^The quota is “Rules”\. Then run the same command again/);
});

t('one that was throttled to its end says so, and what to do', () => {
  const error = failed({ code: 'Throttling', message: 'Rate exceeded' });
  assert.match(error?.message ?? '', /AWS throttled them for an hour/);
  assert.match(error?.hint ?? '', /share its rate limits.*run the same command again/);
});

t.run();
