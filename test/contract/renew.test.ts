/** Certificates near their end: renewed by an ordinary plan, without a difference on any other day. */
import { readFileSync } from 'node:fs';
import { DescribeListenerCertificatesCommand, DescribeListenersCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import { ListServerCertificatesCommand } from '@aws-sdk/client-iam';
import * as assert from 'uvu/assert';
import { runProbes } from '../../reconciler/load/probes.ts';
import type { Json } from '../../reconciler/model/json.ts';
import { verifyTarget } from '../../reconciler/verify/target.ts';
import { type Bench, changesOf, contractSuite, converge, look, namesOf, ready, type Spec, tutorial } from '../support/contract-bench.ts';
import { withEdits } from '../support/contract-in-place.ts';
import { viewOf } from '../support/contract-view.ts';

const t = contractSuite('renew');

const DAY = 86_400_000;

/** The same sandbox, seen by people whose calendar is so many days on: its own clock would run every health check of those days. */
function later(bench: Bench, days: number): Bench {
  const { clock } = bench.sandbox;
  const shifted = { ...clock, now: () => clock.now() + days * DAY };
  return { ...bench, sandbox: Object.create(bench.sandbox, { clock: { value: shifted } }) as Bench['sandbox'] };
}
const SITE = 'certificates/site/selfSigned';
/** The tutorial, with a second certificate on the listener by SNI. */
const twoNames = (): Spec =>
  withEdits(tutorial(), [
    [SITE, { commonName: 'webserver.example', validFor: '90d', renewBefore: '20d' }],
    ['certificates/second', { selfSigned: { commonName: 'second.example', validFor: '365d' } }],
    ['listeners/https/additionalCertificates', ['second']],
  ]);

async function certificates({ iam }: Bench): Promise<readonly string[]> {
  const { ServerCertificateMetadataList = [] } = await iam.send(new ListServerCertificatesCommand({}));
  return ServerCertificateMetadataList.map(({ Arn }) => String(Arn)).toSorted();
}

async function onListener({ elb }: Bench): Promise<{ readonly arn: string; readonly main: string; readonly others: readonly string[] }> {
  const { LoadBalancerArn } = await viewOf({ elb } as Bench, 'loadBalancer/main');
  const { Listeners = [] } = await elb.send(new DescribeListenersCommand({ LoadBalancerArn: String(LoadBalancerArn) }));
  const arn = Listeners.find(({ Port }) => Port === 443)?.ListenerArn ?? '';
  const { Certificates = [] } = await elb.send(new DescribeListenerCertificatesCommand({ ListenerArn: arn }));
  const of = (main: boolean) =>
    Certificates.filter(({ IsDefault }) => (IsDefault === true) === main).map((each) => String(each.CertificateArn));
  return { arn, main: of(true)[0] ?? '', others: of(false) };
}

/** What a client is shown in the handshake, held against what the live model says. */
async function handshake(bench: Bench, spec: Spec): Promise<readonly Json[]> {
  await bench.sandbox.settled();
  const { observation } = await look(bench, spec);
  const target = verifyTarget(ready(spec).stack, observation, JSON.parse(readFileSync(bench.sandbox.hostsFile, 'utf8')));
  const probes = await runProbes({ target, path: '/', timeout: 5, healthy: 2, group: 'web', signal: new AbortController().signal });
  return probes.filter(({ name }) => /certificate/i.test(name)).map(({ outcome, got }) => [outcome, got]);
}

t('far from its end nothing is due, and the digest of another change does not move with the days', async (bench) => {
  await converge(bench, twoNames());
  const month = later(bench, 30);
  const changed = withEdits(twoNames(), [['loadBalancer/idleTimeout', '2m']]);
  const today = (await look(bench, changed)).plan.digest;
  assert.equal(changesOf((await look(month, twoNames())).plan), []);
  assert.is((await look(month, changed)).plan.digest, today);
});

t('twenty days before its end it is due: one replacement without risk, with the end and the days left', async (bench) => {
  assert.equal(changesOf((await look(later(bench, 69), twoNames())).plan), [], 'the day before');
  const { plan, refusals } = await look(later(bench, 71), twoNames());
  assert.equal(namesOf(plan), ['replace certificate/site renewal', 'update listener/https certificate']);
  assert.is(plan.summary.risk, 'none');
  assert.equal(refusals, []);
  const [renewal] = plan.changes[0]?.fields ?? [];
  assert.match(String(renewal?.before), /^due, because it expires on \d{4}-\d\d-\d\d$/);
  assert.match(renewal?.reason ?? '', /^expires on \d{4}-\d\d-\d\d, in 18 days: renewed$/);
  const three = (await look(later(bench, 74), twoNames())).plan;
  assert.is(three.digest, plan.digest, 'what was reviewed can be applied on another day');
  assert.match(three.changes[0]?.fields[0]?.reason ?? '', 'in 15 days');
});

t('the renewal: the new one serves, the old one is off the listener and gone, deleted last', async (bench) => {
  const day = later(bench, 74);
  const before = await certificates(bench);
  const was = await onListener(bench);
  const [shown] = await handshake(day, twoNames());
  const done = await converge(day, twoNames());
  const now = await onListener(bench);
  assert.is.not(now.main, was.main);
  assert.equal(now.others, was.others, 'the other one stays');
  const after = await certificates(bench);
  assert.is(after.length, before.length);
  assert.not.ok(after.includes(was.main), 'the old one is gone');
  const last = (done.run?.steps ?? []).toSorted((a, b) => (a.endedAt ?? 0) - (b.endedAt ?? 0)).at(-1);
  assert.equal([last?.address, last?.effect], ['certificate/site', 'destroy']);
  const [fresh] = await handshake(day, twoNames());
  assert.is((fresh as readonly Json[])[0], 'pass', 'a client is shown the new one');
  assert.is.not((fresh as readonly Json[])[1], (shown as readonly Json[])[1]);
  assert.equal(changesOf((await look(day, twoNames())).plan), [], 'and then nothing is due');
});

t('a certificate of the SNI list is renewed there, without touching the default one', async (bench) => {
  const was = await onListener(bench);
  const due = withEdits(twoNames(), [['certificates/second/selfSigned/renewBefore', '364d']]);
  const day = later(bench, 76);
  assert.equal(namesOf((await look(day, due)).plan), [
    'replace certificate/second renewal',
    'update listener/https additionalCertificates',
  ]);
  await converge(day, due);
  const now = await onListener(bench);
  assert.is(now.main, was.main);
  assert.is(now.others.length, 1);
  assert.is.not(now.others[0], was.others[0]);
});

t('a certificate that has ended is renewed as well', async (bench) => {
  const day = later(bench, 74 + 91);
  const { plan } = await look(day, twoNames());
  assert.equal(namesOf(plan), ['replace certificate/site renewal', 'update listener/https certificate']);
  assert.match(plan.changes[0]?.fields[0]?.reason ?? '', /^expired on \d{4}-\d\d-\d\d, \d+ days? ago: renewed$/);
  await converge(day, twoNames());
});

t('one that albedo did not make is noted with its days, and silence keeps the note away', async (bench) => {
  const arn = (await onListener(bench)).main;
  const theirs = withEdits(tutorial(), [
    ['stack', 'other'],
    ['loadBalancer/name', 'other'],
    ['certificates/site', { iam: arn.slice(arn.lastIndexOf('/') + 1) }],
  ]);
  const notes = async (days: number, spec: Spec) =>
    (await look(later(bench, days), spec)).plan.notes.filter(({ kind, address }) => kind === 'warning' && address === 'certificate/site');
  assert.equal(await notes(166, theirs), [], 'it is new');
  const [note] = await notes(240, theirs);
  assert.match(note?.text ?? '', /^the certificate expires on \d{4}-\d\d-\d\d, in \d+ days: provide a new one/);
  assert.equal(await notes(240, withEdits(theirs, [['lint/silence', ['plain-http', 'ending-certificate']]])), []);
});

t.run();
