/**
 * Load goes to the load balancer alone: scripts that try to send it elsewhere, run by k6 itself, with a server in that other place
 * that must not be asked. Each way is tried where it is open too, or nothing of this would show that it was closed.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import * as assert from 'uvu/assert';
import { bounded, GUARD, hostsOf, proxyVariables } from '../../../reconciler/load/bounds.ts';
import { generatedBy } from '../../../reconciler/load/generator.ts';
import { runK6 } from '../../../reconciler/load/run-k6.ts';
import { failureKinds } from '../../../reconciler/load/statistics.ts';
import type { LoadRun } from '../../../reconciler/load/types.ts';
import { suite } from '../../support/suite.ts';

interface Place {
  readonly server: Server;
  readonly port: number;
  /** What it was asked, WebSocket upgrades too. */
  readonly asked: string[];
}

const t = suite('where a load goes', {} as { folder: string; own: Place; other: Place });

async function place(address: string, redirectTo?: () => string): Promise<Place> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    if (request.url === '/away' && redirectTo !== undefined) response.writeHead(302, { location: redirectTo() });
    response.end('ok');
  });
  server.on('upgrade', (request, socket) => {
    asked.push(`upgrade ${request.url}`);
    socket.destroy();
  });
  // A connection that never asks for anything, as gRPC's, counts too.
  server.on('connection', (socket) => socket.on('data', (data) => data.toString('latin1').startsWith('PRI *') && asked.push('HTTP/2')));
  await new Promise<void>((done) => server.listen(0, address, done));
  return { server, port: (server.address() as AddressInfo).port, asked };
}

/** An address of this machine that is not closed for being its own. */
const OUTSIDE = Object.values(networkInterfaces())
  .flatMap((each) => each ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;

t.before(async (all) => {
  all.folder = mkdtempSync(join(tmpdir(), 'albedo-bounds-'));
  mkdirSync(join(all.folder, 'load'));
  all.other = await place(OUTSIDE ?? '127.0.0.1');
  all.own = await place('127.0.0.1', () => `http://${OUTSIDE ?? '127.0.0.1'}:${all.other.port}/redirected`);
});
t.before.each(({ own, other }) => {
  own.asked.length = 0;
  other.asked.length = 0;
});
t.after(({ folder, own, other }) => {
  for (const { server } of [own, other]) {
    server.closeAllConnections();
    server.close();
  }
  rmSync(folder, { recursive: true, force: true });
});

type All = Parameters<Parameters<typeof t.before>[0]>[0];

/** `at`: where the load balancer is. Mapped as on the sandbox, or, as on AWS, asked of DNS under that name. */
async function run(all: All, at: 'mapped' | string, text: string, environment: Record<string, string> = {}): Promise<LoadRun> {
  writeFileSync(join(all.folder, 'load/it.ts'), text);
  const dnsName = at === 'mapped' ? 'shop.example' : at;
  return await runK6({
    target: {
      ...{ stack: 'shop', dnsName, listeners: [{ name: 'http', protocol: 'HTTP', port: 80 }], groups: [] },
      hosts: at === 'mapped' ? { 'shop.example:80': `127.0.0.1:${all.own.port}`, 'else.example:80': `127.0.0.1:${all.other.port}` } : {},
    },
    settings: { script: 'load/it.ts', rate: 1, duration: 1, path: '/', timeout: 1 },
    ...{ scripts: all.folder, outDir: join(all.folder, 'out'), emit: () => undefined, environment: { ...process.env, ...environment } },
  });
}

/** One iteration that does this, with whatever options. */
const once = (code: string, imports = '', options = ''): string =>
  `import http from 'k6/http';\n${imports}\nexport const options = { iterations: 1, vus: 1, ${options} };\nexport default function () { ${code} }\n`;

interface Way {
  readonly what: string;
  readonly script: (address: string, port: number) => string;
}

const NAMED = (address: string, port: number): string =>
  `hosts: { 'third.example': '${address}:${port}', '*.third.example': '${address}:${port}' }`;
const WAYS: readonly Way[] = [
  { what: 'an address', script: (address, port) => once(`http.get('http://${address}:${port}/', { timeout: '2s' });`) },
  {
    what: 'an address in its IPv6 form',
    script: (address, port) => once(`http.get('http://[::ffff:${address}]:${port}/', { timeout: '2s' });`),
  },
  {
    what: 'several at once',
    script: (address, port) => once(`http.batch(['http://${address}:${port}/a', 'http://${address}:${port}/b']);`),
  },
  {
    what: 'a name that its options map',
    script: (address, port) =>
      once(`http.get('http://third.example/', { timeout: '2s' }); http.get('http://a.third.example/');`, '', NAMED(address, port)),
  },
  {
    what: 'the name of the load balancer, which its options map elsewhere',
    script: (address, port) =>
      once(
        "http.get(__ENV.ALBEDO_BASE_URL + '/', { timeout: '2s' });",
        '',
        `hosts: { 'shop.example': '${address}:${port}', '${address}': '${address}:${port}', '*': '${address}:${port}' }`,
      ),
  },
  {
    what: 'options that open everything',
    script: (address, port) => once(`http.get('http://${address}:${port}/');`, '', 'blacklistIPs: [], blockHostnames: [], hosts: {}'),
  },
  {
    what: 'in setup()',
    script: (address, port) => `${once('')}export function setup() { http.get('http://${address}:${port}/', { timeout: '2s' }); }\n`,
  },
  {
    what: 'a WebSocket',
    script: (address, port) =>
      once(`try { ws.connect('ws://${address}:${port}/', {}, (s) => s.close()); } catch (e) {}`, "import ws from 'k6/ws';"),
  },
  {
    what: 'a WebSocket of the newer kind',
    script: (address, port) =>
      once(`new WebSocket('ws://${address}:${port}/').onerror = () => {};`, "import { WebSocket } from 'k6/websockets';"),
  },
  {
    what: 'gRPC, by a setup() that is not to be called',
    script: (address, port) =>
      `${once('', "import grpc from 'k6/net/grpc';", 'noSetup: true')}export function setup() { new grpc.Client().connect('${address}:${port}', { plaintext: true, timeout: '1s' }); }\n`,
  },
  {
    what: 'gRPC',
    script: (address, port) =>
      once(
        `const c = new grpc.Client(); try { c.connect('${address}:${port}', { plaintext: true, timeout: '1s' }); } catch (e) {}`,
        "import grpc from 'k6/net/grpc';",
      ),
  },
  {
    what: 'gRPC that is required, by a name that is put together',
    script: (address, port) =>
      once(
        `const c = new grpc.Client(); try { c.connect('${address}:${port}', { plaintext: true, timeout: '1s' }); } catch (e) {}`,
        "const grpc = require(['k6', 'net', 'gr' + 'pc'].join('/'));",
      ),
  },
  {
    what: 'gRPC in setup(), with a `require` that hides it',
    script: (address, port) =>
      `import grpc from 'k6/net/grpc';\nglobalThis.require = () => { throw new Error('was not previously resolved'); };\n${once('')}export function setup() { const c = new grpc.Client(); try { c.connect('${address}:${port}', { plaintext: true, timeout: '1s' }); } catch (e) {} }\n`,
  },
];

for (const { what, script } of WAYS) {
  t(`on the sandbox nothing leaves: ${what}`, async (all) => {
    await run(all, 'mapped', script(OUTSIDE ?? '127.0.0.1', all.other.port));
    await run(all, 'mapped', script('127.0.0.1', all.other.port));
    assert.equal(all.other.asked, []);
  });
  if (OUTSIDE !== undefined)
    t(`on AWS nothing leaves: ${what}`, async (all) => {
      await run(all, 'no-such-balancer.example', script(OUTSIDE, all.other.port));
      assert.equal(all.other.asked, []);
    });
}

t('a redirect elsewhere is not followed there', async (all) => {
  const made = await run(all, 'mapped', once("http.get(__ENV.ALBEDO_BASE_URL + '/away', { redirects: 5 });"));
  assert.equal([all.own.asked, all.other.asked], [['/away'], []]);
  assert.match(
    failureKinds(made.samples)
      .map(({ what }) => what)
      .join(),
    /an address other than the load balancer/,
  );
});

t('another load balancer of the sandbox is elsewhere too', async (all) => {
  await run(all, 'mapped', once("http.get('http://else.example/');"));
  assert.equal(all.other.asked, []);
});

t('the load balancer itself is asked, on the sandbox by its name and on AWS at whatever address it has', async (all) => {
  const made = await run(all, 'mapped', once("http.get(__ENV.ALBEDO_BASE_URL + '/mine');"));
  assert.equal([made.outcome, all.own.asked], ['done', ['/mine']]);
  if (OUTSIDE === undefined) return;
  // The other place is the load balancer now: every way by an address is open.
  for (const { script } of WAYS.slice(0, 3)) {
    all.other.asked.length = 0;
    await run(all, OUTSIDE, script(OUTSIDE, all.other.port));
    assert.ok(all.other.asked.length > 0, script(OUTSIDE, all.other.port));
  }
  all.other.asked.length = 0;
  await run(
    all,
    OUTSIDE,
    once(`try { ws.connect('ws://${OUTSIDE}:${all.other.port}/', {}, (s) => s.close()); } catch (e) {}`, "import ws from 'k6/ws';"),
  );
  assert.equal(all.other.asked, ['upgrade /']);
});

t('a script that uses gRPC is told why it is not run; what else it requires is there', async (all) => {
  const refused = await run(all, 'mapped', once('', "import grpc from 'k6/net/grpc';"));
  assert.is(refused.outcome, 'script-error');
  assert.match(refused.said, /albedo runs no script that uses k6\/net\/grpc/);
  const common =
    "const http = require('k6/http');\nmodule.exports.options = { iterations: 1, vus: 1 };\nmodule.exports.default = () => http.get(__ENV.ALBEDO_BASE_URL + '/common');\n";
  const made = await run(all, 'mapped', common);
  assert.equal([made.outcome, all.own.asked], ['done', ['/common']], made.log.join('\n'));
});

t('k6 looks for such modules where it evaluates a script alone, after it has resolved all', () => {
  /** What the guard asks for as this user, of k6's `require` before or after it knows no more modules; `has`: those that the script brought. */
  const asked = (vu: number, locked: boolean, has: readonly string[] = []): string[] => {
    const names: string[] = [];
    const require = (name: string): object => {
      names.push(name);
      if (has.includes(name)) return {};
      throw new Error(locked ? `the module "${name}" was not previously resolved during initialization (__VU==0)` : `no ${name}`);
    };
    runInNewContext(GUARD, { require, __VU: vu });
    return names.filter((name) => name.startsWith('k6/'));
  };
  assert.equal(asked(0, false), [], 'it would bring them');
  assert.equal(asked(7, true), [], 'all users are made at once, and a look for a module of k6 writes what they share');
  assert.ok(asked(0, true).includes('k6/net/grpc'));
  assert.throws(() => asked(0, true, ['k6/net/grpc']), /albedo runs no script that uses k6\/net\/grpc/);
});

t('what a script tried elsewhere is a failure of the load and not of the load balancer', async (all) => {
  for (const at of OUTSIDE === undefined ? ['mapped'] : ['mapped', 'no-such-balancer.example']) {
    for (const code of ["http.get('http://third.example/');", "record(http.get('http://third.example/'), Date.now());"]) {
      const made = await run(all, at, once(code, "import { record } from './albedo.js';"));
      const { broken, doubts } = generatedBy(made, 1);
      assert.ok(broken, `${at} ${code} ${JSON.stringify([...made.samples])}`);
      assert.match(doubts.join(), /an address other than the load balancer’s ×1/);
    }
  }
});

t('behind a proxy of the user, that one is asked; on the sandbox none is', () => {
  const own = { HTTPS_PROXY: 'http://proxy.corp:3128', NO_PROXY: '.corp' };
  assert.equal(proxyVariables(own, 'shop.example', false), own);
  for (const [variables, mapped] of [
    [{}, false],
    [{ NO_PROXY: '*' }, false],
    [own, true],
  ] as const) {
    const { NO_PROXY, no_proxy, ...proxies } = proxyVariables(variables, 'shop.example', mapped);
    assert.equal(
      [NO_PROXY, no_proxy, [...new Set(Object.values(proxies))], Object.keys(proxies).length],
      ['shop.example', 'shop.example', ['http://0.0.0.1:1'], 4],
    );
  }
  assert.equal(hostsOf('a.b', { 'a.b': '1.2.3.4', 'a.b:80': '1.2.3.4:1', 'x.a.b:80': '1', 'a.bc': '1' }), {
    'a.b': '1.2.3.4',
    'a.b:80': '1.2.3.4:1',
  });
  assert.equal(bounded({ hosts: { any: '1.1.1.1' }, vus: 1 }, {}), { hosts: {}, vus: 1 });
});

t.run();
