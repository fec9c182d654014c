/** Which engine sends the load of `verify`, and flags that do not go together. */
import * as assert from 'uvu/assert';
import { INPUTS } from '../../../action/input-table.ts';
import { readInputs } from '../../../action/inputs.ts';
import { makeProgram } from '../../../reconciler/cli/program.ts';
import { portNumber } from '../../../reconciler/cli/program-parts.ts';
import { ReconcileError } from '../../../reconciler/errors.ts';
import { ENGINES } from '../../../reconciler/load/engines.ts';
import { engineOf, SEND_OPTIONS, type SendFlags, senderOf } from '../../../reconciler/verify/send-options.ts';
import { suite } from '../../support/suite.ts';

const t = suite('engines');
const refused = (flags: SendFlags): string => {
  try {
    senderOf(flags);
    return '';
  } catch (thrown) {
    return thrown instanceof ReconcileError ? `${thrown.code}: ${thrown.message}` : String(thrown);
  }
};

t('the engine is the one that is named, or the one that the other flags are of', () => {
  assert.is(engineOf({}).name, 'local');
  assert.is(engineOf({ shards: 4 }).name, 'local');
  assert.is(engineOf({ loadPlan: 'plan.json', points: 'points' }).name, 'files');
  for (const { name } of ENGINES) assert.is(engineOf({ engine: name }).name, name);
});

t('what does not go together is refused before anything is called', () => {
  const cases: [SendFlags, string][] = [
    [{ namespace: 'load' }, '--namespace is only for --engine kubernetes'],
    [{ engine: 'local', image: 'k6' }, '--image is only for --engine kubernetes'],
    [{ startIn: '1m' }, '--start-in is only for --engine kubernetes'],
    [{ engine: 'files', kubeContext: 'x' }, '--kube-context is only for --engine kubernetes'],
    [{ engine: 'kubernetes', loadPlan: 'plan.json', points: 'p' }, '--load-plan is only for --engine files'],
    [{ engine: 'local', points: 'p' }, '--points is only for --engine files'],
    [{ loadPlan: 'plan.json', points: 'p', shards: 2 }, '--shards and --load-plan cannot be used together'],
    [{ loadPlan: 'plan.json' }, '--engine files needs --load-plan and --points'],
    [{ points: 'p' }, '--engine files needs --load-plan and --points'],
    [{ engine: 'kubernetes', image: '--privileged' }, '--privileged is not the name of an image'],
    [{ engine: 'kubernetes', namespace: 'A' }, 'A cannot be the name of a namespace in Kubernetes'],
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

t('every command that runs a load test offers every engine, and the same flags; so does the action', () => {
  for (const command of ['verify', 'apply', 'watch']) {
    let help = '';
    makeProgram()
      .commands.find((each) => each.name() === command)
      ?.configureOutput({ writeOut: (text) => void (help += text) })
      .outputHelp();
    const words = help.replace(/\s+/g, ' ');
    for (const { name, summary } of ENGINES) assert.match(words, `${name}, ${summary}`);
    for (const { name, value } of SEND_OPTIONS) assert.match(words, `--${name} <${value}> `, command);
  }
  for (const { name } of SEND_OPTIONS)
    assert.ok(
      INPUTS.some((row) => row.name === name),
      name,
    );
});

t('a port is one that there is, or 0 for any', () => {
  for (const text of ['0', '1', '8089', '65535']) assert.is(portNumber(text), Number(text));
  for (const text of ['', 'abc', '-1', '65536', '100000', '80.5', '8e3', ' 80'])
    assert.throws(() => portNumber(text), /Write a port, 1 to 65535, or 0 for any free one/, text);
});

t('the action reads what the flags say, and refuses the same', () => {
  const read = (more: Readonly<Record<string, string>>) =>
    readInputs({
      ...{ RUNNER_TEMP: '/runner', INPUT_COMMAND: 'verify', INPUT_SPEC: 'web.yaml' },
      ...Object.fromEntries(Object.entries(more).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
    });
  assert.equal(read({}).send, {});
  assert.equal(read({ engine: 'kubernetes', shards: '3', 'start-in': '2m', namespace: 'load' }).send, {
    ...{ engine: 'kubernetes', shards: 3, startIn: '2m', namespace: 'load' },
  });
  const refusals: [Readonly<Record<string, string>>, RegExp][] = [
    [{ engine: 'cloud' }, /engine is "cloud", but must be local, kubernetes, files/],
    [{ shards: '0' }, /shards is "0", but must be a whole number from 1/],
    [{ namespace: 'load' }, /the input namespace is only for the input engine kubernetes/],
    [{ command: 'plan', engine: 'kubernetes' }, /engine needs command: verify/],
  ];
  for (const [given, why] of refusals) assert.throws(() => read(given), why, JSON.stringify(given));
});

t.run();
