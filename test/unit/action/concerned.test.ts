/** Which stacks a change of files is one of: each way a file belongs to a stack, and what looks like one. */

import * as assert from 'uvu/assert';
import { concernedOf } from '../../../action/concerned.ts';
import type { NamedSpec } from '../../../reconciler/run/specs.ts';
import { suite } from '../../support/suite.ts';

const t = suite('which stacks are concerned');
const spec = (more: { readonly yaml?: string; readonly script?: string } = {}): NamedSpec =>
  ({
    file: 'environments/prod/web.yaml',
    text: Buffer.from(
      more.yaml ?? 'stack: web\nextends: ../base/web.yaml\ncertificates: { site: { certificate: ../../certs/site.pem } }\n',
    ),
    bases: [
      { file: 'environments/base/web.yaml', text: Buffer.from('extends: ../all.yaml\nload: { script: load/prod/checkout.ts }\n') },
      { file: 'environments/all.yaml', text: Buffer.from('certificates: { other: { certificate: other.pem } }\n') },
    ],
    spec: { settings: { load: { script: more.script ?? 'load/prod/checkout.ts' } } },
  }) as unknown as NamedSpec;
const isConcerned = (one: NamedSpec, changed: readonly string[]): boolean => concernedOf([one], changed).length > 0;

const ROWS: readonly (readonly [path: string, concerned: boolean])[] = [
  ['environments/prod/web.yaml', true],
  ['./environments/prod/web.yaml', true],
  ['environments/prod/policy.yaml', true],
  ['environments/prod/policy.yml', true],
  ['environments/prod/environment.yaml', true],
  ['environments/environment.yml', true],
  ['environments/stage/environment.yaml', false],
  ['environments/base/web.yaml', true],
  ['environments/all.yaml', true],
  ['environments/prod/other.pem', true],
  ['certs/site.pem', true],
  ['load/prod/checkout.ts', true],
  ['load/prod/lib/users.json', true],
  ['load/prod/users.csv', true],
  ['load/other/checkout.ts', false],
  ['environments/prod/blog.yaml', false],
  ['environments/policy.yaml', false],
  ['environments/stage/web.yaml', false],
  ['README.md', false],
];
for (const [path, concerned] of ROWS)
  t(`${path}: ${concerned ? 'yes' : 'no'}`, () => assert.is(isConcerned(spec(), ['docs/x.md', path]), concerned));

t('nothing changed concerns nobody; a script at the top of the repository is itself only', () => {
  assert.is(isConcerned(spec(), []), false);
  assert.is(isConcerned(spec({ script: 'load.ts' }), ['README.md']), false);
  assert.is(isConcerned(spec({ script: 'load.ts' }), ['load.ts']), true);
});

t('a spec that is no YAML is concerned by its own file all the same', () => {
  assert.is(isConcerned(spec({ yaml: '{{{' }), ['environments/prod/web.yaml']), true);
  assert.is(isConcerned(spec({ yaml: '{{{' }), ['README.md']), false);
});

t.run();
