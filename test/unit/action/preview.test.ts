/** Specs of a preview: other names, and nothing else. */

import * as assert from 'uvu/assert';
import { renamedForPreview, withoutLoadPods } from '../../../action/preview.ts';
import { readSpec } from '../../../reconciler/config/read.ts';
import { fingerprintOf } from '../../../reconciler/observe/x509.ts';
import { sha256 } from '../../../reconciler/plan/digest.ts';
import type { NamedSpec } from '../../../reconciler/run/specs.ts';
import { stackText } from '../../support/faults-bench.ts';
import { suite } from '../../support/suite.ts';

const t = suite('names of a preview');

t('the stack and every name that is unique in an account; comments, order and lines stay', () => {
  const text = [
    '# mine',
    'stack: shop   # the shop',
    'loadBalancer: { name: "shop-lb", scheme: internal }',
    'targetGroups:',
    '  web: { name: shop-web, port: 80 }',
    '  api: { port: 81 }',
    'instances: { web-1: { name: other } }',
    'tags: { team: shop }',
    '',
  ].join('\n');
  const expected = text
    .replace('{ team', '{ albedo-preview: acme/shop/pull/12, team')
    .replace('stack: shop', 'stack: shop-pr-12')
    .replace('"shop-lb"', 'shop-lb-pr-12')
    .replace('shop-web', 'shop-web-pr-12');
  assert.is(renamedForPreview(text, 12, 'acme/shop'), expected);
});

t('a name that would be too long for AWS is cut, not at a hyphen', () => {
  assert.is(
    renamedForPreview(`loadBalancer: { name: ${'a'.repeat(25)}-bcdefg }`, 7, 'acme/shop'),
    `loadBalancer: { name: ${'a'.repeat(25)}-b-pr-7 }`,
  );
  assert.is(
    renamedForPreview(`loadBalancer: { name: ${'a'.repeat(26)}-bcdef }`, 7, 'acme/shop'),
    `loadBalancer: { name: ${'a'.repeat(26)}-pr-7 }`,
  );
});

t('what comes of a good spec is a good spec', () => {
  const { spec, problems } = readSpec(Buffer.from(renamedForPreview(stackText(), 12, 'acme/shop')), 'stack.yaml', {
    sha256,
    fingerprint: fingerprintOf,
  });
  assert.is(spec?.stack.name, 'webserver-pr-12', JSON.stringify(problems));
});

t('all of it gets the tag by which it is found, whatever tags the spec says', () => {
  const tag = 'albedo-preview: acme/shop/pull/7';
  for (const [text, expected] of [
    ['stack: a\nregion: r\n', `stack: a-pr-7\nregion: r\ntags: { ${tag} }\n`],
    ['stack: a', `stack: a-pr-7\ntags: { ${tag} }\n`],
    ['stack: a\ntags: {}\n', `stack: a-pr-7\ntags: { ${tag} }\n`],
    ['stack: a\ntags:\n  x: y\n', `stack: a-pr-7\ntags:\n  ${tag}\n  x: y\n`],
    ['stack: a\ntags: { albedo-preview: other/repo/pull/1 }\n', `stack: a-pr-7\ntags: { ${tag} }\n`],
    ['stack: a-pr-7\n', `stack: a-pr-7\ntags: { ${tag} }\n`],
    ['loadBalancer: { name: x }\n', 'loadBalancer: { name: x-pr-7 }\n'],
  ] as const) {
    assert.is(renamedForPreview(text, 7, 'acme/shop'), expected);
    assert.is(renamedForPreview(expected, 7, 'acme/shop'), expected, 'the second step of a job');
  }
});

t('what is no mapping is left as it is', () => {
  for (const text of ['', '- a\n', 'stack: [a]\n', '{{{']) assert.is(renamedForPreview(text, 1, 'acme/shop'), text);
});

t('the author of a pull request chooses nothing of the pods that send a load', () => {
  const named = { file: 'web.yaml', scheduleRole: 'r', loadPods: { serviceAccountName: 'admin', image: 'evil' } } as unknown as NamedSpec;
  assert.equal(withoutLoadPods([named]), [{ file: 'web.yaml', scheduleRole: 'r' }]);
});

t.run();
