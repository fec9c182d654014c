/** A load test is reviewed like what is applied: every setting of it counts, the policy bounds it, and words say what it does. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { readPolicy } from '../../../reconciler/config/policy.ts';
import { readSettings, type VerifySettings } from '../../../reconciler/config/settings.ts';
import type { Json } from '../../../reconciler/model/json.ts';
import type { Policy } from '../../../reconciler/model/policy.ts';
import {
  isWithin,
  requireVerifyAllowed,
  verifyChanges,
  verifyDigest,
  verifyRefusals,
  verifyText,
} from '../../../reconciler/run/verify-terms.ts';
import { suite } from '../../support/suite.ts';

const t = suite('the terms of a load test');
const SPEC = {
  load: { script: 'load/it.ts', rate: '10/s', duration: '15s', path: '/', timeout: '5s', listener: 'http' },
  chaos: { stopInstance: { from: 'web', at: '5s', for: '20s', seed: 's', instance: 'web-1' } },
  objectives: { errorRate: '< 1%', p95: '< 300ms', p99: '< 1s', failover: '< 20s', recovery: '< 60s', detection: '< 20s' },
} as const;
type Said = Record<string, Record<string, unknown>>;
const settings = (change: (spec: Said) => void = () => undefined): VerifySettings => {
  const copy = JSON.parse(JSON.stringify(SPEC)) as Said;
  change(copy);
  return readSettings(copy as Json);
};
const stopOf = (spec: Said): Record<string, unknown> => spec['chaos']?.['stopInstance'] as Record<string, unknown>;
const without = (section: string): VerifySettings => settings((spec) => void delete spec[section]);
const policy = (yaml: string): Policy => {
  const read = readPolicy(Buffer.from(yaml), 'policy.yaml');
  assert.equal(read.problems, []);
  return read.policy;
};

const EVERY: readonly (readonly [section: 'load' | 'chaos' | 'objectives', name: string, value: unknown])[] = [
  ['load', 'script', 'other.ts'],
  ['load', 'rate', '5000/s'],
  ['load', 'duration', '30m'],
  ['load', 'path', '/x'],
  ['load', 'timeout', '9s'],
  ['load', 'listener', 'https'],
  ['chaos', 'from', 'api'],
  ['chaos', 'at', '6s'],
  ['chaos', 'for', '20m'],
  ['chaos', 'instance', 'web-2'],
  ['chaos', 'seed', 'u'],
  ['objectives', 'errorRate', '< 2%'],
  ['objectives', 'p95', '< 400ms'],
  ['objectives', 'p99', '< 2s'],
  ['objectives', 'failover', '< 30s'],
  ['objectives', 'recovery', '< 61s'],
  ['objectives', 'detection', '< 21s'],
];
for (const [section, name, value] of EVERY)
  t(`another ${section}.${name} is another digest, and one line`, () => {
    const after = settings((spec) => {
      const at = section === 'chaos' ? stopOf(spec) : spec[section];
      if (at !== undefined) at[name] = value;
    });
    assert.is.not(verifyDigest(after), verifyDigest(settings()));
    const lines = verifyChanges(settings(), after);
    assert.is(lines.length, 1);
    assert.match(lines[0] ?? '', new RegExp(`^${section}\\.(stopInstance\\.)?${name}: .* → `));
  });

t('the same settings are the same digest; chaos that is new is told field by field', () => {
  assert.is(verifyDigest(settings()), verifyDigest(settings()));
  assert.equal(verifyChanges(settings(), settings()), []);
  assert.ok(verifyChanges(without('chaos'), settings()).includes('chaos.stopInstance.for: nothing → 20s'));
});

t('every file that the script can see is part of the digest', () => {
  const here = process.cwd();
  const folder = mkdtempSync(join(tmpdir(), 'albedo-terms-'));
  try {
    process.chdir(folder);
    mkdirSync('load/lib', { recursive: true });
    writeFileSync('load/it.ts', 'export default function () {}\n');
    const digests = [verifyDigest(settings())];
    writeFileSync('load/lib/x.json', '1');
    digests.push(verifyDigest(settings()));
    writeFileSync('load/it.ts', 'export default function () { /* more */ }\n');
    digests.push(verifyDigest(settings()));
    writeFileSync('elsewhere.ts', '');
    assert.is(verifyDigest(settings()), digests.at(-1));
    assert.is(new Set(digests).size, 3);
  } finally {
    process.chdir(here);
    rmSync(folder, { recursive: true, force: true });
  }
});

const BOUNDS: readonly (readonly [yaml: string, allowed: boolean, says: string])[] = [
  ['{}', true, ''],
  ['load: { maxRate: 10/s, maxDuration: 15s, maxStop: 20s }', true, ''],
  ['load: { maxRate: 9/s }', false, 'the load is 10 requests/s, and the policy allows 9/s at most'],
  ['load: { maxDuration: 14s }', false, 'the load takes 15 s'],
  ['load: { maxStop: 19s }', false, 'web-1 is stopped for 20 s'],
  ['load: { stopInstances: false }', false, 'web-1 is stopped, and the policy allows it for none'],
  ['load: { allow: false }', false, 'the policy allows none'],
];
for (const [yaml, allowed, says] of BOUNDS)
  t(`policy ${yaml}: ${allowed ? 'allowed' : 'refused, in the plan and before any load'}`, () => {
    const refusals = verifyRefusals('shop', settings(), policy(yaml));
    assert.is(refusals.length, allowed ? 0 : 1);
    const run = (): void => requireVerifyAllowed('shop', settings(), policy(yaml), 0);
    if (allowed) return run();
    assert.match(refusals[0]?.reason ?? '', says);
    assert.throws(run, (error: unknown) => error instanceof Error && error.message.includes(says));
  });

const LIST = [
  { stopInstance: { from: 'web', at: '5s', for: '20s' } },
  { terminateInstance: { from: 'web', at: '5s' } },
  { slowTarget: { from: 'api', at: '5s', for: '30s', pause: '500ms' } },
];
const listed = (experiments: readonly unknown[] = LIST): VerifySettings =>
  settings((spec) => {
    delete spec['chaos'];
    Object.assign(spec, { experiments });
  });

t('several experiments: each in words, in order, and each field of each is part of the digest', () => {
  assert.is(
    verifyText(listed(), (group) => (group === 'web' ? 2 : undefined)),
    '10 requests/s for 15 s; one of the 2 instances of web is stopped for 20 s, then one of the 2 instances of web is terminated, then one of the instances of api is slowed down for 30 s',
  );
  const other = listed([LIST[0], LIST[1], { slowTarget: { ...LIST[2]?.slowTarget, pause: '2s' } }]);
  assert.is.not(verifyDigest(other), verifyDigest(listed()));
  assert.equal(verifyChanges(listed(), other), ['experiments[2].slowTarget.pause: 500ms → 2s']);
  const turned = listed([LIST[1], LIST[0], LIST[2]]);
  assert.is.not(verifyDigest(turned), verifyDigest(listed()), 'the order counts');
  assert.ok(verifyChanges(listed(), turned).includes('experiments[1].stopInstance.for: nothing → 20s'));
  // A list of one is the short form.
  const one = listed([{ stopInstance: SPEC.chaos.stopInstance }]);
  assert.is(verifyDigest(one), verifyDigest(settings()));
});

t('the policy bounds each of several', () => {
  const reasons = (yaml: string): readonly string[] => verifyRefusals('shop', listed(), policy(yaml)).map(({ reason }) => reason);
  assert.equal(reasons('load: { maxStop: 30s }'), []);
  assert.equal(reasons('load: { maxStop: 29s }'), [
    'one of the instances of api is slowed down for 30 s, and the policy allows 29s at most',
  ]);
  assert.equal(reasons('load: { maxStop: 19s }').length, 2);
  assert.equal(reasons('load: { stopInstances: false }').length, 3);
});

t('hours are of UTC, may go over midnight, and end where they say', () => {
  const at = (time: string): number => Date.parse(`2026-03-04T${time}:00Z`);
  for (const [hours, time, within] of [
    ['07:00-19:00', '07:00', true],
    ['07:00-19:00', '18:59', true],
    ['07:00-19:00', '19:00', false],
    ['07:00-19:00', '06:59', false],
    ['22:00-06:00', '23:30', true],
    ['22:00-06:00', '05:59', true],
    ['22:00-06:00', '06:00', false],
    ['22:00-06:00', '12:00', false],
  ] as const)
    assert.is(isWithin(hours, at(time)), within, `${hours} at ${time}`);
  const yaml = 'load: { hours: "07:00-19:00" }';
  requireVerifyAllowed('shop', settings(), policy(yaml), at('08:00'));
  const late = (): void => requireVerifyAllowed('shop', settings(), policy(yaml), at('20:15'));
  assert.throws(late, /it is 20:15 UTC, and load is allowed from 07:00 to 19:00 UTC/);
  assert.equal(verifyRefusals('shop', settings(), policy(yaml)), [], 'a plan may be made at any hour');
});

t('what it does, in words', () => {
  assert.is(
    verifyText(settings(), () => 2),
    '10 requests/s for 15 s; web-1 is stopped for 20 s',
  );
  const any = settings((spec) => void delete stopOf(spec)['instance']);
  assert.is(
    verifyText(any, () => 2),
    '10 requests/s for 15 s; one of the 2 instances of web is stopped for 20 s',
  );
  assert.is(
    verifyText(without('chaos'), () => 2),
    '10 requests/s for 15 s; no instance is stopped',
  );
});

t.run();
