/** The text of a pull request that writes what is live into a spec. */

import * as assert from 'uvu/assert';
import { type Acceptance, acceptanceTitle, renderAcceptance } from '../../../reconciler/report/acceptance.ts';
import { suite } from '../../support/suite.ts';

const t = suite('report/acceptance');

const some: Acceptance = {
  stack: 'shop',
  file: 'environments/prod/shop.yaml',
  diff: '--- a\n+++ a\n@@ -1,1 +1,1 @@\n-idleTimeout: 60s\n+idleTimeout: 33s\n',
  written: ['loadBalancer/main.idleTimeout'],
  refused: [],
  rest: [],
};
const notes = { runUrl: 'https://github.com/acme/shop/actions/runs/7', held: false };

t('says what it does, with the difference, and nothing of what there is not', () => {
  const text = renderAcceptance(some, notes);
  assert.is(acceptanceTitle(some), 'Accept the values in AWS of shop');
  assert.match(text, /^<code>shop<\/code> differs from its spec\. .* Merging it changes nothing in AWS\.\n/);
  assert.match(text, '- <code>loadBalancer/main.idleTimeout</code>');
  assert.match(text, '+idleTimeout: 33s');
  assert.match(text, '[this run](https://github.com/acme/shop/actions/runs/7)');
  for (const absent of ['Not written', 'Still otherwise', 'button']) assert.not.match(text, absent);
  assert.match(renderAcceptance(some, { ...notes, held: true }), 'with the button below');
});

t('what cannot be written, and what the plan will still show', () => {
  const text = renderAcceptance({ ...some, refused: [{ what: 'rule/http.a', why: 'it is gone' }], rest: ['rule/http.a'] }, notes);
  assert.match(text, /\*\*Not written\*\*\n\n- <code>rule\/http\.a<\/code>: it is gone/);
  assert.match(text, /\*\*Still different, as the plan will show\*\*\n\n- <code>rule\/http\.a<\/code>/);
});

t('whatever is live is harmless: mentions, HTML, fences, commands to the runner', () => {
  const evil = '@acme/all <img src=x> ``` ::error::x';
  const text = renderAcceptance(
    { ...some, written: [evil], refused: [{ what: evil, why: evil }], rest: [evil], diff: `+${evil}\n+\`\`\`\n::error::x\n` },
    notes,
  );
  const [before = '', block = ''] = text.split('````diff');
  assert.not.match(before, /@acme|<img|```/);
  assert.not.match(text, /^::/m);
  assert.match(block, /\n````\n/);
});

t('however much is live: within what GitHub takes, and the rest is counted', () => {
  const many = Array.from({ length: 3000 }, (_, index) => `targetGroup/group-${index}.healthCheck.interval`);
  const diff = many.map((line) => `+${line}${'x'.repeat(200)}\n`).join('');
  const refused = many.map((what) => ({ what, why: `because ${what}` }));
  const text = renderAcceptance({ ...some, written: many, refused, rest: many, diff }, notes);
  assert.ok(text.length < 65_536, String(text.length));
  assert.match(text, /- and \d{4} more/);
  assert.match(text, /\d{4} more lines: see the files/);
});

t.run();
