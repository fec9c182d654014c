import fc from 'fast-check';
import * as assert from 'uvu/assert';
import type { Json } from '../../../reconciler/model/json.ts';
import type { Desired } from '../../../reconciler/model/model.ts';
import { chooseName } from '../../../reconciler/plan/names.ts';
import { planOf } from '../../support/plans.ts';
import { appliedOf, changed, problemsOf, stackOf, tutorial } from '../../support/stacks.ts';
import { suite } from '../../support/suite.ts';

const t = suite('plan/names');

const desired = (address: string, values: { readonly [name: string]: Json } = {}): Desired => ({
  address: address as Desired['address'],
  kind: address.split('/')[0] ?? '',
  values,
  tags: {},
  positions: {},
  unmanaged: [],
  ignored: [],
});

const context = { stack: 'webserver', account: '1', region: 'r', taken: new Set<string>() };

t('a name is what was said, where it is free', () => {
  assert.is(chooseName(desired('loadBalancer/main', { name: 'mine' }), 32, context), 'mine');
  assert.match(
    chooseName(desired('loadBalancer/main', { name: 'mine' }), 32, { ...context, taken: new Set(['loadBalancer:mine']) }),
    /^mine-[0-9a-f]{4}$/,
  );
  assert.is(chooseName(desired('loadBalancer/main', { name: 'mine' }), 32, { ...context, taken: new Set(['targetGroup:mine']) }), 'mine');
});

t('or stack and name, and a hash of what cannot change', () => {
  assert.match(chooseName(desired('targetGroup/web'), 32, context), /^webserver-web-[0-9a-f]{4}$/);
  assert.match(chooseName(desired('loadBalancer/main'), 32, context), /^webserver-[0-9a-f]{4}$/);
  const name = (values: { readonly [field: string]: Json }, more: Partial<typeof context> = {}) =>
    chooseName(desired('targetGroup/web', values), 32, { ...context, ...more });
  assert.is(name({ port: 80 }), name({ port: 80 }), 'stable');
  assert.is.not(name({ port: 80 }), name({ port: 81 }));
  assert.is(
    name({ port: 80, 'healthCheck.path': '/a' }),
    name({ port: 80, 'healthCheck.path': '/b' }),
    'what can be changed in place does not rename',
  );
  assert.is.not(name({}), name({}, { account: '2' }));
  assert.is.not(name({}), name({}, { region: 's' }));
});

t('a name is legal, as long as it may be, and free, whatever the stack is called', () => {
  const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,30}[a-z0-9]$/);
  fc.assert(
    fc.property(word, word, fc.constantFrom(32, 128, 255), (stack, own, max) => {
      const first = chooseName(desired(`targetGroup/${own}`), max, { ...context, stack });
      const second = chooseName(desired(`targetGroup/${own}`), max, { ...context, stack, taken: new Set([`targetGroup:${first}`]) });
      for (const name of [first, second]) {
        assert.ok(name.length <= max, name);
        assert.match(name, /^[a-z][a-z0-9-]*[a-z0-9]$/);
        assert.not.match(name, /--[0-9a-f]{4}$/);
      }
      assert.is.not(first, second);
    }),
  );
});

t('a name is as long as it may be and no longer', () => {
  assert.match(chooseName(desired(`targetGroup/${'b'.repeat(32)}`), 32, { ...context, stack: 'a'.repeat(32) }), /^a{27}-[0-9a-f]{4}$/);
  assert.match(
    chooseName(desired('targetGroup/b'), 32, { ...context, stack: `${'a'.repeat(26)}-c` }),
    /^a{26}-[0-9a-f]{4}$/,
    'no hyphen before the hash',
  );
  assert.match(
    chooseName(desired(`targetGroup/${'b'.repeat(32)}`), 128, { ...context, stack: 'a'.repeat(32) }),
    /^a{32}-b{32}-[0-9a-f]{4}$/,
  );
});

t('a replacement and the old one have different names', () => {
  const planned = planOf(
    (spec) => {
      spec.targetGroups.web.name = 'mine';
      spec.targetGroups.web.port = 81;
    },
    appliedOf(stackOf(changed((spec) => (spec.targetGroups.web.name = 'mine')))),
  );
  const input = planned.steps.find((step) => step.id === 'targetGroup/web:create')?.input as { Name: string };
  assert.match(input.Name, /^mine-[0-9a-f]{4}$/);
});

t('the tutorial itself', () => assert.is(problemsOf(tutorial()).length, 0));

t.run();
