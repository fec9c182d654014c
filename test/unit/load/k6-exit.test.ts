/** A script that k6 cannot run: what k6 says of it, where, and what to do; each way by a script that is wrong in it. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { endingOf, K6_EXITS, outcomeOf } from '../../../reconciler/load/k6-exit.ts';
import { runK6 } from '../../../reconciler/load/run-k6.ts';
import type { LoadRun } from '../../../reconciler/load/types.ts';
import { suite } from '../../support/suite.ts';

const t = suite('k6 that does not end well', {} as { folder: string; server: Server; port: number });
t.before(async (all) => {
  all.folder = mkdtempSync(join(tmpdir(), 'albedo-exits-'));
  mkdirSync(join(all.folder, 'load/lib'), { recursive: true });
  writeFileSync(join(all.folder, 'load/lib/cart.ts'), "export function cart() {\n  throw new Error('no cart');\n}\n");
  all.server = createServer((_, response) => void response.end('ok'));
  await new Promise<void>((done) => all.server.listen(0, '127.0.0.1', done));
  all.port = (all.server.address() as AddressInfo).port;
});
t.after(({ folder, server }) => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

async function run({ folder, port }: { folder: string; port: number }, text: string, shards = 1): Promise<LoadRun> {
  writeFileSync(join(folder, 'load/it.ts'), text);
  return await runK6({
    target: {
      ...{ stack: 'shop', dnsName: 'shop.example', listeners: [{ name: 'http', protocol: 'HTTP', port: 80 }], groups: [] },
      hosts: { 'shop.example:80': `127.0.0.1:${port}` },
    },
    settings: { script: 'load/it.ts', rate: 4, duration: 1, path: '/', timeout: 1 },
    ...{ scripts: folder, outDir: join(folder, 'out'), emit: () => undefined, environment: process.env, shards },
  });
}

const END = 'export default function () {}\n';
const FEW = 'export const options = { iterations: 1, vus: 1 };\n';
const WRONG: readonly (readonly [what: string, text: string, told: RegExp])[] = [
  ['a mistake of spelling', `\n${END}let x = ;\n`, /exit status 107, .*\): load\/it\.ts:3:\d+: Unexpected .*\. Correct the script$/],
  [
    'a file that is not there',
    `import './none.ts';\n${END}`,
    /107, .*\): load\/it\.ts:1: the module "\.\/none\.ts" couldn't be found on local disk\. Correct the script$/,
  ],
  ['a package', `import _ from 'lodash';\n${END}`, /107, .*\): load\/it\.ts:1: the module "lodash" couldn't be recognised/],
  [
    'an exception while it is loaded',
    `import { cart } from './lib/cart.ts';\ncart();\n${END}`,
    /107, .*\): load\/lib\/cart\.ts:2:\d+: Error: no cart\. Correct/,
  ],
  ['a name that is not there', `${END}nothing.there;\n`, /107, .*\): load\/it\.ts:2:\d+: ReferenceError: nothing is not defined\. Correct/],
  [
    'an exception of setup()',
    `${FEW}export function setup() { throw new Error('no user'); }\n${END}`,
    /107, .*\): load\/it\.ts:2:\d+: Error: no user\. Correct/,
  ],
  [
    'options that k6 does not know',
    `export const options = { scenarios: { a: { executor: 'nope' } } };\n${END}`,
    /(104|255), .*\): unknown executor type 'nope'\. Correct the (options|script)/,
  ],
  [
    'nothing to run',
    'export const options = { iterations: 1 };\n',
    /exit status 104, .*\): There were problems with the specified script configuration: executor default: function 'default' not found in exports\. Correct/,
  ],
  [
    'a setup() that takes too long',
    `import { sleep } from 'k6';\nexport const options = { iterations: 1, setupTimeout: '1s' };\nexport function setup() { sleep(4); }\n${END}`,
    /timed-out \(exit status 100, .*\. Let it do less, or raise setupTimeout/,
  ],
  [
    'a test that ends itself',
    `import e from 'k6/execution';\n${FEW}export default function () { e.test.abort('enough'); }\n`,
    /aborted \(exit status 108, .*\): load\/it\.ts:3:\d+: test aborted: enough/,
  ],
  [
    'a test that calls itself failed',
    `import e from 'k6/execution';\n${FEW}export default function () { e.test.fail('not so'); }\n`,
    /script-error \(exit status 110, .*marked/,
  ],
];
for (const [what, text, told] of WRONG)
  t(`says what is wrong: ${what}`, async (all) => {
    const made = await run(all, text);
    assert.match(endingOf(made), told, made.log.join('\n'));
    assert.not.match(endingOf(made), /file:\/\/|albedo-entry/, made.log.join('\n'));
  });

t('says nothing of a script that is right; what it prints is not taken for k6', async (all) => {
  const made = await run(all, `${FEW}export default function () { console.error('Line 1:1 it is all wrong'); }\n`);
  assert.equal([made.outcome, made.said], ['done', '']);
});

t('names the place also where several send', async (all) => {
  const made = await run(all, `import { cart } from './lib/cart.ts';\ncart();\n${END}`, 2);
  assert.match(endingOf(made), /load\/lib\/cart\.ts:2:\d+: Error: no cart/);
});

t('the table has every exit status of k6', () => {
  // The names as they are in the source of k6 v2.2.0.
  const source = {
    CloudTestRunFailed: 97,
    CloudFailedToGetProgress: 98,
    ThresholdsHaveFailed: 99,
    SetupTimeout: 100,
    TeardownTimeout: 101,
  };
  const others = { GenericTimeout: 102, ScriptStoppedFromRESTAPI: 103, InvalidConfig: 104, ExternalAbort: 105, CannotStartRESTAPI: 106 };
  const last = { ScriptException: 107, ScriptAborted: 108, GoPanic: 109, MarkedAsFailed: 110 };
  for (const status of Object.values({ ...source, ...others, ...last })) assert.ok(K6_EXITS[status] !== undefined, String(status));
  const page = readFileSync(join(import.meta.dirname, '../../../docs/load-scripts.md'), 'utf8');
  for (const [status, { means }] of Object.entries(K6_EXITS)) assert.match(page, `| ${status} | ${means} |`);
  assert.is(outcomeOf(42, false), 'failed');
  assert.is(endingOf({ outcome: 'failed', exitCode: 42, said: '' }), 'k6 ended as failed (exit status 42)');
  assert.is(endingOf({ outcome: 'timed-out', exitCode: 105, said: '' }), 'k6 ended as timed-out (exit status 105)');
  assert.is(endingOf({ outcome: 'failed', exitCode: null, said: '' }), 'k6 ended as failed');
});

t.run();
