import * as assert from 'uvu/assert';
import { drawSeed } from '../../support/seed.ts';
import { suite } from '../../support/suite.ts';

const t = suite('seed');
const day = new Date('2026-11-29T23:59:59Z');

t('is the one that was asked for', () => {
  assert.is(drawSeed({ ALBEDO_SEED: '0', CI: 'true' }, day), 0);
  assert.is(drawSeed({ ALBEDO_SEED: '42' }, day), 42);
});

t('is the day in CI, so that it changes daily and not within a day', () => {
  assert.is(drawSeed({ CI: 'true' }, day), 20_261_129);
  assert.is(drawSeed({ CI: 'true' }, new Date('2026-11-29T00:00:00Z')), 20_261_129);
  assert.is(drawSeed({ CI: 'true' }, new Date('2026-11-30T00:00:00Z')), 20_261_130);
});

t('takes every share of a sample within as many days as there are shares', () => {
  for (const share of [2, 3, 5, 7]) {
    const days = Array.from({ length: 2 * share }, (_, index) => new Date(Date.UTC(2026, 10, 1 + index)));
    assert.is(new Set(days.map((now) => drawSeed({ CI: '1' }, now) % share)).size, share);
  }
});

t('is refused when it is no number, instead of being another one without a word', () => {
  for (const wrong of ['', 'x', '-1', '1.5', '1'.repeat(16)]) assert.throws(() => drawSeed({ ALBEDO_SEED: wrong }, day), /whole number/);
});

t('is drawn elsewhere', () => {
  const seeds = new Set(Array.from({ length: 20 }, () => drawSeed({}, day)));
  assert.ok(seeds.size > 1);
});

t.run();
