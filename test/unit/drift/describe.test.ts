/** Drift says what clients lose now, and what is not in service. */

import * as assert from 'uvu/assert';
import { describeDrift } from '../../../reconciler/drift/describe.ts';
import { canonical } from '../../../reconciler/model/codec.ts';
import type { Json } from '../../../reconciler/model/json.ts';
import type { Live, Observed } from '../../../reconciler/model/model.ts';
import { plan } from '../../../reconciler/plan/plan.ts';
import { renderDrift } from '../../../reconciler/report/drift.ts';
import { LIVE } from '../../support/plans.ts';
import { ready, tutorial } from '../../support/stacks.ts';
import { suite } from '../../support/suite.ts';

const t = suite('drift/describe');

const SPEC = ready(tutorial());
const withLive = (address: string, more: (entry: Live) => Partial<Live>): Observed => ({
  ...LIVE,
  live: LIVE.live.map((entry) => (entry.address === address ? { ...entry, ...more(entry) } : entry)),
});
const values = (address: string, change: (values: Live['values']) => Record<string, Json>): Observed =>
  withLive(address, (entry) => ({ values: { ...entry.values, ...change(entry.values) } }));

function drift(observed: Observed) {
  const previewed = { plan: plan(SPEC.stack, observed), refusals: [], observation: { observed } };
  return describeDrift({ file: 'web.yaml', spec: SPEC }, previewed);
}

for (const [name, observed, address, reason] of [
  ['all targets taken out', values('targetGroup/web', () => ({ targets: [] })), 'targetGroup/web', /has no targets/],
  [
    'the ports of the listeners closed',
    values('securityGroup/load-balancer', () => ({ ingress: [] })),
    'securityGroup/load-balancer',
    /connect to listener/,
  ],
  [
    'the instances closed',
    values('securityGroup/instances', () => ({ ingress: [] })),
    'securityGroup/instances',
    /allow the load balancer on port/,
  ],
] as readonly (readonly [string, Observed, string, RegExp])[])
  t(`${name} by hand: requests are lost now`, () => {
    const report = drift(observed);
    const found = report.differences.find((each) => each.address === address);
    assert.is(found?.grade, 'drop');
    assert.match(found?.losses?.join('\n') ?? '', reason);
    assert.match(renderDrift(report, 'web.yaml'), /now {2}.*/);
  });

t('what loses nothing is graded by the way back', () => {
  const [found] = drift(values('targetGroup/web', () => ({ 'healthCheck.path': '/x' }))).differences;
  assert.equal([found?.grade, found?.losses], ['shift', undefined]);
});

t('in step, and not in service', () => {
  const ill = withLive('targetGroup/web', (entry) => ({
    states: [{ of: canonical((entry.values['targets'] as readonly Json[])[0]), state: 'unhealthy', text: 'Request timed out' }],
  }));
  const report = drift(ill);
  assert.equal(report.differences, []);
  const text = renderDrift(report, 'web.yaml');
  assert.match(text, /unfinished {2}targetGroup\/web {2}target web-1 is unhealthy: Request timed out/);
  assert.match(text, /not in service: 1\n$/);
  assert.match(renderDrift(drift(LIVE), 'web.yaml'), /no drift\n$/);
});

t.run();
