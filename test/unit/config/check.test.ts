/** Mistakes that need more than one place to be seen, and many at once. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { told } from '../../support/spec-rows.ts';
import { GOOD, swap } from '../../support/spec-text.ts';
import { changed, problemsOf, type SpecData } from '../../support/stacks.ts';
import { suite } from '../../support/suite.ts';

const t = suite('spec/check');

t('the spec that all others are made from is right', () => assert.equal(problemsOf(GOOD), []));

t('an instance may be the victim only when it serves', () => {
  const text = swap('from: web,', 'from: web, instance: web-2,');
  assert.equal(told(text), []);
  assert.equal(told(swap('[web-1, web-2]', '[web-1]', text)), [
    '27:47 chaos.stopInstance.instance: `web-2` is not a target of `web`. | Its targets are `web-1`.',
  ]);
});

t('files of a certificate are read beside the spec', () => {
  const text = swap(
    'selfSigned: { commonName: webserver.example, validFor: 365d }',
    'files: { certificate: none.pem, privateKey: none.key }',
  );
  assert.equal(told(text), [
    '13:27 certificates.site.files.certificate: The certificate file `none.pem` cannot be read: ENOENT: no such file or directory. | Paths are relative to the spec file.',
  ]);
});

t('a chain without a certificate in it is none', () => {
  const folder = mkdtempSync(join(tmpdir(), 'albedo-chain-'));
  try {
    const path = join(folder, 'chain.pem');
    writeFileSync(path, '-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n');
    const text = swap(
      'selfSigned: { commonName: webserver.example, validFor: 365d }',
      `files: { certificate: none.pem, privateKey: none.key, chain: ${path} }`,
    );
    assert.match(told(text).at(-1) ?? '', /certificates.site.files.chain: No certificate was found: the file holds a private key/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

t('all mistakes of a file are told at once, in the order of the file', () => {
  const edits: readonly (readonly [string, string])[] = [
    ['us-east-1b', 'us-east-1a'],
    ['10.0.2.0/24', '10.0.1.0/25'],
    ['subnet: b,', 'subnet: c,'],
    ['duration: 1d', 'duration: 8d'],
    ['timeout: 5s', 'timeout: 30s'],
    ['[web-1, web-2]', '[web-1, web-3]'],
    ['name: webserver', 'name: web-'],
    ['port: 80, forward: web', 'port: 80'],
    ['at: 20s', 'at: 99s'],
  ];
  const text = edits.reduce(
    (result, [from, to]) =>
      result.replace(from === 'name: webserver' ? /^ {2}name: webserver$/m : from, from === 'name: webserver' ? '  name: web-' : to),
    GOOD,
  );
  const problems = problemsOf(text);
  const paths = problems.map((problem) => problem.path);
  for (const path of [
    'network.subnets.b.cidrBlock',
    'instances.web-2.subnet',
    'targetGroups.web.stickiness.duration',
    'targetGroups.web.healthCheck.timeout',
    'targetGroups.web.targets[1]',
    'loadBalancer.subnets',
    'loadBalancer.name',
    'listeners.http',
    'chaos.stopInstance.at',
  ]) {
    assert.ok(paths.includes(path), `${path} is not among ${paths.join(', ')}`);
  }
  const places = problems.map((problem) => problem.line * 1000 + problem.column);
  assert.equal(
    places,
    [...places].sort((a, b) => a - b),
  );
});

t('a name like an id means the one in the file', () => {
  const spec = changed((data: SpecData) => {
    data.instances['i-deadbeef'] = data.instances['web-2'];
    delete data.instances['web-2'];
    data.targetGroups.web.targets = ['web-1', 'i-deadbeef'];
  });
  assert.equal(problemsOf(spec), []);
});

t('a group that lists no targets is filled by somebody else, but must be broken as well', () => {
  const filled = swap('    targets: [web-1, web-2]\n', '');
  assert.equal(told(filled), []);
  assert.equal(told(filled.replace('from: web,', 'from: web, instance: i-0123456789abcdef0,')), []);
  assert.is(told(filled.replace('from: web,', 'from: web, instance: web-9,')).length, 1, 'neither an id nor an instance of the spec');
});

t('a range of ports as text: the hint is a list that is right', () => {
  const text = swap('certificates:\n', 'securityGroups: { own: { ingress: [{ ports: 80-90, from: 10.0.0.0/8 }] } }\ncertificates:\n');
  const [line] = told(text);
  assert.match(line ?? '', /`ports` must be a list, .*`80-90`.*Write it as a list: `\[80, 90\]`\./);
  assert.equal(problemsOf(text.replace('80-90', '[80, 90]')), []);
});

t.run();
