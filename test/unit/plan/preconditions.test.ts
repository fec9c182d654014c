/** What AWS wants of another resource's field comes before the value that wants it, and stays as long as that value does. */
import * as assert from 'uvu/assert';
import { plan } from '../../../reconciler/plan/plan.ts';
import { needsOf } from '../../support/plans.ts';
import { appliedOf, changed, stackOf } from '../../support/stacks.ts';
import { suite } from '../../support/suite.ts';

const t = suite('plan/preconditions');

const JWT = { jwksEndpoint: 'https://idp.example.com/keys', issuer: 'https://idp.example.com' };
/** The HTTP listener of the tutorial, by HTTP or by HTTPS, with a rule that checks who asks or does not. */
const spec = (protocol: 'HTTP' | 'HTTPS', checks: boolean) =>
  changed((said) => {
    Object.assign(said.listeners.http, { forward: 'web', protocol, ...(protocol === 'HTTPS' ? { certificate: 'site' } : {}) });
    delete said.listeners.http.redirect;
    said.listeners.http.rules = { a: { if: { path: ['/a'] }, forward: 'web', ...(checks ? { jwtValidation: JWT } : {}) } };
  });

t('a rule that checks who asks comes after its listener speaks TLS, and goes before it does not', () => {
  const [open, closed] = [stackOf(spec('HTTP', false)), stackOf(spec('HTTPS', true))];
  for (const [from, to, first, then] of [
    [open, closed, 'elbv2:ModifyListener', 'elbv2:ModifyRule'],
    [closed, open, 'elbv2:ModifyRule', 'elbv2:ModifyListener'],
  ] as const) {
    const planned = plan(to, appliedOf(from));
    const idOf = (op: string): string => planned.steps.find((step) => step.op === op)?.id ?? `no ${op}`;
    assert.ok(needsOf(planned, idOf(then)).has(idOf(first)), planned.steps.map(({ id, needs }) => `${id} <- ${needs.join()}`).join('\n'));
  }
});

t('what needs HTTP until its call and HTTPS from it on is made anew around the call of its listener, and the other way round', () => {
  const redirecting = changed((said) => {
    Object.assign(said.listeners.http, { forward: 'web', protocol: 'HTTP' });
    delete said.listeners.http.redirect;
    said.listeners.http.rules = { a: { if: { path: ['/a'] }, redirect: { protocol: 'HTTPS', port: '443', statusCode: 'HTTP_301' } } };
  });
  const grpc = changed((said) => {
    said.targetGroups.fast = { port: 9000, protocolVersion: 'GRPC' };
    Object.assign(said.listeners.http, { forward: 'web', protocol: 'HTTPS', certificate: 'site' });
    delete said.listeners.http.redirect;
    said.listeners.http.rules = { a: { if: { path: ['/a'] }, forward: 'fast' } };
  });
  for (const secure of [spec('HTTPS', true), grpc])
    for (const [from, to] of [
      [redirecting, secure],
      [secure, redirecting],
    ] as const) {
      const planned = plan(stackOf(to), appliedOf(stackOf(from)));
      const rule = planned.changes.find(({ address }) => address === 'rule/http.a');
      assert.equal([rule?.verb, rule?.risk], ['replace', 'drop']);
      const idOf = (op: string): string => planned.steps.find((step) => step.op === op)?.id ?? `no ${op}`;
      const shown = planned.steps.map(({ id, needs }) => `${id} <- ${needs.join()}`).join('\n');
      assert.ok(needsOf(planned, idOf('elbv2:ModifyListener')).has(idOf('elbv2:DeleteRule')), shown);
      assert.ok(needsOf(planned, idOf('elbv2:CreateRule')).has(idOf('elbv2:ModifyListener')), shown);
    }
  // A listener that keeps its protocol changes the rule in place.
  const kept = plan(stackOf(spec('HTTPS', true)), appliedOf(stackOf(spec('HTTPS', false))));
  assert.is(kept.changes.find(({ address }) => address === 'rule/http.a')?.verb, 'update');
});

t.run();
