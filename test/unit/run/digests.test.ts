/** What was reviewed, under which name, for which stack. */

import * as assert from 'uvu/assert';
import { readDigests, requireReviewed, reviewedOf } from '../../../reconciler/run/digests.ts';
import { suite } from '../../support/suite.ts';

const t = suite('digests');
const [A, B] = ['a'.repeat(64), 'b'.repeat(64)];
const id = { stack: 'web', region: 'us-east-1', account: '123456789012' };

for (const [line, name] of [
  [A, ''],
  [`web=${A}`, 'web'],
  [`us-east-1/web=${A}`, 'us-east-1/web'],
  [`123456789012/us-east-1/web=${A}`, '123456789012/us-east-1/web'],
] as const)
  t(`${line.slice(0, 40)} is a digest of this stack`, () => {
    const { digests, wrong } = readDigests([line]);
    assert.equal([wrong, [...digests.keys()]], [[], [name]]);
    assert.equal(reviewedOf(digests, id), [A]);
  });

for (const line of ['', 'abc', A.slice(0, 11), `${A}a`, 'web=', `=${A}`, `a/b/c/d=${A}`, `us east/web=${A}`, `web =${A}`, A.toUpperCase()])
  t(`${JSON.stringify(line).slice(0, 40)} is none`, () => assert.is(readDigests([line]).wrong.length, 1));

t('a digest of another region, account or stack is none of this stack', () => {
  for (const line of [`eu-west-1/web=${A}`, `999999999999/us-east-1/web=${A}`, `shop=${A}`])
    assert.is(reviewedOf(readDigests([line]).digests, id), undefined, line);
});

t('the most exact name counts; one without a stack stands alone', () => {
  const { digests } = readDigests([`web=${A}`, `us-east-1/web=${B}`]);
  assert.equal(reviewedOf(digests, id), [B]);
  assert.equal(reviewedOf(digests, { ...id, region: 'eu-west-1' }), [A]);
  assert.is(readDigests([A, `web=${B}`]).wrong.length, 1);
  assert.is(readDigests([A, B]).wrong.length, 1);
});

t('a plan is one of those reviewed, or it is refused; nothing reviewed lets only nothing through', () => {
  const plan = { ...id, digest: A, changes: [1] };
  const both = readDigests([`web=${B.slice(0, 12)}`, `web=${A.slice(0, 12)}`]).digests;
  requireReviewed(plan, both);
  requireReviewed(plan, undefined);
  assert.throws(() => requireReviewed({ ...plan, digest: 'c'.repeat(64) }, both), /the reviewed plan had b{12} or a{12}/);
  assert.throws(() => requireReviewed(plan, new Map()), /there is no reviewed plan of web in us-east-1, but it has 1 changes/);
  requireReviewed({ ...plan, changes: [] }, new Map());
});

t.run();
