/** What a load script imports: of a repository of somebody else, run by k6, checked by tsc, and bundled. */
import { execFile, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildSync } from 'esbuild';
import * as assert from 'uvu/assert';
import { loadLibCommand } from '../../../reconciler/cli/load.ts';
import { findK6 } from '../../../reconciler/load/find-k6.ts';
import { LIBRARY, libraryFile } from '../../../reconciler/load/k6-archive.ts';
import { runK6 } from '../../../reconciler/load/run-k6.ts';
import { SCRIPT_VARIABLES } from '../../../reconciler/load/script-variables.ts';
import type { LoadRun } from '../../../reconciler/load/types.ts';
import { suite } from '../../support/suite.ts';

const ROOT = join(import.meta.dirname, '../../..');
const t = suite('the library of load scripts', {} as { folder: string; server: Server; port: number; asked: string[]; agents: string[] });
t.before(async (all) => {
  all.folder = mkdtempSync(join(tmpdir(), 'albedo-library-'));
  mkdirSync(join(all.folder, 'node_modules/@types'), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules/@types/k6'), join(all.folder, 'node_modules/@types/k6'));
  all.asked = [];
  all.agents = [];
  all.server = createServer((request, response) => {
    all.asked.push(request.url ?? '');
    all.agents.push(request.headers['user-agent'] ?? '');
    response.setHeader('X-Instance', 'i-0a1b2c3d4e5f60001').end('ok');
  });
  await new Promise<void>((done) => all.server.listen(0, '127.0.0.1', done));
  all.port = (all.server.address() as AddressInfo).port;
});
t.before.each(({ folder }) => {
  rmSync(join(folder, 'load'), { recursive: true, force: true });
  mkdirSync(join(folder, 'load'));
});
t.after(({ folder, server }) => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

const SCRIPT = `import http from 'k6/http';
import { record, type Settings, scenario, settings } from './albedo.js';

export const options = scenario(settings);
const path: Settings['path'] = settings.paths[0]?.path ?? settings.path;

export default function cart(): void {
  const begunAt = Date.now();
  record(http.get(settings.baseUrl + path, { timeout: \`\${settings.timeoutSeconds}s\` }), begunAt);
}
`;

async function run(all: { folder: string; port: number }, warnings: string[] = []): Promise<LoadRun> {
  return await runK6({
    target: {
      ...{ stack: 'shop', dnsName: 'shop.example', listeners: [{ name: 'http', protocol: 'HTTP', port: 80 }], groups: [] },
      hosts: { 'shop.example:80': `127.0.0.1:${all.port}` },
    },
    settings: { script: 'load/cart.ts', rate: 10, duration: 1, path: '/cart', timeout: 1 },
    ...{ scripts: all.folder, outDir: join(all.folder, 'out'), environment: process.env },
    emit: (event) => event.kind === 'warning' && warnings.push(event.text),
  });
}

t('a script of another repository imports it when albedo runs it, without a copy', async (all) => {
  writeFileSync(join(all.folder, 'load/cart.ts'), SCRIPT);
  const warnings: string[] = [];
  const made = await run(all, warnings);
  assert.is(made.outcome, 'done', made.log.join('\n'));
  assert.ok(made.samples.length >= 9, `${made.samples.length} samples`);
  assert.ok([...made.samples].every(({ instance }) => instance === 'i-0a1b2c3d4e5f60001'));
  assert.equal(warnings, []);
});

t('`load lib` writes what k6 by itself and tsc need; a link in its place is left alone', async (all) => {
  writeFileSync(join(all.folder, 'load/cart.ts'), SCRIPT);
  assert.is(await loadLibCommand(join(all.folder, 'load')), 0);
  const { command } = await findK6(process.env);
  all.asked.length = 0;
  const env = ['--env', `ALBEDO_BASE_URL=http://127.0.0.1:${all.port}`, '--env', 'ALBEDO_DURATION=1', '--env', 'ALBEDO_PATH=/alone'];
  await promisify(execFile)(command, ['run', '--quiet', '--no-usage-report', ...env, 'cart.ts'], { cwd: join(all.folder, 'load') });
  assert.ok(all.asked.length >= 9 && all.asked.every((url) => url === '/alone'), `asked: ${all.asked.join()}`);

  const check = (text: string): ReturnType<typeof spawnSync> => {
    writeFileSync(join(all.folder, 'load/cart.ts'), text);
    const flags = ['--noEmit', '--strict', '--module', 'esnext', '--moduleResolution', 'bundler', '--target', 'es2022', '--types', 'k6'];
    return spawnSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), ...flags, 'load/cart.ts'], {
      ...{ cwd: all.folder, encoding: 'utf8' },
    });
  };
  const right = check(SCRIPT);
  assert.is(right.status, 0, String(right.stdout));
  assert.match(String(check(SCRIPT.replace('settings.timeoutSeconds', 'settings.timeoutSecond')).stdout), "'timeoutSecond' does not exist");

  rmSync(join(all.folder, 'load/albedo.js'));
  symlinkSync('/nonexistent/elsewhere', join(all.folder, 'load/albedo.js'));
  let message = '';
  await loadLibCommand(join(all.folder, 'load')).catch((error: unknown) => {
    message = String(error);
  });
  assert.match(message, 'is a link');
});

t('a copy beside the script is the one that runs, with a warning', async (all) => {
  writeFileSync(join(all.folder, 'load/cart.ts'), SCRIPT);
  const own = readFileSync(libraryFile(LIBRARY.code), 'utf8');
  for (const [text, said] of [
    [own, 0],
    [own.replace('albedo-load/1', 'changed/1'), 1],
  ] as const) {
    writeFileSync(join(all.folder, 'load/albedo.js'), text);
    const warnings: string[] = [];
    all.agents.length = 0;
    await run(all, warnings);
    assert.equal([...new Set(all.agents)], [said === 1 ? 'changed/1' : 'albedo-load/1']);
    assert.is(warnings.filter((each) => /albedo\.js next to load\/cart\.ts is from another version/.test(each)).length, said);
  }
});

t('a bundler finds it under the name of the package', (all) => {
  const place = join(all.folder, 'node_modules/@albedo-gitops/albedo');
  cpSync(join(ROOT, 'package.json'), join(place, 'package.json'), { recursive: true });
  for (const name of Object.values(LIBRARY)) cpSync(join(ROOT, 'k6', name), join(place, 'k6', name), { recursive: true });
  writeFileSync(join(all.folder, 'load/cart.ts'), SCRIPT.replace('./albedo.js', '@albedo-gitops/albedo/k6'));
  const made = buildSync({
    entryPoints: [join(all.folder, 'load/cart.ts')],
    bundle: true,
    format: 'esm',
    write: false,
    external: ['k6', 'k6/*'],
  });
  assert.match(made.outputFiles[0]?.text ?? '', 'ALBEDO_BASE_URL');
});

t('it reads every variable that albedo sets, under the name that the page has, and no other', () => {
  const read: string[] = [];
  const env = new Proxy({}, { get: (_, name) => void read.push(String(name)) });
  const text = readFileSync(libraryFile(LIBRARY.code), 'utf8')
    .replace('import { Trend } from "k6/metrics";', 'class Trend {}')
    .replace(/export \{[^}]*\};/, 'return settings;');
  const settings = new Function('__ENV', text)(env) as object;
  assert.equal(
    [...new Set(read)].sort(),
    Object.values(SCRIPT_VARIABLES)
      .map(({ name }) => name)
      .sort(),
  );
  assert.equal(Object.keys(settings).sort(), Object.keys(SCRIPT_VARIABLES).sort());
});

t.run();
