/** The list of terms finds what it names, in documents and in strings of the code, and passes what is written well. */
import * as assert from 'uvu/assert';
import { stringsOf } from '../../../scripts/words/strings.ts';
import { findVale, read } from '../../../scripts/words.ts';
import { suite } from '../../support/suite.ts';

const t = suite('words');
const vale = await findVale();
/** Skipped by name where Vale is not set up (`node scripts/setup.mjs --words`). */
const read_t = vale === undefined ? (name: string, _: () => void) => t.skip(`${name} (Vale is not set up)`, () => {}) : t;

const findings = (text: string, path = 'docs/page.md'): readonly string[] =>
  read(vale ?? '', new Map([[path, text]])).map(({ line, rule }) => `${line} ${rule.replace('albedo.', '')}`);

t('strings of more than one word are found on their lines, with … for values', () => {
  const source = [
    "import { a } from './some thing.ts';",
    "const key = 'targetGroup';",
    ['throw new Error(`the group $', '{name} is $', "{cond ? 'not there' : 'there'}`);"].join(''),
    "type T = 'one two';",
    "if (word === 'all of it') say('it is', 'The group is empty.');",
    "export const row = { 'a key here': flag(), doc: 'Keep idle connections' + ' open.' };",
  ].join('\n');
  assert.equal(stringsOf(source).split('\n'), [
    '',
    '',
    'the group … is …. not there',
    '',
    'it is. The group is empty.',
    'Keep idle connections',
  ]);
});

t('a source that cannot be read is an error with its name', () => {
  assert.throws(() => stringsOf('const = ;', 'x.ts'), /x\.ts cannot be read/);
});

for (const [bad, good, rule] of [
  ['The path is led to the group.', 'The path is forwarded to the group.', 'Terms'],
  ['It looks for the header in vain.', 'It does not receive the header.', 'Terms'],
  ['The spec has no words for it.', 'The spec cannot express it.', 'Terms'],
  ['The plan is made anew.', 'The plan is made again.', 'Terms'],
  ['It reads what is live.', 'It reads what exists in AWS.', 'Live'],
  ['The stack is live.', 'The stack exists in AWS.', 'Live'],
  ['The region is said in the spec.', 'The region is set in the spec.', 'Said'],
  ['You are told the command to run.', 'The command to run is printed.', 'Told'],
  ['The role is kept from writing.', 'The role may not write. The file is kept.', 'Kept'],
  [`The spec ${'is very long and '.repeat(15)}ends.`, `The spec ${'is long. It '.repeat(15)}ends.`, 'Sentences'],
] as const) {
  read_t(`${rule}: “${bad.slice(0, 40)}” is found and “${good.slice(0, 40)}” is not`, () => {
    assert.ok(findings(`# Title\n\n${bad}\n`).includes(`3 ${rule}`), findings(`# Title\n\n${bad}\n`).join());
    assert.equal(findings(`# Title\n\n${good}\n`), []);
  });
}

read_t('code is not prose', () => assert.equal(findings('Run `led told anew`.\n\n```sh\nwhat is live\n```\n'), []));

read_t('the README and the tutorial have to be easy, other pages not', () => {
  const hard = 'Configuration reconciliation necessitates comprehensive understanding of heterogeneous infrastructural organisation.\n';
  assert.equal(findings(hard, 'README.md'), ['1 Ease']);
  assert.equal(findings(hard, 'docs/tutorial/03-x.md'), ['1 Ease']);
  assert.equal(findings(hard), []);
  assert.equal(findings('You write a file. The tool reads it. Then it shows the plan to you.\n', 'README.md'), []);
});

t.run();
