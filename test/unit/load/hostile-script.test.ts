/** A load script of somebody who may not apply: what it sees, what it can write, whom it can call. Each way by a script that tries it. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { runK6 } from '../../../reconciler/load/run-k6.ts';
import type { LoadRun } from '../../../reconciler/load/types.ts';
import { suite } from '../../support/suite.ts';

const SECRET = 'SECRET-of-the-job';
const t = suite('a hostile load script', {} as { folder: string; server: Server; port: number; asked: string[] });
t.before(async (all) => {
  all.folder = mkdtempSync(join(tmpdir(), 'albedo-hostile-'));
  writeFileSync(join(all.folder, 'outside.js'), `export const secret = '${SECRET}';\n`);
  mkdirSync(join(all.folder, 'load/lib'), { recursive: true });
  writeFileSync(join(all.folder, 'load/lib/beside.ts'), 'export const beside: number = 4;\n');
  writeFileSync(join(all.folder, 'load/data.json'), '{"users":["ana"]}');
  all.asked = [];
  all.server = createServer((request, response) => {
    all.asked.push(decodeURIComponent(request.url ?? ''));
    response.end('ok');
  });
  await new Promise<void>((done) => all.server.listen(0, '127.0.0.1', done));
  all.port = (all.server.address() as AddressInfo).port;
});
t.after(({ folder, server }) => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

type All = Parameters<Parameters<typeof t.before>[0]>[0];

/** Runs a script that says what it got by asking for `/said/…`. */
async function run(all: All, text: string, options = 'export const options = { iterations: 1, vus: 1 };', most?: number): Promise<LoadRun> {
  writeFileSync(join(all.folder, 'load/it.ts'), `import http from 'k6/http';\n${options}\n${text}\n`);
  process.env['AWS_SECRET_ACCESS_KEY'] = SECRET;
  try {
    return await runK6({
      target: {
        ...{ stack: 'shop', dnsName: 'shop.example', listeners: [{ name: 'http', protocol: 'HTTP', port: 80 }], groups: [] },
        hosts: { 'shop.example:80': `127.0.0.1:${all.port}` },
      },
      settings: { script: 'load/it.ts', rate: 1, duration: 1, path: '/', timeout: 1 },
      ...{ scripts: all.folder, outDir: join(all.folder, 'out'), emit: () => undefined, environment: process.env },
      ...(most === undefined ? {} : { most }),
    });
  } finally {
    delete process.env['AWS_SECRET_ACCESS_KEY'];
  }
}

/** What a script could say of the outcome of `code`, which is a function's body. */
async function said(all: All, code: string, imports = ''): Promise<string> {
  all.asked.length = 0;
  await run(
    all,
    `${imports}
let got = '';
try { got = String((() => { ${code} })()); } catch (error) { got = 'refused: ' + error; }
export default function () { http.get(\`http://shop.example/said/\${encodeURIComponent(got)}\`); }`,
  );
  return all.asked.join('\n');
}

t('its own folder is there: modules, data, and the options it exports', async (all) => {
  assert.match(await said(all, "return beside + open('./data.json')", "import { beside } from './lib/beside.ts';"), '4{"users":["ana"]}');
  all.asked.length = 0;
  const three = 'export const options = { scenarios: { s: { executor: "shared-iterations", vus: 1, iterations: 3 } } };';
  await run(all, `export default function () { http.get('http://shop.example/it'); }`, three);
  assert.is(all.asked.length, 3);
});

t('a scenario of its own is held to the rate that the policy allows; without a policy it is not', async (all) => {
  const flood = 'export const options = { rps: 100000, scenarios: { s: { executor: "constant-vus", vus: 10, duration: "2s" } } };';
  const count = async (most?: number): Promise<number> => {
    all.asked.length = 0;
    await run(all, `export default function () { http.get('http://shop.example/flood'); }`, flood, most);
    return all.asked.length;
  };
  const [held, free] = [await count(10), await count()];
  // Ten a second for two seconds, and what each user had begun at either end.
  assert.ok(held > 0 && held <= 40, `${held} requests`);
  assert.ok(free > 40, `${free} requests`);
});

const READS: readonly (readonly [what: string, code: string, imports?: string])[] = [
  ['a file by its path', "return open('/etc/passwd')"],
  ['a file by a way up', "return open('../outside.js')"],
  ['a file of its process', "return open('/proc/self/environ', 'b').byteLength"],
  ['a module outside', "return require('../outside.js').secret"],
  ['a link beside it', "return open('./link')"],
];
for (const [what, code, imports] of READS)
  t(`reads nothing else: ${what}`, async (all) => {
    rmSync(join(all.folder, 'load/link'), { force: true });
    symlinkSync('/etc/passwd', join(all.folder, 'load/link'));
    assert.match(await said(all, code, imports), /^\/said\/refused: /);
  });

t('reads nothing with the file system of k6', async (all) => {
  all.asked.length = 0;
  await run(
    all,
    `import fs from 'k6/experimental/fs';
let got = 'nothing';
(async () => { try { await fs.open('/etc/passwd'); got = 'opened'; } catch (error) { got = 'refused: ' + error; } })();
export default function () { http.get('http://shop.example/said/' + encodeURIComponent(got)); }`,
  );
  assert.match(all.asked.join('\n'), /^\/said\/refused: /);
});

t('gets no variable but what albedo tells it', async (all) => {
  const names = await said(all, 'return Object.keys(__ENV).sort().join()');
  for (const name of names.replace('/said/', '').split(',')) assert.match(name, /^ALBEDO_/);
  assert.not.match(await said(all, 'return JSON.stringify(__ENV)'), SECRET);
});

t('writes nothing', async (all) => {
  const before = readdirSync(all.folder);
  await run(
    all,
    `export default function () {}\nexport function handleSummary() { return { '${join(all.folder, 'written')}': 'x', './written': 'x' }; }`,
  );
  assert.equal([...new Set([...before, 'out'])].sort(), readdirSync(all.folder).sort());
  assert.equal(readdirSync(join(all.folder, 'out')), ['points.csv.gz']);
});

t('calls no address at which clouds hand out credentials, whatever its options say', async (all) => {
  const end = await run(
    all,
    `export default function () {
  const { error } = http.get('http://169.254.169.254/latest/meta-data/iam/security-credentials/', { timeout: '3s' });
  http.get('http://shop.example/said/' + encodeURIComponent(error));
}`,
    'export const options = { iterations: 1, vus: 1, blacklistIPs: [] };',
  );
  assert.is(end.outcome, 'done');
  assert.match(all.asked.at(-1) ?? '', /blacklisted/);
});

t('a script elsewhere, and one that is a link, are refused before k6 is started, and nothing of them is shown', async (all) => {
  symlinkSync('/etc/passwd', join(all.folder, 'load/passwd.ts'));
  for (const script of ['/etc/passwd', '../../etc/passwd', 'load/../../x.ts', 'load/passwd.ts']) {
    let message = '';
    try {
      await runK6({
        target: {
          stack: 'shop',
          dnsName: 'shop.example',
          listeners: [{ name: 'http', protocol: 'HTTP', port: 80 }],
          groups: [],
          hosts: {},
        },
        settings: { script, rate: 1, duration: 1, path: '/', timeout: 1 },
        ...{ scripts: all.folder, outDir: join(all.folder, 'out'), emit: () => undefined, environment: process.env },
      });
    } catch (error) {
      message = String(error);
    }
    assert.match(message, /is not in the folder|is a link/, script);
    assert.not.match(message, 'root:', script);
  }
});

t.run();
