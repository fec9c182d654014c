/** Where a stack comes from, as the value of a tag and back. */
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { readSource, writeSource } from '../../../reconciler/model/tags.ts';
import { repositoryOf } from '../../../reconciler/run/source.ts';
import { suite } from '../../support/suite.ts';

const t = suite('run/source');

for (const [remote, repository] of [
  ['git@github.com:shop/infra.git', 'shop/infra'],
  ['https://github.com/shop/infra.git', 'shop/infra'],
  ['https://somebody:secret@github.com/shop/infra/', 'shop/infra'],
  ['ssh://git@example.com:22/group/part/infra.git', 'group/part/infra'],
  ['/srv/git/infra.git', undefined],
  ['../infra', undefined],
  ['file:///srv/git/infra', undefined],
  ['', undefined],
] as const)
  t(`the remote ${remote || '(none)'} is ${repository ?? 'no name'}`, () => assert.is(repositoryOf(remote), repository));

t('every path that fits a tag is read back as it was, in characters that tags may hold', () => {
  const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((text) => text !== '..' && !text.includes('/'));
  fc.assert(
    fc.property(fc.array(name, { minLength: 1, maxLength: 4 }), (parts) => {
      const source = { repository: 'shop/infra', path: parts.join('/') };
      const text = writeSource(source);
      if (text === undefined) return;
      assert.match(text, /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,256}$/u);
      assert.equal(readSource(text), source);
    }),
  );
});

t('what does not fit is not written', () => {
  assert.is(writeSource({ repository: 'shop/infra', path: 'a'.repeat(300) }), undefined);
  assert.ok(writeSource({ repository: 'shop/infra', path: 'a'.repeat(200) }));
});

t.run();
