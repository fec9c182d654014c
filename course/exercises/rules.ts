import { asList, type Json } from '../../reconciler/model/json.ts';
import { valueAt, valuesAt } from '../../reconciler/model/paths.ts';
import { type Exercise, type Look, verdict } from '../exercise.ts';
import { instancesOf, listed, listenerOf, served, settledTargets } from '../read.ts';

const COUNT = 200;

const rulesOf = (look: Look) =>
  look.once('rules', async () => {
    const { name } = listenerOf(look);
    const listener = look.of('listener').find(({ address }) => address === `listener/${name}`);
    return asList(valueAt(await look.call('elbv2:DescribeRules', { ListenerArn: listener?.id ?? '' }), 'Rules'));
  });

/** The groups of a rule with their weights. */
const weightsOf = (rule: Json | undefined): readonly { readonly arn: string; readonly weight: number }[] =>
  asList(valueAt(asList(valueAt(rule ?? null, 'Actions'))[0] ?? null, 'ForwardConfig.TargetGroups')).map((each) => ({
    arn: String(valueAt(each, 'TargetGroupArn')),
    weight: Number(valueAt(each, 'Weight') ?? 1),
  }));

/** Instances of a group, as AWS has them registered. */
const membersOf = async (look: Look, arn: string): Promise<readonly string[]> =>
  (await settledTargets(look)).filter((target) => target.arn === arn).map(({ id }) => id);

const apiRule = async (look: Look): Promise<Json | undefined> =>
  (await rulesOf(look)).find(
    (rule) =>
      valueAt(rule, 'IsDefault') !== true &&
      valuesAt(rule, 'Conditions[].PathPatternConfig.Values[]').some((value) => String(value).startsWith('/api')),
  );

const defaultRule = async (look: Look): Promise<Json | undefined> =>
  (await rulesOf(look)).find((rule) => valueAt(rule, 'IsDefault') === true);

export const rules: Exercise = {
  name: 'rules',
  chapter: 10,
  title: 'Rules and weights',
  task: 'Send /api/* to one group only. Split all other requests between two groups, with a larger weight for one of them.',
  criteria: [
    {
      title: 'A rule for /api/* forwards to one group',
      points: 1,
      look: async (look) => {
        const rule = await apiRule(look);
        return verdict(
          weightsOf(rule).filter(({ weight }) => weight > 0).length === 1,
          rule === undefined ? 'no rule has a path that begins with /api' : `its rule forwards to ${weightsOf(rule).length} groups`,
          'Add rules: { api: { if: { path: [/api/*] }, forward: NAME } } to the listener.',
        );
      },
    },
    {
      title: '20 requests for /api/orders reach only that group',
      points: 2,
      look: async (look) => {
        const members = await membersOf(look, weightsOf(await apiRule(look))[0]?.arn ?? '');
        const ids = instancesOf(await look.ask(listenerOf(look), '/api/orders', 20));
        return verdict(
          ids.length > 0 && ids.every((id) => members.includes(id)),
          `answered by ${listed(ids)}; the group has ${listed(members)}`,
          'Check the condition and the forward of the rule.',
        );
      },
    },
    {
      title: 'All other requests are split by different weights',
      points: 1,
      look: async (look) => {
        const weights = weightsOf(await defaultRule(look)).map(({ weight }) => weight);
        return verdict(
          weights.filter((weight) => weight > 0).length >= 2 && new Set(weights).size >= 2,
          `the default action has the weights ${listed(weights.map(String))}`,
          'Write the forward of the listener with two targetGroups and weights, such as 80 and 20.',
        );
      },
    },
    {
      title: `${COUNT} requests follow the weights`,
      points: 2,
      look: async (look) => {
        const weights = weightsOf(await defaultRule(look));
        const total = weights.reduce((sum, { weight }) => sum + weight, 0);
        if (weights.length < 2 || total === 0) return verdict(false, 'there are no weights to follow', 'Set the weights first.');
        const replies = (await look.ask(listenerOf(look), '/', COUNT)).filter(served);
        const shares = await Promise.all(
          weights.map(async ({ arn, weight }) => {
            const members = await membersOf(look, arn);
            const wanted = weight / total;
            const got = replies.filter(({ instance }) => members.includes(instance)).length / COUNT;
            // Five standard deviations: by chance alone it is missed less than once in a million checks.
            return { wanted, got, right: Math.abs(got - wanted) <= Math.max(0.02, 5 * Math.sqrt((wanted * (1 - wanted)) / COUNT)) };
          }),
        );
        const percent = (value: number) => `${Math.round(value * 100)} %`;
        return verdict(
          shares.every(({ right }) => right),
          shares.map(({ wanted, got }) => `${percent(got)} where the weight is ${percent(wanted)}`).join(', '),
          'Every group needs a healthy target; turn stickiness off for this exercise.',
        );
      },
    },
  ],
};
