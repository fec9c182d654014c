/** Priorities that a spec says and that rules of others hold. */
import * as assert from 'uvu/assert';
import type { Observed } from '../../../reconciler/model/model.ts';
import { checkPlaces } from '../../../reconciler/observe/places.ts';
import { appliedOf, changed, idOf, NOTHING, stackOf } from '../../support/stacks.ts';
import { suite } from '../../support/suite.ts';

const t = suite('observe/places');

const STACK = stackOf(
  changed(
    (spec) =>
      (spec.listeners.http.rules = {
        a: { if: { path: ['/a'] }, forward: 'web', priority: 7 },
        b: { if: { path: ['/b'] }, forward: 'web' },
      }),
  ),
);
const LIVE = appliedOf(STACK);
const told = (listener: string, value: number, more: Partial<Observed> = {}): readonly string[] =>
  checkPlaces(STACK, { ...LIVE, ...more, occupied: [{ kind: 'rule', parent: idOf(listener), value, id: 'arn:theirs' }] }).map(
    ({ path, message, hint }) => `${path}: ${message} | ${hint}`,
  );

t('a priority that a rule of others holds on the same listener is a mistake', () => {
  assert.equal(told('listener/http', 7), [
    'rule/http.a.priority: Priority 7 is used by a rule that does not belong to this stack. | Choose another priority, or leave it out, and albedo chooses a free one. The rule is arn:theirs.',
  ]);
  assert.equal(told('listener/http', 8), [], 'another one is free');
  assert.equal(told('listener/https', 7), [], 'on another listener');
  assert.equal(checkPlaces(STACK, NOTHING), [], 'on a listener that is yet to be made');
});

t('what the spec takes over is left to guard', () => {
  assert.equal(told('listener/http', 7, { claimed: [{ address: 'rule/http.a' }] as unknown as Observed['claimed'] }), []);
});

t.run();
