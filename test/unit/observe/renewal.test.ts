/** A certificate that is due: what the plan makes of it, and what its digest holds. */

import * as assert from 'uvu/assert';
import { kindOf } from '../../../reconciler/model/kinds.ts';
import type { Live, Observed } from '../../../reconciler/model/model.ts';
import { settle } from '../../../reconciler/observe/duplicates.ts';
import { plan } from '../../../reconciler/plan/plan.ts';
import type { Plan } from '../../../reconciler/plan/types.ts';
import { appliedOf, changed, stackOf, tutorial } from '../../support/stacks.ts';
import { suite } from '../../support/suite.ts';

const t = suite('observe/renewal');

const stack = stackOf(tutorial());
const STATE = 'due, because it expires on 2026-12-04';

/** The applied tutorial, its certificate with other values and reasons. */
const withCertificate = (values: Live['values'], reasons?: Live['reasons']): Observed => {
  const observed = appliedOf(stack);
  return {
    ...observed,
    live: observed.live.map((entry) =>
      entry.address === 'certificate/site'
        ? { ...entry, values: { ...entry.values, ...values }, ...(reasons === undefined ? {} : { reasons }) }
        : entry,
    ),
  };
};

const due = (days: number): Plan => plan(stack, withCertificate({ renewal: STATE }, { renewal: `in ${days} days: renewed` }), 'apply');

t('what is not due is no change, also where no clock was asked', () => {
  assert.equal(plan(stack, withCertificate({ renewal: 'not due' }), 'apply').changes, []);
  const { live } = withCertificate({});
  const values = { ...live.find(({ address }) => address === 'certificate/site')?.values };
  delete values['renewal'];
  const observed = appliedOf(stack);
  const without = observed.live.map((entry) => (entry.address === 'certificate/site' ? { ...entry, values } : entry));
  assert.equal(plan(stack, { ...observed, live: without }, 'apply').changes, []);
});

t('what is due is replaced without risk, with the reason of the day', () => {
  const { changes, summary } = due(12);
  assert.equal(
    changes.map(({ verb, address }) => `${verb} ${address}`),
    ['replace certificate/site', 'update listener/https'],
  );
  assert.equal(changes[0]?.fields, [
    { field: 'renewal', before: STATE, after: 'not due', impact: 'replace', risk: 'none', reason: 'in 12 days: renewed' },
  ]);
  assert.is(summary.risk, 'none');
});

t('the digest is the same on every day that it is due, and another than before', () => {
  assert.is(due(12).digest, due(3).digest);
  assert.is.not(due(12).digest, plan(stack, withCertificate({ renewal: 'not due' }), 'apply').digest);
});

t('when to renew is asked of nobody: another span alone changes nothing', () => {
  const other = stackOf(changed((data) => (data.certificates.site.selfSigned.renewBefore = '7d')));
  const { changes, steps } = plan(other, withCertificate({ renewal: 'not due' }), 'apply');
  assert.equal([changes, steps], [[], []]);
});

t('of two certificates left by an interrupted renewal the new one is it, also while the old one still serves', () => {
  const wanted = stack.desired.filter(({ address }) => address === 'certificate/site');
  const one = (name: string, renewal: string) => ({
    kind: kindOf('certificate'),
    address: 'certificate/site' as const,
    tags: {},
    object: {
      ServerCertificateName: name,
      Arn: `arn:${name}`,
      Certificate: { commonName: 'webserver.example', validDays: 365, keyAlgorithm: 'RSA-2048', renewal },
    },
  });
  const listener = {
    kind: kindOf('listener'),
    address: 'listener/https' as const,
    tags: {},
    object: { ListenerArn: 'arn:l', Certificates: [{ CertificateArn: 'arn:old' }] },
  };
  for (const order of [
    [one('old', STATE), one('new', 'not due'), listener],
    [one('new', 'not due'), one('old', STATE), listener],
  ]) {
    const { live, duplicates } = settle(order, wanted);
    assert.is(live.find(({ kind }) => kind === 'certificate')?.id, 'new');
    assert.equal(
      duplicates.map(({ id }) => id),
      ['old'],
    );
  }
});

t.run();
