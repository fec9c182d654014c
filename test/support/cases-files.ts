/** Inputs that are more than one spec: certificates from files, and a folder with two regions. */
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { makeSelfSigned } from '../../reconciler/deferred/self-signed.ts';
import { CASES, filledIn } from './cases.ts';
import type { Meddle } from './cases-meddled.ts';
import { exits } from './cases-meddled.ts';

const HTTPS = `stack: files
region: us-east-1
network: { vpc: { id: <vpc-1> }, subnets: { a: { id: <subnet-a> }, b: { id: <subnet-b> } } }
certificates: { site: { files: { certificate: CERTIFICATE, privateKey: KEY } } }
targetGroups: { web: { port: 8080 } }
loadBalancer: { name: files, subnets: [a, b], securityGroups: [<sg-1>] }
listeners: { https: { protocol: HTTPS, port: 443, certificate: site, forward: web } }
`;

/** A key of another certificate, an encrypted one, one that ended: told before anything is called. Without a change no key is needed. */
export const brokenCertificates: Meddle = async (one) => {
  const cwd = one.place.folder;
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd, stdio: ['ignore', 'ignore', 'ignore'] });
  for (const name of ['k1', 'k2']) openssl('genrsa', '-out', `${name}.pem`, '2048');
  openssl('req', '-x509', '-key', 'k1.pem', '-days', '365', '-subj', '/CN=shop.example', '-out', 'c1.pem');
  const ended = await makeSelfSigned('shop.example', ['shop.example'], 30, Date.now() - 65 * 86_400_000);
  one.place.file('ended.pem', ended.body);
  one.place.file('k3.pem', ended.key);
  openssl('rsa', '-in', 'k1.pem', '-aes256', '-passout', 'pass:x', '-out', 'k1.enc.pem');
  const with2 = (certificate: string, key: string): string =>
    one.place.file('files.yaml', filledIn(HTTPS, one.world).replace('CERTIFICATE', certificate).replace('KEY', key));
  for (const [certificate, key, sentence] of [
    ['c1.pem', 'k2.pem', /not the key of|does not belong|another certificate/],
    ['c1.pem', 'k1.enc.pem', /encrypted/],
    ['ended.pem', 'k3.pem', /ended/],
  ] as const) {
    exits(await one.command('validate', with2(certificate, key)), 1, sentence);
    exits(await one.command('apply', with2(certificate, key)), 1, sentence);
  }
  exits(await one.command('apply', with2('c1.pem', 'k1.pem')), 0);
  renameSync(join(cwd, 'k1.pem'), join(cwd, 'away.pem'));
  exits(await one.command('plan', with2('c1.pem', 'k1.pem')), 0);
  exits(await one.command('drift', with2('c1.pem', 'k1.pem')), 0);
  const key = readFileSync(join(cwd, 'k2.pem'), 'utf8');
  writeFileSync(join(cwd, 'k1.pem'), key);
};

/** One stack name in two regions: each has its digest, and both are applied with them. */
export const twoRegions: Meddle = async (one) => {
  const folder = join(one.place.folder, 'two-regions');
  cpSync(join(CASES, 'r16-two-regions'), folder, { recursive: true });
  exits(await one.command('validate', folder), 0);
  const planned = await one.command('--format', 'json', 'plan', folder);
  assert.is(planned.code, 2, planned.stderr);
  const { results } = JSON.parse(planned.stdout) as {
    readonly results: readonly { readonly region: string; readonly plan: { readonly digest: string } }[];
  };
  assert.equal(results.map(({ region }) => region).sort(), ['eu-west-1', 'us-east-1']);
  const digests = results.flatMap(({ region, plan }) => ['--plan-digest', `${region}/web=${plan.digest}`]);
  exits(await one.command('apply', ...digests, folder), 0);
  exits(await one.command('plan', folder), 0);
};
