import { asList } from '../../reconciler/model/json.ts';
import { valueAt } from '../../reconciler/model/paths.ts';
import { type Exercise, type Look, verdict } from '../exercise.ts';
import { listed, settledTargets } from '../read.ts';
import { noteOf, writeNote } from './note.ts';

const TAG = 'course:drift';

/** What a colleague in a hurry does by hand: another path for the health check. */
async function meddle(look: Look): Promise<string> {
  const group = look.of('targetGroup')[0]?.id;
  if (group === undefined) throw new Error('the stack has no target group');
  await look.call('elbv2:ModifyTargetGroup', { TargetGroupArn: group, HealthCheckPath: '/healthz' });
  await writeNote(look, TAG, 'begun');
  return 'Somebody changed your stack by hand. Find out what, and make AWS match the spec again.';
}

export const drift: Exercise = {
  name: 'drift',
  chapter: 11,
  title: 'Drift',
  task: 'Run albedo check drift --begin: it changes something in AWS. Find the change with albedo drift, and undo it.',
  begin: meddle,
  criteria: [
    {
      title: 'The exercise was started',
      points: 0,
      look: async (look) =>
        verdict(
          (await noteOf(look, TAG)) !== undefined,
          `the tag ${TAG} is ${(await noteOf(look, TAG)) ?? 'not there'}`,
          'Run albedo check drift --begin.',
        ),
    },
    {
      title: 'AWS matches the spec again',
      points: 3,
      look: async (look) => {
        if ((await noteOf(look, TAG)) === undefined) return verdict(false, 'nothing was changed yet', 'Run albedo check drift --begin.');
        return verdict(
          look.differences.length === 0,
          `differences: ${listed(look.differences)}`,
          'Run albedo drift to see them, then albedo apply.',
        );
      },
    },
    {
      title: 'The health check requests the path that the spec sets',
      points: 1,
      look: async (look) => {
        if ((await noteOf(look, TAG)) === undefined) return verdict(false, 'nothing was changed yet', 'Run albedo check drift --begin.');
        const groups = look.of('targetGroup').map(({ id }) => id);
        const answer = await look.call('elbv2:DescribeTargetGroups', { TargetGroupArns: groups });
        const paths = asList(valueAt(answer, 'TargetGroups')).map((each) => String(valueAt(each, 'HealthCheckPath')));
        const bad = (await settledTargets(look)).filter(({ state }) => state !== 'healthy' && state !== 'unused');
        return verdict(
          !paths.includes('/healthz') && bad.length === 0,
          `paths: ${listed(paths)}; ${bad.length} targets are not healthy`,
          'Apply, and wait for the health check.',
        );
      },
    },
  ],
};
