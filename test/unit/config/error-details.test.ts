/** What is looked up beside an error is what Ajv itself would have said. */

import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { EXPERIMENT_ROWS } from '../../../reconciler/chaos/experiments.ts';
import { AJV_OPTIONS, compileSchema, schemaBody } from '../../../reconciler/config/ajv.ts';
import { policySchema } from '../../../reconciler/model/policy.ts';
import { stackSchema } from '../../../reconciler/model/schema.ts';
import { tutorial } from '../../support/stacks.ts';
import { suite } from '../../support/suite.ts';

const t = suite('config/error-details');

const compare = (schema: object) => {
  const [ours, theirs] = [compileSchema(schema), new Ajv2020({ ...AJV_OPTIONS, verbose: true }).compile(schemaBody(schema))];
  return (value: unknown): number => {
    assert.is(ours(value), theirs(value));
    assert.equal(ours.errors ?? [], theirs.errors ?? []);
    return ours.errors?.length ?? 0;
  };
};

t('schema, parent and data are those of verbose errors, whatever is broken in a spec', () => {
  const errorsIn = compare(stackSchema(EXPERIMENT_ROWS));
  // What several places refer to is checked by a function of its own.
  const listed = () => ({ ...tutorial(), experiments: [{ stopInstance: { from: 'web' } }, { stopShare: { from: 'web', share: '30%' } }] });
  assert.is(errorsIn(listed()), 0);
  for (const experiments of [[{ stopInstance: {} }], [{ nothing: {} }, 3], [{ stopShare: { from: 'web', share: '0%' } }], [], {}])
    assert.ok(errorsIn({ ...tutorial(), experiments }) > 0);
  assert.ok(errorsIn({ ...tutorial(), chaos: { stopInstance: { form: 'web' } } }) >= 2);
  let broken = 0;
  const wrong = fc.oneof(fc.integer(), fc.constant(null), fc.constant('x'), fc.constant([]), fc.constant({ 'a/b~c': 1 }), fc.boolean());
  fc.assert(
    fc.property(fc.array(fc.nat(), { minLength: 1, maxLength: 6 }), wrong, fc.boolean(), (turns, value, adds) => {
      const spec = listed();
      // biome-ignore lint/suspicious/noExplicitAny: a walk through a value whose shape is the spec's own affair
      let at: any = spec;
      for (const turn of turns) {
        const keys = Object.keys(at);
        const key = keys[turn % Math.max(1, keys.length)];
        if (key === undefined) break;
        if (typeof at[key] !== 'object' || at[key] === null || turn % 5 === 0) {
          at[adds ? `odd/~${key}` : key] = value;
          break;
        }
        at = at[key];
      }
      broken += errorsIn(spec);
    }),
    { numRuns: 300 },
  );
  assert.ok(broken > 100, `${broken} errors`);
});

t('the names of an object are the data of rules about names', () => {
  const errorsIn = compare({
    type: 'object',
    propertyNames: { pattern: '^[a-z]+$' },
    additionalProperties: { type: 'number', minimum: 1 },
  });
  assert.is(errorsIn({ ok: 1 }), 0);
  assert.ok(errorsIn({ 'not/ok~': 0, B: 'x' }) >= 4);
  assert.ok(compare(policySchema())({ maxDeletes: -1, nothing: true }) >= 2);
});

t.run();
