import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { acceptDrift, writeSpec } from '../../../reconciler/drift/accept.ts';
import { ReconcileError } from '../../../reconciler/errors.ts';
import type { Json } from '../../../reconciler/model/json.ts';
import type { Observed } from '../../../reconciler/model/model.ts';
import { plan } from '../../../reconciler/plan/plan.ts';
import { hashing } from '../../../reconciler/run/pipeline.ts';
import { rejects } from '../../support/rejects.ts';
import { GOOD } from '../../support/spec-text.ts';
import { appliedOf, ready } from '../../support/stacks.ts';
import { suite } from '../../support/suite.ts';

const t = suite<{ folder: string }>('accept drift');

t.before((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'albedo-accept-'));
});
t.after(({ folder }) => rmSync(folder, { recursive: true }));

const bytes = (text: string): Uint8Array => Buffer.from(text);

/** The good spec, live with these values at these addresses. */
function accept(meddled: Readonly<Record<string, Readonly<Record<string, Json>>>>, only: readonly string[] = []) {
  const spec = ready(GOOD);
  const applied = appliedOf(spec.stack);
  const observed: Observed = {
    ...applied,
    live: applied.live.map((entry) => ({ ...entry, values: { ...entry.values, ...meddled[entry.address] } })),
  };
  return acceptDrift({ file: 'web.yaml', text: bytes(GOOD), spec, hashing }, plan(spec.stack, observed), observed, {
    only,
    acceptMissing: false,
  });
}

const SLACK = {
  'targetGroup/web': { 'healthCheck.path': '/', 'healthCheck.interval': 20 },
  'loadBalancer/main': { idleTimeout: 75 },
} as const;

t('all of it, one resource, one group, one field', () => {
  const all = accept(SLACK);
  assert.equal([all.written.length, all.refused, all.rest], [3, [], []]);
  const one = accept(SLACK, ['targetGroup/web']);
  assert.equal(one.written, ['targetGroup/web.healthCheck.path', 'targetGroup/web.healthCheck.interval']);
  assert.equal(
    one.rest.map(({ address }) => address),
    ['loadBalancer/main'],
  );
  assert.equal(accept(SLACK, ['targetGroup/web.healthCheck']).written, one.written);
  const field = accept(SLACK, ['targetGroup/web.healthCheck.interval']);
  assert.equal(field.written, ['targetGroup/web.healthCheck.interval']);
  assert.is(field.after, GOOD.replace('interval: 10s', 'interval: 20s'));
});

t('what does not differ cannot be accepted: what does is named', () => {
  try {
    accept(SLACK, ['targetGroup/other']);
    assert.unreachable();
  } catch (error) {
    assert.instance(error, ReconcileError);
    assert.match((error as ReconcileError).message, /targetGroup\/other/);
    assert.match((error as ReconcileError).hint, /targetGroup\/web\.healthCheck\.path/);
  }
});

t('what would spoil the spec is refused alone, with the words of the check', () => {
  const done = accept({ 'targetGroup/web': { 'healthCheck.timeout': 120 }, 'loadBalancer/main': { idleTimeout: 75 } });
  assert.equal(done.written, ['loadBalancer/main.idleTimeout']);
  assert.is(done.refused[0]?.what, 'targetGroup/web.healthCheck.timeout');
  assert.match(done.refused[0]?.why ?? '', /the spec would no longer be valid: targetGroups\.web\.healthCheck/);
  assert.equal(
    done.rest.map(({ address }) => address),
    ['targetGroup/web'],
  );
});

t('a file is replaced in one step: its mode stays, a link is followed, nothing is left beside it', async ({ folder }) => {
  const file = join(folder, 'web.yaml');
  const link = join(folder, 'link.yaml');
  writeFileSync(file, GOOD);
  chmodSync(file, 0o640);
  symlinkSync('web.yaml', link);
  await writeSpec({ file: link, text: bytes(GOOD) }, `${GOOD}# more\n`);
  assert.is(readFileSync(file, 'utf8'), `${GOOD}# more\n`);
  assert.is(statSync(file).mode & 0o777, 0o640);
  assert.equal(readdirSync(folder).sort(), ['link.yaml', 'web.yaml']);
});

t('a file that changed meanwhile is left as it is, and standard input is none', async ({ folder }) => {
  const file = join(folder, 'other.yaml');
  writeFileSync(file, `${GOOD}# somebody\n`);
  const message = await rejects(writeSpec({ file, text: bytes(GOOD) }, 'new'), ReconcileError);
  assert.match(String(message), /was changed while/);
  assert.is(readFileSync(file, 'utf8'), `${GOOD}# somebody\n`);
  assert.equal(
    readdirSync(folder).filter((name) => name.startsWith('.')),
    [],
  );
  assert.match(String(await rejects(writeSpec({ file: '<stdin>', text: bytes(GOOD) }, 'new'), ReconcileError)), /standard input/);
  assert.match(
    String(await rejects(writeSpec({ file: join(folder, 'none.yaml'), text: bytes(GOOD) }, 'new'), ReconcileError)),
    /cannot be written/,
  );
});

t.run();
