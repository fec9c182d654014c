/** `--format json` prints one document whatever happens, as its schema says; and every path that is written is tried before the first call. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import * as assert from 'uvu/assert';
import { makePlace, type Place, runCommand } from '../support/faults-cli.ts';
import { suite } from '../support/suite.ts';

const t = suite('one document');
const SCHEMAS = new URL('../../schemas/', import.meta.url);

let place: Place;
let spec: string;
t.before(() => {
  place = makePlace();
  spec = place.stack();
  writeFileSync(join(place.folder, 'a-file'), '');
});
t.after(() => place.remove());

/** Nobody answers there, and no call may be made. */
const NOWHERE = {
  AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
  AWS_ACCESS_KEY_ID: 'a',
  AWS_SECRET_ACCESS_KEY: 'b',
  AWS_REGION: 'us-east-1',
};
const NO_KEYS = { AWS_EC2_METADATA_DISABLED: 'true', AWS_REGION: 'us-east-1' };

/** The one document on standard output; as the schema of its command says. */
function documentIn(stdout: string, command: string): { readonly exitCode: number; readonly error: { readonly code: string } | null } {
  const document = JSON.parse(stdout) as ReturnType<typeof documentIn>;
  const schema = JSON.parse(readFileSync(new URL(`${command}.schema.json`, SCHEMAS), 'utf8')) as object;
  const check = new Ajv2020({ strict: false }).compile(schema);
  assert.ok(check(document), `${command}: ${JSON.stringify(check.errors)}`);
  return document;
}

/** Arguments before and after the spec, which flag is tried, and how the command is called in its document. */
const WRITERS: readonly (readonly [string, readonly string[], string])[] = [
  ['plan', ['plan'], '--out'],
  ['plan', ['plan'], '--call-log'],
  ['apply', ['apply'], '--report'],
  ['apply', ['apply'], '--call-log'],
  ['destroy', ['destroy', '--yes'], '--call-log'],
  ['verify', ['verify'], '--report'],
  ['drift', ['drift'], '--call-log'],
  ['validate', ['validate'], '--call-log'],
  ['import', ['import', 'shop', '--region', 'us-east-1'], '--out'],
  ['import', ['import', 'shop', '--region', 'us-east-1'], '--call-log'],
  ['iam', ['iam', 'policy', '--role', 'plan'], '--out'],
  ['doctor', ['doctor'], '--call-log'],
  ['demo', ['demo'], '--report'],
];
for (const [command, args, flag] of WRITERS)
  t(`${args.slice(0, 2).join(' ')} ${flag}: a path that cannot be written is said before anything is called`, async () => {
    const path = join(place.folder, 'a-file', 'x');
    const files = ['import', 'demo'].includes(command) ? [] : [spec];
    const all = flag === '--call-log' ? [flag, path, ...args, ...files] : [...args, ...files, flag, path];
    const ended = await runCommand(place, ['--format', 'json', ...all], NOWHERE);
    assert.is(ended.code, 1, ended.stderr);
    assert.match(ended.stderr, new RegExp(`${flag} .*a-file/x: `));
    assert.not.match(ended.stderr, /defect|ECONNREFUSED|at file:/);
    const { error, exitCode } = documentIn(ended.stdout, command);
    assert.equal([error?.code, exitCode], ['OutputRefused', 1]);
  });

const EARLY: readonly (readonly [string, string, readonly string[], object, number, string])[] = [
  ['no credentials', 'plan', ['plan'], NO_KEYS, 6, 'CredentialsMissing'],
  ['no credentials', 'import', ['import', 'shop', '--region', 'us-east-1'], NO_KEYS, 6, 'CredentialsMissing'],
  ['nobody answers', 'apply', ['apply'], NOWHERE, 1, 'EndpointUnreachable'],
  ['nobody answers', 'drift', ['drift'], NOWHERE, 1, 'EndpointUnreachable'],
  ['no such spec', 'destroy', ['destroy', '--yes', 'nowhere.yaml'], NOWHERE, 1, 'SpecNotFound'],
  ['an unknown option', 'verify', ['verify', '--nope'], NOWHERE, 1, 'ArgumentsWrong'],
  ['a missing argument', 'import', ['import'], NOWHERE, 1, 'ArgumentsWrong'],
  ['a wait that is not a duration', 'apply', ['apply', '--lock-wait', 'soon'], NOWHERE, 1, 'SpecInvalid'],
  ['no account', 'iam', ['iam', 'policy', '--role', 'plan', '--account', 'x'], NOWHERE, 1, 'SpecInvalid'],
  ['no trust policy', 'doctor', ['doctor', '--trust', 'nowhere.json'], NOWHERE, 1, 'SpecInvalid'],
];
for (const [what, command, args, env, code, error] of EARLY)
  t(`${command}, ${what}: exit ${code} and a document`, async () => {
    const takesSpec = ['plan', 'apply', 'drift'].includes(command);
    const ended = await runCommand(place, ['--format', 'json', '--quiet', ...args, ...(takesSpec ? [spec] : [])], { ...env });
    assert.is(ended.code, code, ended.stderr);
    const document = documentIn(ended.stdout, command) as ReturnType<typeof documentIn> & {
      readonly results?: readonly { readonly error: { readonly code: string } | null }[];
    };
    assert.is(document.exitCode, code);
    assert.is(document.error?.code ?? document.results?.[0]?.error?.code, error);
  });

t('help and the version are no mistake, and no document', async () => {
  const ended = await runCommand(place, ['--format', 'json', 'plan', '--help']);
  assert.is(ended.code, 0);
  assert.match(ended.stdout, /Usage: albedo plan/);
});

t.run();
