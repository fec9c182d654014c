import * as assert from 'uvu/assert';
import { editDistance, nearestName } from '../../../reconciler/config/nearest.ts';
import { suite } from '../../support/suite.ts';

const t = suite('spec/nearest');

const FIELDS = ['healthCheck', 'port', 'protocol', 'protocolVersion', 'stickiness', 'targets', 'targetType', 'deregistrationDelay'];

const rows: readonly (readonly [string, string | undefined])[] = [
  ['health_check', 'healthCheck'],
  ['HealthCheck', 'healthCheck'],
  ['health-check', 'healthCheck'],
  ['heathCheck', 'healthCheck'],
  ['prot', 'port'],
  ['protcol', 'protocol'],
  ['protocolversion', 'protocolVersion'],
  ['stick', 'stickiness'],
  ['stickines', 'stickiness'],
  ['target', 'targets'],
  ['targetTyp', 'targetType'],
  ['deregistration', 'deregistrationDelay'],
  ['xyzzy', undefined],
  ['a', undefined],
  ['', undefined],
  ['_', undefined],
  ['x'.repeat(10_000), undefined],
];
for (const [word, wanted] of rows)
  t(`${word.slice(0, 30) || '(empty)'} -> ${wanted ?? 'nothing'}`, () => assert.is(nearestName(word, FIELDS), wanted));

t('ties go to the first', () => {
  assert.is(nearestName('webb', ['web1', 'web2']), 'web1');
  assert.is(nearestName('webb', ['web2', 'web1']), 'web2');
});

t('distances', () => {
  for (const [a, b, distance] of [
    ['', '', 0],
    ['', 'abc', 3],
    ['abc', 'acb', 1],
    ['abc', 'ab', 1],
    ['abc', 'xbc', 1],
    ['kitten', 'sitting', 3],
    ['ca', 'abc', 3],
  ] as const) {
    assert.is(editDistance(a, b), distance, `${a} ${b}`);
    assert.is(editDistance(b, a), distance, `${b} ${a}`);
  }
});

t.run();
