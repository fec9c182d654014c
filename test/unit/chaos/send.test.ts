/** A fault that AWS does later: what came of it is waited for, and a part that may have been done is never called nothing. */
import * as assert from 'uvu/assert';
import { sendFault } from '../../../reconciler/chaos/carry-out/send.ts';
import { NOTHING_KNOWN } from '../../../reconciler/chaos/experiments/experiment.ts';
import { experimentNamed } from '../../../reconciler/chaos/experiments.ts';
import type { Victim } from '../../../reconciler/chaos/types.ts';
import { CloudError } from '../../../reconciler/errors.ts';
import type { Json } from '../../../reconciler/model/json.ts';
import { suite } from '../../support/suite.ts';
import { simulatedClock } from './simulated.ts';

const t = suite('send');
const victim: Victim = {
  ...{ experiment: 'killProcess', instanceId: 'i-1', name: 'web-1', zone: 'a', port: 8080, group: 'web', groupArn: 'a', seed: '' },
  detail: 'webserver',
};

/** Sends the command that kills the server; each look at it gets the next of these answers, the last one for ever. */
async function sent(...answers: readonly (Json | Error)[]): Promise<{ readonly error: CloudError | undefined; readonly looks: number }> {
  const clock = simulatedClock();
  let looks = 0;
  const call = async (op: string): Promise<Json> => {
    if (op === 'ssm:SendCommand') return { Command: { CommandId: 'c-1' } };
    const answer = answers[Math.min(looks++, answers.length - 1)];
    if (answer instanceof Error) throw answer;
    return answer as Json;
  };
  const { start } = experimentNamed('killProcess');
  const work = sendFault(start, victim, { cloud: { call } as never, clock, about: NOTHING_KNOWN, options: {} });
  const error = await clock.run(work.then(() => undefined).catch((reason: unknown) => reason as CloudError));
  return { error, looks };
}

t('done once the command has ended well', async () => {
  const unknown = new CloudError('ssm:GetCommandInvocation', 'InvocationDoesNotExist', 'Invalid', 'not yet');
  const { error, looks } = await sent(
    unknown,
    { Status: 'Pending' },
    { Status: 'Delayed' },
    { Status: 'InProgress' },
    { Status: 'Success' },
  );
  assert.is(error, undefined);
  assert.is(looks, 5);
});

t('a look that AWS refuses is told as it is', async () => {
  const denied = new CloudError('ssm:GetCommandInvocation', 'AccessDeniedException', 'Denied', 'no');
  assert.is((await sent(denied)).error, denied);
});

for (const [title, answer, kind, text] of [
  ['no such service: nothing was done', { Status: 'Failed', ResponseCode: 77 }, 'Invalid', /no systemd unit of this name/],
  [
    'a failure in the middle',
    { Status: 'Failed', ResponseCode: 1, StandardErrorContent: 'Failed to stop\nmore' },
    'Unknown',
    /ended with status Failed: Failed to stop$/,
  ],
  ['a failure without a word', { Status: 'TimedOut' }, 'Unknown', /ended with status TimedOut$/],
  ['an answer without a status', {}, 'Unknown', /ended with status unknown$/],
] as const)
  t(title, async () => {
    const { error } = await sent(answer);
    assert.is(error?.class, kind);
    assert.match(error?.message ?? '', text);
  });

t('a command that never ends is given up, and a part of it may have been done', async () => {
  const { error } = await sent({ Status: 'InProgress' });
  assert.is(error?.awsCode, 'CommandTimedOut');
  assert.is(error?.class, 'Unknown');
});

t.run();
