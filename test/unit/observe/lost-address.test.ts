/** An object of ours that has lost the tag that says which it is: known again where the spec tells it, and told of where not. */
import * as assert from 'uvu/assert';
import { converge, planFor } from '../../support/converge.ts';
import { changed } from '../../support/stacks.ts';
import { suite } from '../../support/suite.ts';
import { tinyAws } from '../../support/tiny-aws.ts';
import type { Wire } from '../../support/tiny-store.ts';

const t = suite('observe/lost-address');

const spec = changed((data) => {
  data.listeners.http.rules = {
    a: { if: { path: ['/a'] }, forward: 'web' },
    b: { if: { path: ['/b'] }, forward: 'web' },
  };
});

type Aws = ReturnType<typeof tinyAws>;
const live = async (): Promise<Aws> => {
  const aws = tinyAws();
  const { check } = await converge(aws, spec);
  assert.equal(check.changes, []);
  return aws;
};
const tagged = (aws: Aws, address: string): Wire => {
  const found = [...aws.objects.values()].find(({ Tags }) => JSON.stringify(Tags ?? []).includes(`"${address}"`));
  if (found === undefined) throw new Error(`no ${address}`);
  return found;
};
/** Takes the tag away. */
const lose = (object: Wire): void => {
  object.Tags = (object.Tags as { readonly Key: string; readonly Value: string }[]).filter(({ Key }) => Key !== 'albedo:address');
};

for (const address of ['rule/http.a', 'rule/http.b', 'listener/http', 'targetGroup/web', 'loadBalancer/main', 'vpc/main', 'subnet/a'])
  t(`${address}: a plan puts the tag back, and nothing else`, async () => {
    const aws = await live();
    lose(tagged(aws, address));
    const planned = await planFor(aws, spec);
    assert.equal(
      planned.changes.map((change) => [change.verb, change.address, change.fields.map(({ field }) => field)]),
      [['update', address, ['tags.albedo:address']]],
    );
    const { run, check } = await converge(aws, spec);
    assert.is(run.outcome, 'done');
    assert.equal(check.changes, []);
  });

t('a rule that matches something else is not taken for ours: it is told of, and left alone', async () => {
  const aws = await live();
  const rule = tagged(aws, 'rule/http.a');
  lose(rule);
  rule.Conditions = [{ Field: 'path-pattern', PathPatternConfig: { Values: ['/other'] } }];
  const planned = await planFor(aws, spec);
  const note = planned.notes.find(({ text }) => text.includes('albedo:address'));
  assert.match(note?.text ?? '', /^rule .* has the tag of this stack, but no tag that says which.*unchanged.*arn:/);
  assert.not.ok(planned.changes.some(({ physicalId }) => physicalId === rule.id));
  assert.not.ok(
    planned.notes.some(({ text }) => text.includes('does not belong to this stack')),
    'not called foreign',
  );
});

t("somebody else's rule with the conditions of ours stays theirs", async () => {
  const aws = await live();
  const rule = tagged(aws, 'rule/http.a');
  rule.Tags = [];
  const planned = await planFor(aws, spec);
  assert.ok(planned.notes.some(({ kind, text }) => kind === 'foreign' && text.includes('does not belong to this stack')));
});

t.run();
