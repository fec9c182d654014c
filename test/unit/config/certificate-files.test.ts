/** Certificates from files: what IAM would refuse at the upload is told by `validate`, each with one that passes. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { checkKeyPair } from '../../../reconciler/config/check-key-pair.ts';
import { readSpec } from '../../../reconciler/config/read.ts';
import { fingerprintOf } from '../../../reconciler/observe/x509.ts';
import { missingValues } from '../../../reconciler/plan/missing-values.ts';
import { plan } from '../../../reconciler/plan/plan.ts';
import { swap } from '../../support/spec-text.ts';
import { NOTHING, sha256 } from '../../support/stacks.ts';
import { suite } from '../../support/suite.ts';

const t = suite('config/certificate-files');
const folder = mkdtempSync(join(tmpdir(), 'albedo-files-'));
const openssl = (...words: string[]) => execFileSync('openssl', words, { cwd: folder, stdio: ['ignore', 'ignore', 'ignore'] });
const file = (name: string): string => readFileSync(join(folder, name), 'utf8');

t.before(() => {
  for (const name of ['root', 'middle', 'own', 'other']) openssl('genrsa', '-out', `${name}.key`, '2048');
  openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', 'ec.key');
  openssl('genpkey', '-algorithm', 'ed25519', '-out', 'ed.key');
  openssl('rsa', '-in', 'own.key', '-aes256', '-passout', 'pass:x', '-out', 'own.enc.key');
  openssl('pkcs8', '-topk8', '-in', 'own.key', '-passout', 'pass:x', '-out', 'own.enc8.key');
  openssl('rsa', '-in', 'own.key', '-pubout', '-out', 'own.pub');
  openssl('req', '-x509', '-key', 'root.key', '-days', '3650', '-subj', '/CN=Root', '-out', 'root.pem');
  const issue = (name: string, by: string, subject: string, more: string[] = []) => {
    openssl('req', '-new', '-key', `${name}.key`, '-subj', `/CN=${subject}`, '-out', `${name}.csr`);
    openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      '-CA',
      `${by}.pem`,
      '-CAkey',
      `${by}.key`,
      '-CAcreateserial',
      '-days',
      '825',
      '-out',
      `${name}.pem`,
      ...more,
    );
  };
  writeFileSync(join(folder, 'ca.ext'), 'basicConstraints=critical,CA:TRUE\n');
  issue('middle', 'root', 'Middle', ['-extfile', 'ca.ext']);
  issue('own', 'middle', 'shop.example');
  openssl('req', '-x509', '-key', 'other.key', '-days', '365', '-subj', '/CN=alone.example', '-out', 'other.pem');
  openssl('req', '-x509', '-key', 'ec.key', '-days', '365', '-subj', '/CN=ec.example', '-out', 'ec.pem');
  openssl('req', '-x509', '-key', 'ed.key', '-days', '365', '-subj', '/CN=ed.example', '-out', 'ed.pem');
  writeFileSync(join(folder, 'full.pem'), file('own.pem') + file('middle.pem') + file('root.pem'));
  writeFileSync(join(folder, 'chain.pem'), file('middle.pem') + file('root.pem'));
  writeFileSync(join(folder, 'reversed.pem'), file('root.pem') + file('middle.pem'));
  writeFileSync(join(folder, 'wrapped.key'), `Bag Attributes\n    friendlyName: x\n${file('other.key')}${file('other.pem')}`);
  openssl('ecparam', '-name', 'prime256v1', '-out', 'ec.params');
  writeFileSync(join(folder, 'ec-params.key'), file('ec.params') + file('ec.key'));
  for (const kind of ['pem', 'key'])
    writeFileSync(join(folder, `windows.${kind}`), `\uFEFF${file(`other.${kind}`).replaceAll('\n', '\r\n')}`);
  writeFileSync(join(folder, 'two.key'), file('other.key') + file('own.key'));
  writeFileSync(join(folder, 'first-last.pem'), file('middle.pem') + file('own.pem'));
  openssl('rsa', '-in', 'own.key', '-outform', 'DER', '-out', 'der.key');
  openssl('x509', '-in', 'own.pem', '-outform', 'DER', '-out', 'der.pem');
  for (const kind of ['pem', 'key']) writeFileSync(join(folder, `line.${kind}`), file(`other.${kind}`).replaceAll('\n', '\\n'));
  writeFileSync(join(folder, 'cut.key'), file('own.key').slice(0, 300));
  writeFileSync(join(folder, 'empty.pem'), '');
  openssl('genrsa', '-out', 'tiny.key', '512');
  openssl('req', '-x509', '-key', 'tiny.key', '-days', '365', '-subj', '/CN=tiny.example', '-out', 'tiny.pem');
  openssl('ecparam', '-name', 'secp256k1', '-genkey', '-noout', '-out', 'koblitz.key');
  openssl('req', '-x509', '-key', 'koblitz.key', '-days', '365', '-subj', '/CN=k.example', '-out', 'koblitz.pem');
  writeFileSync(join(folder, 'broken.pem'), '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
});
t.after(() => rmSync(folder, { recursive: true, force: true }));

/** Problems of a pair as `part severity message`. `at`: days from now. */
const told = (certificate: string, privateKey: string | undefined, chain?: string, at = 1): string[] =>
  checkKeyPair(
    {
      certificate: file(certificate),
      ...(privateKey === undefined ? {} : { privateKey: file(privateKey) }),
      ...(chain === undefined ? {} : { chain: file(chain) }),
    },
    Date.now() + at * 86_400_000,
  ).map(({ part, severity, message }) => `${part} ${severity} ${message}`);

t('what IAM takes is no mistake', () => {
  assert.equal(told('own.pem', 'own.key', 'chain.pem'), []);
  assert.equal(told('own.pem', 'own.key', 'middle.pem'), [], 'the root need not be there');
  assert.equal(told('full.pem', 'own.key'), [], 'the full chain in one file');
  assert.equal(told('other.pem', 'other.key'), [], 'signed by itself');
  assert.equal(told('ec.pem', 'ec.key'), []);
  assert.equal(told('own.pem', undefined, 'chain.pem'), [], 'the key is elsewhere');
  assert.equal(told('other.pem', 'wrapped.key'), [], 'text and a certificate around the key');
  assert.equal(told('ec.pem', 'ec-params.key'), [], 'parameters of the curve before the key');
  assert.equal(told('windows.pem', 'windows.key'), [], 'a byte order mark, and line ends of Windows');
});

const REFUSED: readonly (readonly [what: string, certificate: string, key: string, chain: string | undefined, at: number, told: RegExp])[] =
  [
    [
      'another key',
      'own.pem',
      'other.key',
      'chain.pem',
      1,
      /^privateKey error The private key does not belong to the certificate of shop.example/,
    ],
    ['a key of another kind', 'own.pem', 'ec.key', 'chain.pem', 1, /^privateKey error .* does not belong/],
    ['an encrypted key', 'own.pem', 'own.enc.key', 'chain.pem', 1, /^privateKey error The private key is encrypted/],
    ['an encrypted PKCS #8 key', 'own.pem', 'own.enc8.key', 'chain.pem', 1, /^privateKey error The private key is encrypted/],
    ['a public key', 'own.pem', 'own.pub', 'chain.pem', 1, /^privateKey error .* the file holds a public key/],
    ['a certificate for the key', 'own.pem', 'own.pem', 'chain.pem', 1, /^privateKey error .* the file holds a certificate/],
    [
      'a key for the certificate',
      'own.key',
      'own.key',
      undefined,
      1,
      /^certificate error No certificate was found: the file holds a private key/,
    ],
    [
      'an Ed25519 key',
      'ed.pem',
      'ed.key',
      undefined,
      1,
      /^privateKey error A load balancer accepts RSA and ECDSA keys; this one is ed25519/,
    ],
    [
      'the root first',
      'own.pem',
      'own.key',
      'reversed.pem',
      1,
      /^chain error The chain breaks at its certificate 1: Root did not issue shop.example/,
    ],
    ['without the intermediate', 'own.pem', 'own.key', 'root.pem', 1, /^chain error The chain breaks at its certificate 1/],
    ['a chain of something else', 'own.pem', 'own.key', 'other.pem', 1, /^chain error The chain breaks/],
    ['no chain in the file', 'own.pem', 'own.key', 'own.key', 1, /^chain error No certificate was found/],
    ['bytes that are no X.509', 'broken.pem', 'own.key', undefined, 1, /^certificate error Certificate 1 of 1 cannot be read/],
    ['one that has ended', 'other.pem', 'other.key', undefined, 400, /^certificate error The certificate expired on \d{4}-\d\d-\d\d/],
    ['one that has not begun', 'other.pem', 'other.key', undefined, -10, /^certificate error The certificate is not valid before/],
  ];
for (const [what, certificate, key, chain, at, expected] of REFUSED)
  t(`refused: ${what}`, () => assert.match(told(certificate, key, chain, at).join('\n'), expected));

for (const [what, certificate, key, expected] of [
  ['two keys', 'other.pem', 'two.key', /^privateKey error The file holds 2 private keys\.$/],
  [
    'the issuer before the certificate',
    'first-last.pem',
    'own.key',
    /^certificate error The file begins with Middle, .* shop\.example has to come first/,
  ],
  ['a key in DER', 'own.pem', 'der.key', /^privateKey error .* the file is binary \(DER\)\.$/],
  ['a certificate in DER', 'der.pem', 'own.key', /^certificate error .* the file is binary \(DER\)\.$/],
  ['a key on one line', 'other.pem', 'line.key', /^privateKey error .* it is all on one line\.$/],
  ['a certificate on one line', 'line.pem', 'other.key', /^certificate error .* it is all on one line\.$/],
  ['half a key', 'own.pem', 'cut.key', /^privateKey error .* the end of the PEM block is missing\.$/],
  ['an empty file', 'empty.pem', 'own.key', /^certificate error .* the file is empty\.$/],
  ['a request in the place of a certificate', 'own.csr', 'own.key', /^certificate error .* the file holds a certificate request\.$/],
  ['a key of 512 bits', 'tiny.pem', 'tiny.key', /^privateKey error A load balancer cannot use an RSA key of 512 bits\.$/],
  ['a curve that load balancers have not', 'koblitz.pem', 'koblitz.key', /^privateKey error .* the curve secp256k1\.$/],
] as const)
  t(`${what} is one mistake`, () => {
    const [problem = '', ...more] = told(certificate, key).filter((line) => !line.includes('warning'));
    assert.match(problem, expected);
    assert.equal(more, []);
  });

t('only the key is uploaded, whatever stands around it', () => {
  const text = swap(
    'selfSigned: { commonName: webserver.example, validFor: 365d }',
    'files: { certificate: other.pem, privateKey: wrapped.key }',
  );
  const { spec } = readSpec(new TextEncoder().encode(text), join(folder, 'web.yaml'), { sha256, fingerprint: fingerprintOf });
  assert.is(spec?.deferred.get('certificate:certificate/site:key'), file('other.key'));
});

t('a certificate without the one that issued it is a warning: IAM takes it, clients may not trust it', () =>
  assert.match(told('own.pem', 'own.key').join('\n'), /^certificate warning .* issued by Middle, but the spec has no chain/),
);

const FROM = 'selfSigned: { commonName: webserver.example, validFor: 365d }';
const read = (files: string, variables: Record<string, string> = {}) =>
  readSpec(Buffer.from(swap(FROM, `files: { ${files} }`)), join(folder, 'spec.yaml'), {
    sha256,
    fingerprint: fingerprintOf,
    env: (name) => variables[name],
  });
const problems = (result: ReturnType<typeof read>) =>
  result.problems
    .filter(({ severity }) => severity === 'error')
    .map(({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`);

t('a mistake stands at the line and column of the file that has it', () =>
  assert.match(
    problems(read('certificate: own.pem, privateKey: other.key, chain: chain.pem')).join('\n'),
    /^13:\d+ certificates.site.files.privateKey: The private key does not belong/,
  ),
);

t('PEM texts may come from the environment, the key only from a variable made for secrets', () => {
  const texts = { SITE_CERTIFICATE: file('full.pem'), ALBEDO_SECRET_SITE_KEY: file('own.key') };
  const said = 'certificate: { env: SITE_CERTIFICATE }, privateKey: { env: ALBEDO_SECRET_SITE_KEY }';
  const result = read(said, texts);
  assert.equal(problems(result), []);
  assert.is(result.spec?.deferred.get('certificate:certificate/site:key'), file('own.key'));
  assert.match(problems(read(said)).join(), /environment variable `SITE_CERTIFICATE` for the certificate is not set/);
  const stolen = 'certificate: own.pem, privateKey: { env: AWS_SECRET_ACCESS_KEY }';
  assert.match(problems(read(stolen, { AWS_SECRET_ACCESS_KEY: 'x' })).join(), /begins with ALBEDO_SECRET_/);
});

t('no secret and no content of a file is printed', () => {
  for (const key of ['own.enc.key', 'other.key', 'own.pub'])
    assert.not.match(
      JSON.stringify(read(`certificate: own.pem, privateKey: ${key}`).problems),
      new RegExp(file(key).split('\n')[3]?.slice(0, 20).replace(/[+/]/g, '.') ?? '-'),
    );
});

t('a key that is not here is no mistake; the plan that must upload it is refused before its first write', () => {
  const here = read('certificate: own.pem, privateKey: own.key, chain: chain.pem').spec;
  const away = read('certificate: own.pem, privateKey: gone.key, chain: chain.pem');
  assert.equal(problems(away), []);
  if (here === undefined || away.spec === undefined) throw new Error('both are valid');
  const missing = (spec: typeof here) => missingValues(plan(spec.stack, NOTHING), spec.stack, spec.deferred);
  assert.equal(missing(here), []);
  const [refusal, ...more] = missing(away.spec);
  assert.equal([refusal?.address, refusal?.rule, more.length], ['certificate/site', 'secret', 0]);
  assert.match(refusal?.reason ?? '', /private key is needed for the upload, but is not on this machine/);
});

t.run();
