/** Which engine sends the load of `verify`, and flags that do not go together. */
import * as assert from 'uvu/assert';
import { engineOf, type SendFlags, senderOf } from '../../../reconciler/cli/load.ts';
import { makeProgram } from '../../../reconciler/cli/program.ts';
import { ReconcileError } from '../../../reconciler/errors.ts';
import { ENGINES } from '../../../reconciler/load/engines.ts';
import { suite } from '../../support/suite.ts';

const t = suite('engines');
const flags = (more: Partial<SendFlags>): SendFlags => ({ pointsWait: '10m', ...more });
const refused = (more: Partial<SendFlags>): string => {
  try {
    senderOf(flags(more));
    return '';
  } catch (thrown) {
    return thrown instanceof ReconcileError ? `${thrown.code}: ${thrown.message}` : String(thrown);
  }
};

t('the engine is the one that is named, or the one that the other flags are of', () => {
  assert.is(engineOf(flags({})).name, 'local');
  assert.is(engineOf(flags({ shards: 4 })).name, 'local');
  assert.is(engineOf(flags({ loadPlan: 'plan.json', points: 'points' })).name, 'files');
  for (const { name } of ENGINES) assert.is(engineOf(flags({ engine: name })).name, name);
});

t('what does not go together is refused before anything is called', () => {
  const cases: [Partial<SendFlags>, string][] = [
    [{ namespace: 'load' }, '--namespace needs --engine kubernetes'],
    [{ engine: 'local', image: 'k6' }, '--image needs --engine kubernetes'],
    [{ startIn: '1m' }, '--start-in needs --engine kubernetes'],
    [{ engine: 'files', kubeContext: 'x' }, '--kube-context needs --engine kubernetes'],
    [{ engine: 'kubernetes', loadPlan: 'plan.json', points: 'p' }, '--engine kubernetes and --load-plan cannot be used together'],
    [{ engine: 'local', points: 'p' }, '--engine local and --load-plan cannot be used together'],
    [{ loadPlan: 'plan.json', points: 'p', shards: 2 }, '--shards and --load-plan cannot be used together'],
    [{ loadPlan: 'plan.json' }, '--engine files needs --load-plan and --points'],
    [{ points: 'p' }, '--engine files needs --load-plan and --points'],
    [{ engine: 'kubernetes', image: '--privileged' }, '--image --privileged is no name of an image'],
    [{ engine: 'kubernetes', namespace: 'A' }, '--namespace A is no name of Kubernetes'],
    [{ engine: 'kubernetes', startIn: 'soon' }, '--start-in soon is not a duration'],
  ];
  for (const [given, why] of cases) assert.match(refused(given), why, JSON.stringify(given));
  for (const good of [
    {},
    { shards: 3 },
    { engine: 'kubernetes', shards: 3, namespace: 'load', image: 'a/k6:2', startIn: '30s', kubeContext: 'c' },
  ])
    assert.is(refused(good), '', JSON.stringify(good));
});

t('the help names every engine', () => {
  let help = '';
  makeProgram()
    .commands.find((each) => each.name() === 'verify')
    ?.configureOutput({ writeOut: (text) => void (help += text) })
    .outputHelp();
  const words = help.replace(/\s+/g, ' ');
  for (const { name, summary } of ENGINES) assert.match(words, `${name}, ${summary}`);
});

t.run();
