/** A pull request that wants more load, longer stops and another script: seen, part of the digest, and bounded by the policy. */

import * as assert from 'uvu/assert';
import { endedWith, openStory, output, SPEC, type Story } from '../support/act/story.ts';
import { stackText } from '../support/faults-bench.ts';
import { suite } from '../support/suite.ts';

const terms = (rate: string, stop: string, duration = '15s'): string =>
  `${stackText()}load: { script: load/it.ts, rate: ${rate}, duration: ${duration} }\nchaos: { stopInstance: { from: web, at: 2s, for: ${stop} } }\n`;
const SCRIPT = "import http from 'k6/http';\nexport default function () { http.get(__ENV.ALBEDO_BASE_URL); }\n";
const t = suite('a load test under review', {} as { story: Story });
t.before(async (all) => {
  all.story = await openStory({ files: { [SPEC]: terms('10/s', '5s'), 'load/it.ts': SCRIPT } });
});
t.after(({ story }) => story.stop());

t('more load and another script: another digest, each setting in the comment, the script as a diff', async ({ story }) => {
  const same = story.open('same', { [SPEC]: `# the same\n${terms('10/s', '5s')}` });
  const before = output(endedWith(await story.plan(same), 'success'), 'plan-digest');
  const number = story.open('more', {
    [SPEC]: terms('5000/s', '20m', '25m'),
    'load/it.ts': SCRIPT.replace('ALBEDO_BASE_URL', 'ELSEWHERE'),
  });
  const after = output(endedWith(await story.plan(number), 'success'), 'plan-digest');
  assert.match(after ?? '', /^[0-9a-f]{64}$/);
  assert.is.not(after, before);
  const body = story.comment(number);
  assert.match(body, '5000 requests/s for 1500 s; one of the 2 instances of web is stopped for 1200 s');
  assert.match(body, 'load.rate: 10/s → 5000/s');
  assert.match(body, 'load.duration: 15s → 1500s');
  assert.match(body, 'chaos.stopInstance.for: 5s → 1200s');
  assert.match(body, '+export default function () { http.get(__ENV.ELSEWHERE); }');
});

t('more than the policy allows is refused before anything is reviewed', async ({ story }) => {
  const number = story.open('bounded', {
    [SPEC]: terms('500/s', '5s'),
    'environments/prod/policy.yaml': 'load: { maxRate: 100/s, maxStop: 60s }\n',
  });
  const end = endedWith(await story.plan(number), 'failure');
  assert.is(output(end, 'exit-code'), '4');
  assert.match(story.comment(number), 'the load is 500 requests/s, and the policy allows 100/s at most');
});

t.run();
