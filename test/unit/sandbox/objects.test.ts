/** The sandbox's S3: versions, a folder beside it, and the control address that puts and reads objects. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { createClock } from '../../../sandbox/clock.ts';
import { createFaults } from '../../../sandbox/faults.ts';
import { type Gateway, startGateway } from '../../../sandbox/gateway.ts';
import { createObjects } from '../../../sandbox/objects.ts';
import { createRecorder } from '../../../sandbox/recorder.ts';
import { suite } from '../../support/suite.ts';

const t = suite('sandbox objects');
const text = (content: Uint8Array | undefined): string | undefined =>
  content === undefined ? undefined : Buffer.from(content).toString('utf8');

t('every put is a version, the newest is read', () => {
  const objects = createObjects();
  const first = objects.put('trust', 'a/b.pem', 'one');
  const second = objects.put('trust', 'a/b.pem', 'two');
  assert.is.not(first, second);
  assert.is(text(objects.object('trust', 'a/b.pem')), 'two');
  assert.is(text(objects.object('trust', 'a/b.pem', first)), 'one');
  assert.is(objects.object('trust', 'a/b.pem', 'none'), undefined);
  assert.is(objects.object('other', 'a/b.pem'), undefined);
  assert.ok(objects.remove('trust', 'a/b.pem'));
  assert.is(objects.object('trust', 'a/b.pem', first), undefined);
  assert.not.ok(objects.remove('trust', 'a/b.pem'));
  for (const bucket of ['A', 'x', '.shared', 'a/b', '']) assert.throws(() => objects.put(bucket, 'k', ''), /bucket/);
  assert.throws(() => objects.put('trust', '', 'x'), /1 to 1024/);
});

t('what is put cannot be changed from outside, and all of it has a limit', () => {
  const objects = createObjects();
  const mine = Buffer.from('one');
  objects.put('trust', 'k', mine);
  mine.write('two');
  assert.is(text(objects.object('trust', 'k')), 'one');
  const large = new Uint8Array(40 * 1024 * 1024);
  objects.put('trust', 'large', large);
  assert.throws(() => objects.put('trust', 'more', large), /67108864 bytes/);
  objects.remove('trust', 'large');
  objects.put('trust', 'more', large);
  objects.clear();
  assert.is(objects.object('trust', 'k'), undefined);
  objects.put('trust', 'more', large);
});

t('a folder is read where nothing was put, and never left', () => {
  const folder = mkdtempSync(join(tmpdir(), 'albedo-objects-'));
  try {
    mkdirSync(join(folder, 'trust', 'deep'), { recursive: true });
    writeFileSync(join(folder, 'trust', 'deep', 'a.pem'), 'file');
    writeFileSync(join(folder, 'secret'), 'secret');
    const objects = createObjects(folder);
    assert.is(text(objects.object('trust', 'deep/a.pem')), 'file');
    assert.is(objects.object('trust', 'deep/a.pem', 'v1'), undefined, 'files have no versions');
    for (const [bucket, key] of [
      ['trust', '../secret'],
      ['..', 'secret'],
      ['trust', 'deep'],
      ['trust', '/etc/hostname'],
      ['.', 'secret'],
    ] as const)
      assert.is(objects.object(bucket, key), undefined, `${bucket} ${key}`);
    objects.put('trust', 'deep/a.pem', 'put');
    assert.is(text(objects.object('trust', 'deep/a.pem')), 'put');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

t('PUT, GET and DELETE at the control address, with bytes as they are', async () => {
  const objects = createObjects();
  assert.is(objects.share(Buffer.from('x')), undefined, 'nothing serves it yet');
  const gateway: Gateway = await startGateway(0, {
    services: {},
    clock: createClock({ manual: true }),
    recorder: createRecorder(),
    faults: createFaults(),
    callDelay: 0,
    control: () => Promise.resolve({ status: 404, body: {} }),
    objects,
    log: () => undefined,
  });
  try {
    objects.serveAt(gateway.endpoint);
    const at = (path: string): string => `${gateway.endpoint}/_sandbox/objects/${path}`;
    const bytes = new Uint8Array([0, 255, 128, 13, 10]);
    const put = await fetch(at('trust/a%20b/c.pem'), { method: 'PUT', body: bytes });
    const { version, key } = (await put.json()) as { readonly version: string; readonly key: string };
    assert.is(key, 'a b/c.pem');
    assert.equal(objects.object('trust', 'a b/c.pem'), bytes);
    await (await fetch(at('trust/a%20b/c.pem'), { method: 'PUT', body: 'new' })).arrayBuffer();
    assert.equal(new Uint8Array(await (await fetch(at(`trust/a%20b/c.pem?versionId=${version}`))).arrayBuffer()), bytes);
    assert.is(await (await fetch(at('trust/a%20b/c.pem'))).text(), 'new');
    const shared = objects.share(Buffer.from('bundle')) ?? '';
    assert.is(await (await fetch(shared)).text(), 'bundle');
    for (const [path, method, status] of [
      ['trust/none', 'GET', 404],
      ['UPPER/k', 'PUT', 400],
      ['trust/%ZZ', 'GET', 400],
      ['trust/k', 'POST', 405],
    ] as const) {
      const answer = await fetch(at(path), { method });
      assert.is(answer.status, status, `${method} ${path}`);
      assert.ok(((await answer.json()) as { readonly error: string }).error);
    }
    const large = await fetch(at('trust/large'), { method: 'PUT', body: new Uint8Array(1_048_577) });
    assert.is(large.status, 413);
    await large.arrayBuffer();
    assert.equal(await (await fetch(at('trust/a%20b/c.pem'), { method: 'DELETE' })).json(), { removed: true });
  } finally {
    await gateway.stop();
  }
});

t.run();
