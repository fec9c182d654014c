/** Client secrets: by their hash everywhere, in no plan, noticed when they change, kept when they cannot be read. */

import * as assert from 'uvu/assert';
import { type ReadySpec, readSpec } from '../../../reconciler/config/read.ts';
import { canonical } from '../../../reconciler/model/codec.ts';
import type { Json } from '../../../reconciler/model/json.ts';
import { SECRET_TAG } from '../../../reconciler/model/nested/authenticate.ts';
import { fingerprintOf } from '../../../reconciler/observe/x509.ts';
import { guard } from '../../../reconciler/plan/guard.ts';
import { plan } from '../../../reconciler/plan/plan.ts';
import { stepOf } from '../../support/plans.ts';
import { appliedOf, changed, NOTHING, sha256, stackOf, tutorial } from '../../support/stacks.ts';
import { suite } from '../../support/suite.ts';

const t = suite('spec/secrets');

const NAME = 'ALBEDO_SECRET_TEST_OIDC';
const SECRET = 'correct-horse-battery-staple';
const OIDC = {
  issuer: 'https://i',
  authorizationEndpoint: 'https://i/a',
  tokenEndpoint: 'https://i/t',
  userInfoEndpoint: 'https://i/u',
  clientId: 'c',
  clientSecret: { env: NAME },
};

/** The tutorial with signing in on its HTTPS listener, read where the variable has this value. */
function readWith(secret: string | undefined, oidc: object = OIDC): ReadySpec {
  const text = JSON.stringify(changed((spec) => (spec.listeners.https.authenticateOidc = oidc)));
  const before = process.env[NAME];
  if (secret === undefined) delete process.env[NAME];
  else process.env[NAME] = secret;
  try {
    const { spec, problems } = readSpec(new TextEncoder().encode(text), 'web.yaml', {
      ...{ sha256, fingerprint: fingerprintOf },
      env: (name) => process.env[name],
    });
    assert.equal(
      problems.filter((problem) => problem.severity === 'error'),
      [],
    );
    if (spec === undefined) throw new Error('the spec is not ready');
    return spec;
  } finally {
    if (before === undefined) delete process.env[NAME];
    else process.env[NAME] = before;
  }
}

const secretOf = (spec: ReadySpec): Json | undefined => {
  const actions = spec.stack.desired.find((entry) => entry.address === 'listener/https')?.values['defaultActions'] as readonly {
    readonly secret?: Json;
  }[];
  return actions[0]?.secret;
};
const hashOf = (spec: ReadySpec): string => (secretOf(spec) as { readonly hash: string }).hash;
const refusals = (spec: ReadySpec, observed = NOTHING) => guard(plan(spec.stack, observed), observed, { allowReplace: [] });
const oidcOf = (input: Json): { readonly [key: string]: Json } =>
  (input as { DefaultActions: readonly { AuthenticateOidcConfig: { readonly [key: string]: Json } }[] }).DefaultActions[0]
    ?.AuthenticateOidcConfig ?? {};

t('the model holds the hash, the deferred value the secret', () => {
  const spec = readWith(SECRET);
  assert.match(hashOf(spec), /^[0-9a-f]{64}$/);
  assert.is(spec.deferred.get(`secret:${hashOf(spec)}`), SECRET);
  assert.not.match(JSON.stringify(spec.stack), new RegExp(SECRET));
  assert.is.not(hashOf(spec), sha256(SECRET), 'not the bare hash, which a list of common secrets would give away');
});

t('one secret has another hash for another client', () => {
  assert.is(hashOf(readWith(SECRET)), hashOf(readWith(SECRET)));
  assert.is.not(hashOf(readWith(SECRET)), hashOf(readWith(SECRET, { ...OIDC, clientId: 'd' })));
});

t('a plan holds the hash and a tag that remembers it, and never the secret', () => {
  const spec = readWith(SECRET);
  const planned = plan(spec.stack, NOTHING);
  assert.not.match(JSON.stringify(planned), new RegExp(SECRET));
  const { input } = stepOf(planned, 'listener/https:create');
  assert.equal(oidcOf(input)['ClientSecret'], { $deferred: `secret:${hashOf(spec)}` });
  assert.is(oidcOf(input)['UseExistingClientSecret'], undefined);
  const tags = (input as { Tags: readonly { Key: string; Value: string }[] }).Tags;
  assert.is(tags.find((tag) => tag.Key === SECRET_TAG)?.Value, hashOf(spec));
});

t('the same secret is no difference, a changed one is', () => {
  const observed = appliedOf(readWith(SECRET).stack);
  assert.equal(plan(readWith(SECRET).stack, observed).steps, []);
  const renewed = readWith('another-secret');
  const planned = plan(renewed.stack, observed);
  assert.equal(
    planned.changes.map((change) => change.address),
    ['listener/https'],
  );
  assert.equal(oidcOf(stepOf(planned, 'listener/https:modify').input)['ClientSecret'], { $deferred: `secret:${hashOf(renewed)}` });
  assert.not.match(JSON.stringify(planned), /another-secret|correct-horse/);
  assert.ok(
    planned.steps.some((step) => canonical(step.input).includes(`"Key":"${SECRET_TAG}","Value":"${hashOf(renewed)}"`)),
    'the tag remembers the new one',
  );
});

t('one that cannot be read here is kept', () => {
  const observed = appliedOf(readWith(SECRET).stack);
  for (const unreadable of [undefined, '']) {
    const spec = readWith(unreadable);
    assert.equal(secretOf(spec), { env: NAME });
    assert.equal(plan(spec.stack, observed).steps, [], String(unreadable));
  }
});

t('another change without the secret tells AWS to keep it', () => {
  const observed = appliedOf(readWith(SECRET).stack);
  const spec = readWith(undefined, { ...OIDC, scope: 'openid email' });
  const config = oidcOf(stepOf(plan(spec.stack, observed), 'listener/https:modify').input);
  assert.equal([config['UseExistingClientSecret'], config['ClientSecret'], config['Scope']], [true, undefined, 'openid email']);
  assert.equal(refusals(spec, observed), []);
});

t('without the secret nothing new is made, and the refusal names the variable', () => {
  assert.equal(refusals(readWith(SECRET)), []);
  const asked = refusals(readWith(undefined)).map(({ address, reason, remedy }) => ({ address, reason, remedy }));
  assert.equal(asked, [
    {
      address: 'listener/https',
      reason: `its client secret should be in the environment variable ${NAME}, which is not set`,
      remedy: `Set ${NAME} in the environment where albedo runs.`,
    },
  ]);
});

t('nor is signing in put on a listener that stands', () => {
  const plain = appliedOf(stackOf(tutorial()));
  assert.equal(
    refusals(readWith(undefined), plain).map((refusal) => refusal.address),
    ['listener/https'],
  );
  assert.equal(refusals(readWith(SECRET), plain), []);
});

t('only variables with the prefix can be named: no credential of a job goes to an endpoint of the spec’s choice', () => {
  const said = (env: string): string[] => {
    const text = JSON.stringify(changed((spec) => (spec.listeners.https.authenticateOidc = { ...OIDC, clientSecret: { env } })));
    const { problems } = readSpec(new TextEncoder().encode(text), 'web.yaml', { sha256, fingerprint: fingerprintOf });
    return problems.filter(({ severity }) => severity === 'error').map(({ message }) => message);
  };
  for (const env of [
    'AWS_SECRET_ACCESS_KEY',
    'ACTIONS_ID_TOKEN_REQUEST_TOKEN',
    'PATH',
    'albedo_secret_x',
    'X_ALBEDO_SECRET_X',
    'ALBEDO_SECRET_',
  ])
    assert.match(said(env).join(), 'begins with ALBEDO_SECRET_', env);
  assert.equal(said('ALBEDO_SECRET_X'), []);
});

t.run();
