/** Every “try it” of the quiz on the sandbox: what the answer says is seen to happen. */
import * as assert from 'uvu/assert';
import { type CourseBench, openBench } from '../../course/bench.ts';
import { SITUATIONS } from '../../course/quiz/situations.ts';
import { tryIt } from '../../course/quiz/try.ts';
import { suite } from '../support/suite.ts';

const t = suite<{ bench: CourseBench }>('course situations');
t.before(async (context) => {
  context.bench = await openBench();
});
t.after(({ bench }) => bench.close());

for (const situation of SITUATIONS)
  t(`${situation.name} is seen`, async ({ bench }) => {
    const { seen, found } = await tryIt(bench, situation);
    assert.ok(seen, found);
  });

t('a situation is not seen where it does not happen', async ({ bench }) => {
  const [sticky, plain] = ['sticky', 'one-of-two'].map((name) => SITUATIONS.find((each) => each.name === name));
  assert.ok(sticky && plain);
  assert.is((await tryIt(bench, { ...sticky, spec: plain.spec })).seen, false);
});

t.run();
