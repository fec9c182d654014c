/** Mutual TLS of a listener with real handshakes: who gets in, and what the target learns about the client. */
import { X509Certificate } from 'node:crypto';
import * as assert from 'uvu/assert';
import type { MutualAuthenticationFacts } from '../../../sandbox/types.ts';
import { suite } from '../../support/suite.ts';
import { type Authority, type ClientCertificate, makeAuthority } from './dataplane-authority.ts';
import { overheard, shake } from './dataplane-handshakes.ts';
import {
  type Answer,
  ask,
  createWorld,
  EVERYWHERE,
  forward,
  makeCertificate,
  makeGroup,
  makeInstance,
  makeListener,
  type Running,
  setSecurityGroup,
  startWorld,
  type World,
} from './dataplane-world.ts';

const t = suite('data plane: mutual TLS');
const SITE = 'site-1.us-east-1.elb.amazonaws.com:443';
const STORE = 'arn:truststore/clients';
const MTLS = 'X-Amzn-Mtls-Clientcert';

let world: World;
let running: Running;
let root: Authority;
let middle: Authority;
let stranger: Authority;

const get = (client?: ClientCertificate, headers: Readonly<Record<string, string>> = {}): Promise<Answer> =>
  ask(running.dataplane, `${SITE}/headers`, { tls: true, headers, ...(client ? { client } : {}) });
const seen = async (client?: ClientCertificate, headers: Readonly<Record<string, string>> = {}): Promise<Record<string, string>> =>
  JSON.parse((await get(client, headers)).body) as Record<string, string>;
/** The status, or `refused` when there is no connection. */
const outcome = (client?: ClientCertificate): Promise<number | 'refused'> =>
  get(client).then(
    ({ status }) => status,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'TIMEOUT') throw error;
      return 'refused' as const;
    },
  );
const listen = async (
  mutualAuthentication: MutualAuthenticationFacts,
  attributes: Readonly<Record<string, string>> = {},
  sslPolicy = 'ELBSecurityPolicy-TLS13-1-2-2021-06',
): Promise<void> => {
  world.listeners = [
    makeListener(443, forward('web'), { protocol: 'HTTPS', sslPolicy, certificateArns: ['arn:cert'], attributes, mutualAuthentication }),
  ];
  world.changed();
  await running.dataplane.settled();
};
/** Where the listener is. */
const place = (): string => running.dataplane.hosts()[SITE] ?? '';
const verify = (more: Partial<MutualAuthenticationFacts> = {}): MutualAuthenticationFacts => ({
  mode: 'verify',
  trustStoreArn: STORE,
  ...more,
});
const trust = (bundle: string, ...revocations: readonly string[]): void => {
  world.trustStores.set(STORE, { bundle, revocations });
};

t.before(async () => {
  world = createWorld();
  setSecurityGroup(world, 'sg-lb', { ingress: [EVERYWHERE] });
  world.instances.set('i-1', makeInstance('i-1', 'a'));
  world.groups.push(makeGroup('web', ['i-1']));
  const [certificate, ...authorities] = await Promise.all([
    makeCertificate('arn:cert', 'site.example'),
    makeAuthority('C=US, ST=Washington, O=Clients, CN=root.example'),
    makeAuthority('CN=stranger.example'),
  ]);
  world.certificates.set('arn:cert', certificate);
  [root, stranger] = authorities;
  middle = await root.authority('O=Clients, CN=middle.example');
  world.listeners.push(makeListener(443, forward('web'), { protocol: 'HTTPS', certificateArns: ['arn:cert'] }));
  running = await startWorld(world);
});
// Without `?` a failed start would hide its reason behind this one's.
t.after(() => (running as Running | undefined)?.stop());

t('off: nobody is asked, and nothing is said', async () => {
  await listen({ mode: 'off' });
  assert.is(await outcome(), 200);
  const headers = await seen(await root.client('CN=a', { serial: '0A' }));
  assert.equal(
    Object.keys(headers).filter((name) => name.startsWith(MTLS)),
    [],
  );
});

for (const policy of ['ELBSecurityPolicy-TLS13-1-2-2021-06', 'ELBSecurityPolicy-TLS-1-2-2017-01']) {
  t(`verify (${policy}): only clients of the trust store's authorities get a connection`, async () => {
    trust(root.cert);
    await listen(verify(), {}, policy);
    const through = await middle.client('CN=below', { serial: '0B' });
    assert.is(await outcome(await root.client('CN=good', { serial: '0A' })), 200);
    assert.is(await outcome(), 'refused', 'no certificate');
    assert.is(await outcome(await stranger.client('CN=unknown', { serial: '0A' })), 'refused', 'another authority');
    assert.is(await outcome(through), 'refused', 'the authority between is not known');
    assert.is(await outcome({ ...through, cert: through.cert + middle.cert }), 200, 'the client brings the authority between');
    assert.is(await outcome(await root.client('CN=late', { serial: '0C', until: new Date(Date.now() - 3_600_000) })), 'refused', 'expired');
    assert.is(
      await outcome(await root.client('CN=early', { serial: '0D', from: new Date(Date.now() + 3_600_000) })),
      'refused',
      'not valid yet',
    );
  });
}

t('verify: the bundle may hold several authorities; a new bundle counts from then on', async () => {
  trust(`# ours\n${root.cert}\n# and theirs\n${stranger.cert}`);
  await listen(verify());
  assert.is(await outcome(await stranger.client('CN=known now', { serial: '0A' })), 200);
  trust(middle.cert);
  world.changed();
  await running.dataplane.settled();
  assert.is(await outcome(await middle.client('CN=below', { serial: '0B' })), 'refused', 'an authority without its root');
  trust(root.cert);
  world.changed();
  await running.dataplane.settled();
  assert.is(await outcome(await stranger.client('CN=no more', { serial: '0A' })), 'refused');
});

t('verify: expiry of the client certificate can be passed over, nothing else', async () => {
  trust(root.cert);
  await listen(verify({ ignoreClientCertificateExpiry: true }));
  const until = new Date(Date.now() - 3_600_000);
  assert.is(await outcome(await root.client('CN=late', { serial: '0C', until })), 200);
  assert.is(await outcome(await stranger.client('CN=late stranger', { serial: '0C', until })), 'refused');
  assert.is(await outcome(await root.client('CN=early', { serial: '0D', from: new Date(Date.now() + 3_600_000) })), 'refused');
});

t('verify: revoked certificates are refused; authorities without a list are not held against their clients', async () => {
  const [good, bad, below] = await Promise.all([
    root.client('CN=good', { serial: '0A' }),
    root.client('CN=bad', { serial: '0BAD' }),
    middle.client('CN=below', { serial: '0BAD' }),
  ]);
  const chained = { ...below, cert: below.cert + middle.cert };
  trust(root.cert);
  await listen(verify());
  assert.is(await outcome(bad), 200);
  trust(root.cert, await root.revoke(['0BAD']));
  world.changed();
  await running.dataplane.settled();
  assert.equal([await outcome(good), await outcome(bad), await outcome(chained)], [200, 'refused', 200]);
  trust(root.cert, await root.revoke(['0BAD']), await middle.revoke(['0BAD']));
  world.changed();
  await running.dataplane.settled();
  assert.equal([await outcome(good), await outcome(bad), await outcome(chained)], [200, 'refused', 'refused']);
  trust(root.cert, await root.revoke([], new Date(Date.now() - 3_600_000)));
  world.changed();
  await running.dataplane.settled();
  assert.is(await outcome(good), 'refused', 'a list past its date says nothing any more');
});

t('verify: sessions are not resumed; without client certificates they are', async () => {
  const client = await root.client('CN=good', { serial: '0A' });
  trust(root.cert);
  const again = async (): Promise<boolean> => (await shake(place(), client, (await shake(place(), client)).session)).reused;
  await listen(verify());
  assert.is(await again(), false);
  await listen({ mode: 'passthrough' });
  assert.is(await again(), false);
  await listen({ mode: 'off' });
  assert.is(await again(), true);
});

t('verify: the names of the authorities are told only when the listener says so', async () => {
  trust(root.cert + stranger.cert);
  await listen(verify({ advertiseTrustStoreCaNames: 'on' }));
  const told = await overheard(place());
  assert.ok(told.includes('root.example') && told.includes('stranger.example'));
  await listen(verify({ advertiseTrustStoreCaNames: 'off' }));
  const silent = await overheard(place());
  assert.ok(silent.includes('site.example'), 'its own certificate');
  assert.not.ok(silent.includes('root.example'));
});

t('verify: targets learn about the certificate, and clients cannot say it themselves', async () => {
  trust(root.cert);
  await listen(verify());
  const until = new Date(Date.now() + 86_400_000);
  const from = new Date(Date.parse('2024-02-29T23:59:58Z'));
  const client = await root.client('C=US, ST=Washington, O="mTLS, Inc", OU=client-3, CN=client.example', { serial: '03A5B1', from, until });
  const headers = await seen(client, { [`${MTLS}-Subject`]: 'CN=forged', [MTLS]: 'forged' });
  assert.is(headers[`${MTLS}-Serial-Number`], '03A5B1');
  assert.is(headers[`${MTLS}-Issuer`], 'CN=root.example,O=Clients,ST=Washington,C=US');
  assert.is(headers[`${MTLS}-Subject`], 'CN=client.example,OU=client-3,O=mTLS\\, Inc,ST=Washington,C=US');
  assert.is(headers[`${MTLS}-Validity`], `NotBefore=2024-02-29T23:59:58Z;NotAfter=${until.toISOString().slice(0, 19)}Z`);
  const leaf = headers[`${MTLS}-Leaf`] ?? '';
  assert.match(leaf, /^-----BEGIN%20CERTIFICATE-----%0A[A-Za-z0-9+/=%]+%0A-----END%20CERTIFICATE-----%0A$/);
  assert.not.match(leaf, /%0A%0A|%2B|%3D|%2F/);
  assert.is(new X509Certificate(decodeURIComponent(leaf)).fingerprint256, new X509Certificate(client.cert).fingerprint256);
  assert.is(headers[MTLS], undefined);
});

t('verify: every header can have another name', async () => {
  const renamed = (name: string): string => `routing.http.request.x_amzn_mtls_clientcert_${name}.header_name`;
  const names = ['serial_number', 'issuer', 'subject', 'validity', 'leaf'];
  await listen(verify(), Object.fromEntries(names.map((name) => [renamed(name), `Client-${name.replace('_', '-')}`])));
  const headers = await seen(await root.client('CN=good', { serial: '0A' }), { 'Client-Issuer': 'forged' });
  assert.equal([headers['Client-Serial-Number'], headers['Client-Subject']], ['0A', 'CN=good']);
  assert.match(headers['Client-Issuer'] ?? '', /^CN=root\.example,/);
  assert.match(headers['Client-Validity'] ?? '', /^NotBefore=.*;NotAfter=/);
  assert.match(headers['Client-Leaf'] ?? '', /BEGIN%20CERTIFICATE/);
  assert.equal(
    Object.keys(headers).filter((name) => name.startsWith(MTLS)),
    [],
  );
});

t('passthrough: the whole chain goes to the target unjudged, leaf first', async () => {
  await listen({ mode: 'passthrough' });
  const below = await middle.client('CN=below', { serial: '0B' });
  const fingerprints = (text: string): string[] =>
    (decodeURIComponent(text).match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----/g) ?? []).map(
      (pem) => new X509Certificate(pem).fingerprint256,
    );
  const headers = await seen({ ...below, cert: below.cert + middle.cert + root.cert }, { [MTLS]: 'forged' });
  assert.equal(
    fingerprints(headers[MTLS] ?? ''),
    [below.cert, middle.cert, root.cert].map((pem) => new X509Certificate(pem).fingerprint256),
  );
  assert.not.match(headers[MTLS] ?? '', /%2B|%3D|%2F|%0A%0A/);
  assert.is(headers[`${MTLS}-Subject`], undefined);
  const late = await stranger.client('CN=late', { serial: '0C', until: new Date(Date.now() - 3_600_000) });
  assert.equal(fingerprints((await seen(late))[MTLS] ?? ''), [new X509Certificate(late.cert).fingerprint256]);
  assert.is((await seen(undefined, { [MTLS]: 'forged' }))[MTLS], undefined, 'no certificate: no header, and still an answer');
  await listen({ mode: 'passthrough' }, { 'routing.http.request.x_amzn_mtls_clientcert.header_name': 'X_Client' });
  assert.is((await seen(late))[MTLS], undefined);
});

t('a listener whose trust store is gone is not served, and the log says why', async () => {
  await listen(verify({ trustStoreArn: 'arn:truststore/gone' }));
  assert.equal(running.dataplane.hosts(), {});
  assert.ok(
    running.log.some((line) => line.includes('arn:truststore/gone is not there')),
    running.log.join('\n'),
  );
});

t.run();
