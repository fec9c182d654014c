/** What counts as gone: two reads that say so, never one. */
import * as assert from 'uvu/assert';
import { lookAt } from '../../../reconciler/chaos/carry-out/look.ts';
import { experimentNamed } from '../../../reconciler/chaos/experiments.ts';
import type { Victim } from '../../../reconciler/chaos/types.ts';
import { CloudError } from '../../../reconciler/errors.ts';
import type { Json } from '../../../reconciler/model/json.ts';
import { rejects } from '../../support/rejects.ts';
import { suite } from '../../support/suite.ts';

const t = suite('look at a victim');
const victim: Victim = {
  ...{ experiment: 'stopInstance', instanceId: 'i-1', name: 'web-1', zone: 'a', port: 80, group: 'web', groupArn: 'arn:web', seed: 's' },
};
const instance = (Name: string): Json => ({ Reservations: [{ Instances: [{ InstanceId: 'i-1', State: { Name } }] }] });
const nothing: Json = { Reservations: [] };
const missing = new CloudError('ec2:DescribeInstances', 'InvalidInstanceID.NotFound', 'NotFound', 'it does not exist');

async function look(...answers: readonly (Json | CloudError)[]): Promise<readonly [string, number]> {
  let asked = 0;
  const slept: number[] = [];
  const { state } = await lookAt(experimentNamed('stopInstance'), victim, {
    clock: { sleep: async (ms) => void slept.push(ms) },
    call: async () => {
      const answer = answers[asked++];
      if (answer instanceof CloudError) throw answer;
      return answer ?? null;
    },
  });
  assert.equal(slept, asked === 1 ? [] : [1000]);
  return [state, asked];
}

t('an instance that AWS does not show for a moment is not gone', async () => {
  for (const first of [missing, nothing, instance('terminated')]) assert.equal(await look(first, instance('stopped')), ['broken', 2]);
  assert.equal(await look(missing, instance('running')), ['fine', 2]);
});

t('one that two reads do not show is gone, and one that is there is looked at once', async () => {
  for (const each of [missing, nothing, instance('terminated')]) assert.equal(await look(each, each), ['gone', 2]);
  assert.equal(await look(instance('stopped')), ['broken', 1]);
});

t('what AWS does not tell is no state', async () => {
  const denied = new CloudError('ec2:DescribeInstances', 'UnauthorizedOperation', 'Denied', 'no');
  assert.is(await rejects(look(denied)), denied);
  assert.is(await rejects(look(missing, denied)), denied);
});

t.run();
