/** A change that is graded `none` or `shift` loses no request of a path that was served before. */

import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { observe } from '../../reconciler/observe/observe.ts';
import { guard } from '../../reconciler/plan/guard.ts';
import { plan } from '../../reconciler/plan/plan.ts';
import { converge, failures } from '../support/converge.ts';
import { changed, problemsOf, ready, type SpecData } from '../support/stacks.ts';
import { suite } from '../support/suite.ts';
import { type TinyAws, tinyAws } from '../support/tiny-aws.ts';
import { lostByChange, watchTraffic } from '../support/tiny-traffic.ts';

const t = suite('property/serving');

const RUNS = Number(process.env['ALBEDO_RUNS'] ?? 40);

type Targets = 'both' | 'one' | 'none' | 'left out';
type Action = 'blue' | 'green' | 'page' | 'redirect' | { readonly blue: number; readonly green: number };

/** What a spec of two groups, a listener and some rules can say of who serves. */
interface Shape {
  readonly blue: Targets;
  readonly green: Targets;
  readonly action: Action;
  readonly rules: readonly { readonly path: string; readonly action: Action }[];
}

const targets = fc.constantFrom<Targets>('both', 'one', 'none', 'left out');
const weight = fc.constantFrom(0, 1, 9);
const action: fc.Arbitrary<Action> = fc.oneof(
  fc.constantFrom<Action>('blue', 'green', 'blue', 'green', 'page', 'redirect'),
  fc.record({ blue: weight, green: weight }),
);
const shape: fc.Arbitrary<Shape> = fc.record({
  blue: targets,
  green: targets,
  action,
  rules: fc.uniqueArray(fc.record({ path: fc.constantFrom('/api/*', '/old/*', '/*', '/api/?'), action }), {
    maxLength: 3,
    selector: ({ path }) => path,
  }),
});

const list = (said: Targets): SpecData =>
  ({ both: { targets: ['web-1', 'web-2'] }, one: { targets: ['web-1'] }, none: { targets: [] }, 'left out': {} })[said];

function actionOf(said: Action): SpecData {
  if (said === 'page') return { fixedResponse: { statusCode: '503', messageBody: 'maintenance' } };
  if (said === 'redirect') return { redirect: { protocol: 'HTTPS', port: '443', statusCode: 'HTTP_301' } };
  if (typeof said === 'string') return { forward: said };
  return {
    forward: {
      targetGroups: [
        { targetGroup: 'blue', weight: said.blue },
        { targetGroup: 'green', weight: said.green },
      ],
    },
  };
}

const specOf = ({ blue, green, action: first, rules }: Shape): SpecData =>
  changed((spec) => {
    const { web } = spec.targetGroups;
    delete web.targets;
    delete web.name;
    delete web.stickiness;
    spec.targetGroups = { blue: { ...web, ...list(blue) }, green: { ...web, ...list(green) } };
    const { forward: _, fixedResponse: __, ...http } = spec.listeners.http;
    spec.listeners.http = {
      ...http,
      ...actionOf(first),
      rules: Object.fromEntries(rules.map((rule, index) => [`r${index}`, { if: { path: [rule.path] }, ...actionOf(rule.action) }])),
    };
    spec.listeners.https = { ...spec.listeners.https, forward: 'blue' };
    delete spec.chaos;
    delete spec.load;
    delete spec.objectives;
  });

/** Somebody else registers a target in a group of ours, as an Auto Scaling group does. */
async function register(aws: TinyAws, group: 'blue' | 'green'): Promise<void> {
  const [stranger] = aws.all('instance');
  const found = aws.all('targets').find((each) => each.Tags.some((tag: { Value: string }) => tag.Value === `targetGroup/${group}`));
  await aws.call('elbv2:RegisterTargets', { TargetGroupArn: found.id, Targets: [{ Id: stranger.id, Port: 8080 }] });
  await aws.call('elbv2:DescribeTargetHealth', { TargetGroupArn: found.id });
  await aws.call('elbv2:DescribeTargetHealth', { TargetGroupArn: found.id });
}

async function look(aws: TinyAws, spec: SpecData) {
  const { stack } = ready(spec);
  const { observed } = await observe(stack, aws);
  const planned = plan(stack, observed);
  return { planned, refusals: guard(planned, observed, {}) };
}

t('none and shift lose nothing, and a drop that is certain asks for consent', async () => {
  let [dropped, safe] = [0, 0];
  await fc.assert(
    fc.asyncProperty(shape, shape, fc.boolean(), fc.boolean(), async (from, to, inBlue, inGreen) => {
      const [before, after] = [specOf(from), specOf(to)];
      fc.pre(problemsOf(before).length === 0 && problemsOf(after).length === 0);
      const aws = tinyAws();
      const first = failures((await converge(aws, before)).run);
      if (first !== '') throw new Error(first);
      if (inBlue) await register(aws, 'blue');
      if (inGreen) await register(aws, 'green');
      const { planned, refusals } = await look(aws, after);
      let said = '';
      let lost: readonly string[] = [];
      const meanwhile = await watchTraffic(aws, async () => {
        lost = await lostByChange(aws, async () => {
          said = failures((await converge(aws, after)).run);
        });
      });
      if (said !== '') throw new Error(said);
      if (planned.summary.risk === 'drop') {
        dropped++;
        assert.ok(refusals.length > 0, 'a drop that nobody is asked about');
        return;
      }
      safe++;
      assert.equal(lost, [], JSON.stringify(planned.changes.map(({ address, risk }) => [address, risk])));
      assert.equal(
        // Groups that share requests may answer in turn while several actions change; nobody answering is a loss.
        meanwhile.filter((each) => / answered (503 from|refused)/.test(each) || / ended while /.test(each)),
        [],
        'lost while the plan ran',
      );
    }),
    { numRuns: RUNS, includeErrorInReport: true },
  );
  assert.ok(safe > 0 && dropped > 0, `${safe} safe and ${dropped} dropping changes were tried`);
});

t('what is certain to lose nothing is not called a drop', async () => {
  await fc.assert(
    fc.asyncProperty(shape, async (one) => {
      const spec = specOf(one);
      fc.pre(problemsOf(spec).length === 0);
      const aws = tinyAws();
      await converge(aws, spec);
      const { planned } = await look(aws, changedIdle(spec));
      assert.is(planned.summary.risk, 'none');
    }),
    { numRuns: Math.ceil(RUNS / 4), includeErrorInReport: true },
  );
});

const changedIdle = (spec: SpecData): SpecData => {
  const next = structuredClone(spec);
  next.loadBalancer.idleTimeout = '120s';
  return next;
};

t.run();
