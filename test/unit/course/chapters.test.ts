/** The chapters: each has a diagram, the file that is marked right, its command and its exercise. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { EXERCISES } from '../../../course/exercises.ts';
import { readSpec } from '../../../reconciler/config/read.ts';
import { hashing } from '../../../reconciler/run/pipeline.ts';
import { suite } from '../../support/suite.ts';

const t = suite('course chapters');
const at = (path: string): string => new URL(`../../../${path}`, import.meta.url).pathname;
const index = readFileSync(at('docs/tutorial/README.md'), 'utf8');

for (const { chapter, name } of EXERCISES) {
  const file = `${String(chapter).padStart(2, '0')}-${name}.md`;
  const specOf = (which: string): string => readFileSync(at(`course/specs/${name}/${which}.yaml`), 'utf8');

  t(`${file} has all its parts`, () => {
    const text = readFileSync(at(`docs/tutorial/${file}`), 'utf8');
    assert.match(text, '```mermaid\n');
    assert.match(text, `\`\`\`yaml\n${specOf('solution').trimEnd()}\n\`\`\``, 'the file of the chapter is the solution');
    for (const heading of ['## What AWS does, and why', '## The file', '## Do it', '## What you see', '## Exercise'])
      assert.match(text, `\n${heading}\n`);
    assert.match(text, `npx albedo check ${name} `);
    assert.match(index, `](${file})`);
    for (const [, link = ''] of text.matchAll(/\]\((?!https?:)([^)#]+)\)/g)) assert.ok(existsSync(at(`docs/tutorial/${link}`)), link);
  });

  t(`${name}: the starting point and the solution are valid specs`, () => {
    for (const which of ['start', 'solution']) {
      const { spec, problems } = readSpec(Buffer.from(specOf(which)), `${which}.yaml`, { ...hashing, env: () => undefined });
      assert.ok(spec, problems.map(({ message }) => message).join('; '));
    }
  });
}

t('no file of the specs is without an exercise', () => {
  assert.equal(readdirSync(at('course/specs')).sort(), EXERCISES.map(({ name }) => name).sort());
});

t.run();
