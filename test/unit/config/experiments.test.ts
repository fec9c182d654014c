/** Several experiments in a spec: what is wrong with one is told where it stands, and what cannot be is refused before anything is called. */
import * as assert from 'uvu/assert';
import { readSettings } from '../../../reconciler/config/settings.ts';
import type { Json } from '../../../reconciler/model/json.ts';
import { GOOD, swap } from '../../support/spec-text.ts';
import { problemsOf, ready } from '../../support/stacks.ts';
import { suite } from '../../support/suite.ts';

const t = suite('spec/experiments');

const CHAOS = 'chaos: { stopInstance: { from: web, at: 20s, for: 20s } }\n';
const list = (...items: readonly string[]): string =>
  swap(CHAOS, `experiments:\n${items.map((item) => `  - ${item}\n`).join('')}`, swap('duration: 60s', 'duration: 2m'));
const told = (text: string): string[] =>
  problemsOf(text).map(({ line, column, path, message, hint }) => `${line}:${column} ${path}: ${message} | ${hint}`);
const STOP = '{ stopInstance: { from: web, at: 20s, for: 20s } }';

t('in turn, with the defaults of each; one alone is the same as `chaos`', () => {
  assert.equal(told(list(STOP, '{ deregisterTarget: { from: web } }')), []);
  const { settings } = ready(list(STOP, '{ deregisterTarget: { from: web } }'));
  assert.is(settings.chaos, undefined);
  assert.equal(settings.experiments, [
    { stopInstance: { from: 'web', at: 20, for: 20 } },
    { deregisterTarget: { from: 'web', at: 20, for: 20 } },
  ]);
  const one = ready(list(STOP)).settings;
  assert.equal([one.chaos, one.experiments], [{ stopInstance: { from: 'web', at: 20, for: 20 } }, undefined]);
});

t('text of another commit, which nobody has checked, is read as far as it goes', () => {
  for (const experiments of [3, 'x', null, {}, [3, null, { nothing: {} }]] as Json[])
    assert.is(readSettings({ experiments }).experiments, undefined, JSON.stringify(experiments));
});

const BAD: readonly (readonly [name: string, text: string, ...told: readonly string[]])[] = [
  [
    'both keys',
    swap(CHAOS, `${CHAOS}experiments: [${STOP}]\n`),
    '28:1 experiments: `chaos` and `experiments` are both set. | Move the experiment under `chaos` to the list, and remove `chaos`.',
  ],
  [
    'both keys, and nothing under the first',
    swap(CHAOS, `chaos: {}\nexperiments: [${STOP}]\n`),
    '28:1 experiments: `chaos` and `experiments` are both set. | Move the experiment under `chaos` to the list, and remove `chaos`.',
  ],
  ['an empty list', swap(CHAOS, 'experiments: []\n'), '27:1 experiments: `experiments` needs at least 1 entry, and has none. | undefined'],
  ['an item that names none', list(STOP, '{}'), '29:5 experiments[1]: This entry names no experiment. | Name one, or remove the entry.'],
  [
    'an item that names two',
    list('{ stopInstance: { from: web }, deregisterTarget: { from: web } }', STOP),
    '28:54 experiments[0].deregisterTarget: `deregisterTarget` and `stopInstance` are both set, but each entry of the list is one experiment. | Write them as two entries: they then run in turn.',
  ],
  [
    'a name that is none',
    list(STOP, '{ stopInstanc: { from: web } }'),
    '29:7 experiments[1].stopInstanc: `stopInstanc` is not a field of `experiments[1]`. | Did you mean `stopInstance`?',
  ],
  [
    'a group that is none',
    list(STOP, '{ stopInstance: { from: wen } }'),
    '29:29 experiments[1].stopInstance.from: There is no target group named `wen`. | Did you mean `web`?',
  ],
  [
    'a victim that is none',
    list(STOP, '{ stopInstance: { from: web, instance: web-1 } }', '{ deregisterTarget: { from: web, target: web-9, for: 1s, at: 1s } }'),
    '30:46 experiments[2].deregisterTarget.target: `web-9` is not a target of `web`. | Its targets are `web-1`, `web-2`.',
  ],
  [
    'a time that is too long',
    list(STOP, '{ stopInstance: { from: web, at: 2h } }'),
    '29:38 experiments[1].stopInstance.at: `at` is `2h`; the maximum is `1h`. | Write `1s` to `1h`.',
  ],
];
for (const [name, text, ...expected] of BAD) t(name, () => assert.equal(told(text), expected));

t('AWS FIS stops nothing for less than a minute, and has no part in other experiments', () => {
  const one = (rows: string, name = 'stopShare') => told(list(`{ ${name}: { from: web, at: 1s, ${rows} } }`));
  for (const rows of ['by: fis, for: 60s', 'by: fis, for: 1m', 'by: ec2, for: 5s', 'by: ec2']) assert.equal(one(rows), [], rows);
  const least = 'AWS FIS stops an instance for 60 s at least, but the fault lasts';
  assert.match(one('by: fis, for: 59s')[0] ?? '', new RegExp(`^28:\\d+ experiments\\[0\\]\\.stopShare\\.for: ${least} 59 s\\.`));
  assert.match(one('by: fis')[0] ?? '', new RegExp(`^28:\\d+ experiments\\[0\\]\\.stopShare\\.by: ${least} 20 s\\.`));
  assert.match(one('by: FIS, for: 60s')[0] ?? '', /stopShare\.by: /);
  assert.match(one('by: fis, for: 60s', 'killProcess')[0] ?? '', 'killProcess.by: `by` is not a field');
});

t('the load is long enough for all of them, or the first one that does not fit is named', () => {
  // 40 s for the first, 5 s of the steady state, 40 s for the second.
  const two = (duration: string): string => swap('duration: 2m', `duration: ${duration}`, list(STOP, STOP));
  assert.equal(told(two('85s')), []);
  assert.equal(told(two('84s')), [
    '29:48 experiments[1].stopInstance.for: After the experiments before it, the fault would last until 85 s, but the load ends after 84 s: the recovery would not be seen. | Decrease `at` or `for`, or increase `load.duration`: 230 s are usually enough.',
  ]);
  assert.match(
    told(two('60s'))[0] ?? '',
    /29:\d+ experiments\[1\]\.stopInstance\.at: After the experiments before it, the fault would begin after 65 s/,
  );
  assert.match(told(two('30s'))[0] ?? '', /28:\d+ experiments\[0\]\.stopInstance\.for: The fault would last until 40 s/);
  assert.is(told(two('30s')).length, 1, 'what comes after it is not told as well');
});

t('the rest of the spec is what it was', () => {
  const [a, b] = [ready(GOOD), ready(list(STOP, STOP))];
  assert.equal(b.stack.desired, a.stack.desired);
});

t.run();
