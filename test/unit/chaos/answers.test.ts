/** What AWS answered, read as values: an answer of another shape reads as empty, and is never thrown at. */
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { instanceStates, targetStates } from '../../../reconciler/chaos/answers.ts';
import type { Json } from '../../../reconciler/model/json.ts';
import { suite } from '../../support/suite.ts';

const t = suite('answers');

t('property: any answer is read, as a list whose members have every text', () => {
  const keys = ['Reservations', 'Instances', 'State', 'Name', 'Tags', 'TargetHealthDescriptions', 'Target', 'Id', 'Port', 'TargetHealth'];
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 5 },
      fc.string(),
      fc.integer(),
      fc.constant(null),
      fc.array(tie('tree')),
      fc.dictionary(fc.constantFrom(...keys), tie('tree')),
    ),
  }));
  fc.assert(
    fc.property(tree, (answer) => {
      for (const each of instanceStates(answer as Json)) assert.type(each.instanceId + each.state + each.zone, 'string');
      for (const each of targetStates(answer as Json)) assert.type(each.port, 'number');
    }),
  );
});

t('parts that are missing or of another type read as empty', () => {
  assert.equal(instanceStates(null), []);
  assert.equal(instanceStates({ Reservations: [{}, { Instances: [{ InstanceId: 7, State: 'running', Tags: [{ Key: 'a' }] }] }] }), [
    { instanceId: '', state: '', tags: { a: '' }, zone: '', securityGroups: [] },
  ]);
  assert.equal(targetStates({ TargetHealthDescriptions: [{ Target: { Id: 'i-1', Port: '80' } }] }), [
    { instanceId: 'i-1', port: 0, state: '', reason: '', description: '', zone: '' },
  ]);
});

t.run();
