/** Who may be taken out of a group, and how it comes back as it was: instances and addresses, whoever registered them. */

import * as assert from 'uvu/assert';
import { lookAt } from '../../../reconciler/chaos/carry-out/look.ts';
import { surveyCandidates } from '../../../reconciler/chaos/carry-out/survey.ts';
import { chooseVictim } from '../../../reconciler/chaos/choose.ts';
import { deregisterTarget } from '../../../reconciler/chaos/experiments/deregister-target.ts';
import { NOTHING_KNOWN } from '../../../reconciler/chaos/experiments/experiment.ts';
import type { Candidate } from '../../../reconciler/chaos/types.ts';
import type { Cloud } from '../../../reconciler/run/port.ts';
import { suite } from '../../support/suite.ts';
import { group, OTHER, VICTIM } from '../load/samples.ts';

const t = suite('deregister a target');
const choose = (candidates: readonly Candidate[], named?: string) =>
  chooseVictim({
    ...{ experiment: deregisterTarget, stack: 'shop', group: 'web', groupArn: 'arn:web', candidates, seed: 's' },
    ...(named === undefined ? {} : { named }),
  });
const registered = (Id: string, State = 'healthy', AvailabilityZone?: string) => ({
  Target: { Id, Port: 8080, ...(AvailabilityZone === undefined ? {} : { AvailabilityZone }) },
  TargetHealth: { State },
});

async function survey(...descriptions: readonly object[]): Promise<{ candidates: readonly Candidate[]; calls: readonly string[] }> {
  const calls: string[] = [];
  const cloud = {
    call: async (op: string) => {
      calls.push(op);
      return { TargetHealthDescriptions: descriptions };
    },
  } as unknown as Cloud;
  return { candidates: await surveyCandidates(cloud, group, 'targets'), calls };
}

t('one call finds those of the spec and those that somebody else registered, by instance or address', async () => {
  const { candidates, calls } = await survey(
    registered(VICTIM),
    registered('i-0123456789abcdef0'),
    registered('10.0.0.7', 'healthy', 'all'),
  );
  assert.equal(calls, ['elbv2:DescribeTargetHealth']);
  assert.equal(
    candidates.map(({ instanceId, name, health }) => [instanceId, name, health]),
    [
      [VICTIM, 'web-1', 'healthy'],
      [OTHER, 'web-2', ''],
      ['i-0123456789abcdef0', 'i-0123456789abcdef0', 'healthy'],
      ['10.0.0.7', '10.0.0.7', 'healthy'],
    ],
  );
});

t('an address outside the VPC is registered again for all zones, as it was', async () => {
  const { candidates } = await survey(registered(VICTIM), registered('10.9.0.7', 'healthy', 'all'));
  const { victim } = choose(candidates, '10.9.0.7');
  assert.ok(victim);
  const sent = { TargetGroupArn: 'arn:web', Targets: [{ Id: '10.9.0.7', Port: 8080, AvailabilityZone: 'all' }] };
  assert.equal(deregisterTarget.start.input(victim, NOTHING_KNOWN), sent);
  assert.equal(deregisterTarget.undo.input(victim, NOTHING_KNOWN), sent);
  assert.match(deregisterTarget.undo.byHand(victim), /Id=10\.9\.0\.7,Port=8080,AvailabilityZone=all$/);
});

t('the last healthy target stays, whatever else is registered', async () => {
  for (const others of [[], [registered(OTHER, 'unhealthy')], [registered('10.0.0.7', 'draining')]]) {
    const choice = choose((await survey(registered(VICTIM), ...others)).candidates);
    assert.is(choice.victim, undefined);
    assert.match(choice.refusal, 'has 1 healthy target, but two are needed');
  }
  assert.ok(choose((await survey(registered(VICTIM), registered(OTHER))).candidates).victim);
});

t('one that is named must be there and healthy', async () => {
  const { candidates } = await survey(registered(VICTIM), registered(OTHER, 'initial'), registered('10.0.0.7'));
  assert.is(choose(candidates, 'web-1').victim?.instanceId, VICTIM);
  assert.match(choose(candidates, 'web-2').refusal, 'the experiment needs a healthy target');
  assert.match(choose(candidates, '10.0.0.8').refusal, 'has no target 10.0.0.8');
});

t('an instance that was terminated meanwhile is gone; one that is there, and an address, are to be registered again', async () => {
  const looked = async (instanceId: string, State: string | undefined) => {
    const calls: string[] = [];
    const { victim } = choose((await survey(registered(instanceId), registered('10.0.0.9'))).candidates, instanceId);
    assert.ok(victim);
    const { state } = await lookAt(deregisterTarget, victim, {
      clock: { sleep: async () => {} },
      call: async (op) => {
        calls.push(op);
        if (op === 'elbv2:DescribeTargetHealth') return { TargetHealthDescriptions: State === undefined ? [registered(instanceId)] : [] };
        return { Reservations: [{ Instances: [{ InstanceId: instanceId, State: { Name: State ?? '' } }] }] };
      },
    });
    return [state, calls.length];
  };
  assert.equal(await looked(VICTIM, 'terminated'), ['gone', 4]);
  assert.equal(await looked(VICTIM, 'shutting-down'), ['gone', 4]);
  assert.equal(await looked(VICTIM, 'running'), ['broken', 2]);
  assert.equal(await looked(VICTIM, 'stopped'), ['broken', 2]);
  assert.equal(await looked(VICTIM, undefined), ['fine', 1]);
  assert.equal(await looked('10.0.0.7', 'terminated'), ['broken', 1]);
});

t.run();
