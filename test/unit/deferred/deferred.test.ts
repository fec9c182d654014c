import { createPrivateKey, X509Certificate } from 'node:crypto';
import * as assert from 'uvu/assert';
import { deferredValues } from '../../../reconciler/deferred/deferred.ts';
import { makeSelfSigned } from '../../../reconciler/deferred/self-signed.ts';
import type { Json } from '../../../reconciler/model/json.ts';
import { BEFORE } from '../../support/plans.ts';
import { rejects } from '../../support/rejects.ts';
import { answering, step } from '../../support/scripted-cloud.ts';
import { sha256, steppedClock } from '../../support/stacks.ts';
import { suite } from '../../support/suite.ts';

const t = suite('deferred');

const SCRIPT = '#!/bin/sh\necho größe\n';
const TEXTS = new Map([
  [`user-data:${sha256(SCRIPT)}`, SCRIPT],
  ['certificate:certificate/own:body', 'PEM of the user'],
]);

function start(answer: (op: string, input: Json) => Json = () => ({ Parameter: { Value: 'ami-1' } })) {
  const cloud = answering(answer);
  return { cloud, clock: steppedClock(), make: deferredValues(BEFORE, TEXTS, cloud, steppedClock()) };
}

t('a token is the same for every try of a step, and another for another step', async () => {
  const { make } = start();
  const first = await make('token', step('a'));
  assert.match(String(first), /^[0-9a-f-]{36}$/);
  assert.is(await make('token', step('a')), first);
  assert.is.not(await make('token', step('b')), first);
  assert.is.not(await start().make('token', step('a')), first, 'each run has its own');
});

t('an image is looked up once a run, however many want it', async () => {
  const { make, cloud } = start();
  const all = await Promise.all(['a', 'b', 'c'].map((id) => make('ssm:/aws/service/x', step(id))));
  assert.equal(all, ['ami-1', 'ami-1', 'ami-1']);
  assert.equal(
    cloud.calls.map((call) => [call.op, call.input]),
    [['ssm:GetParameter', { Name: '/aws/service/x' }]],
  );
  await make('ssm:/aws/service/y', step('a'));
  assert.is(cloud.calls.length, 2);
});

t('a script goes over the wire in base64, in UTF-8', async () => {
  const text = await start().make(`user-data:${sha256(SCRIPT)}`, step('a'));
  assert.is(Buffer.from(String(text), 'base64').toString('utf8'), SCRIPT);
});

t('a certificate is made once: its key fits it, and it is what the spec says', async () => {
  const { make } = start();
  const [body, key, again] = await Promise.all(
    ['body', 'key', 'body'].map((part) => make(`certificate:certificate/site:${part}`, step('c'))),
  );
  assert.is(again, body);
  const certificate = new X509Certificate(String(body));
  assert.ok(certificate.checkPrivateKey(createPrivateKey(String(key))));
  assert.ok(certificate.verify(certificate.publicKey), 'signed by itself');
  assert.is(certificate.checkHost('webserver.example'), 'webserver.example');
  assert.is(certificate.subject, 'CN=webserver.example');
  assert.is(certificate.publicKey.asymmetricKeyDetails?.modulusLength, 2048);
});

t('a certificate of the user is what the user gave', async () => {
  assert.is(await start().make('certificate:certificate/own:body', step('c')), 'PEM of the user');
});

t('a certificate holds from an hour ago for the days it says', async () => {
  const now = Date.UTC(2026, 1, 3, 4, 5, 6, 789);
  const { body } = await makeSelfSigned('a.example', ['a.example'], 30, now);
  const certificate = new X509Certificate(body);
  assert.is(new Date(certificate.validFrom).getTime(), Date.UTC(2026, 1, 3, 3, 5, 6));
  assert.is(Date.parse(certificate.validTo) - Date.parse(certificate.validFrom), 30 * 86_400_000);
  assert.is.not((await makeSelfSigned('a.example', ['a.example'], 30, now)).body, body, 'with a key of its own');
});

t('what is not known stops the step, instead of going out empty', async () => {
  const { make } = start(() => ({ Parameter: {} }));
  await rejects(make('user-data:0000', step('a')), /no value is known for user-data:0000/);
  await rejects(make('ssm:/x', step('a')), /no value is known for ssm:\/x/);
  await rejects(make('certificate:certificate/site:chain', step('a')), /certificate\/site:chain/);
  await rejects(make('moonshine:1', step('a')), /no deferred value named moonshine/);
});

t('a look-up that fails fails the step', async () => {
  const { make } = start(() => {
    throw new Error('denied');
  });
  await rejects(make('ssm:/x', step('a')), /denied/);
});

t.run();
