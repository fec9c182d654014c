/** However somebody meddles with many stacks, each is planned the same alone and within all of them. */

import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { observe } from '../../reconciler/observe/observe.ts';
import { liveRead, observeWorld } from '../../reconciler/observe/world.ts';
import { plan } from '../../reconciler/plan/plan.ts';
import { makeStacks, stacksOf } from '../support/many-stacks.ts';
import { suite } from '../support/suite.ts';
import { tinyAws } from '../support/tiny-aws.ts';
import type { Wire } from '../support/tiny-store.ts';

const t = suite('property/slices');

const RUNS = Number(process.env['ALBEDO_RUNS'] ?? 20);
const STACKS = 6;

const aws = tinyAws();
let whole: Map<string, Wire>;
let stacks: ReturnType<typeof stacksOf>;

t.before(async () => {
  stacks = stacksOf(await makeStacks(aws, STACKS));
  whole = structuredClone(aws.objects);
});

/** What somebody may do to the object, which is chosen by a number among all that it can be done to. */
const MEDDLINGS: Readonly<Record<string, (objects: Map<string, Wire>, pick: (list: Wire[]) => Wire) => void>> = {
  'a rule goes': (objects, pick) => void objects.delete(pick(of(objects, 'rule')).id),
  'a rule moves': (objects, pick) => {
    const rule = pick(of(objects, 'rule'));
    rule.Priority = String(100 + Number(rule.Priority));
  },
  'a rule matches otherwise': (objects, pick) => {
    pick(of(objects, 'rule')).Conditions = [{ Field: 'path-pattern', PathPatternConfig: { Values: ['/other'] } }];
  },
  'a rule loses its tags': (objects, pick) => {
    pick(of(objects, 'rule')).Tags = [];
  },
  'somebody adds a rule': (objects, pick) => {
    const rule = structuredClone(pick(of(objects, 'rule')));
    Object.assign(rule, { id: `${rule.id}f`, RuleArn: `${rule.id}f`, Priority: '77', Tags: [] });
    objects.set(rule.id, rule);
  },
  'a rule is there twice': (objects, pick) => {
    const rule = structuredClone(pick(of(objects, 'rule')));
    Object.assign(rule, { id: `${rule.id}e`, RuleArn: `${rule.id}e`, Priority: '88' });
    objects.set(rule.id, rule);
  },
  'a rule is not noticed yet': (objects, pick) => void aws.unnoticed.add(pick(of(objects, 'rule')).id),
  'a listener goes': (objects, pick) => {
    const { id } = pick(of(objects, 'listener'));
    for (const rule of of(objects, 'rule')) if (rule.ListenerArn === id) objects.delete(rule.id);
    objects.delete(id);
  },
  'a listener loses its tags': (objects, pick) => {
    pick(of(objects, 'listener')).Tags = [];
  },
  'a stack is taken for another': (objects, pick) => {
    const group = pick(of(objects, 'targets'));
    group.Tags = group.Tags.map((tag: Wire) => (tag.Key === 'albedo:stack' ? { ...tag, Value: 'stranger' } : tag));
  },
  'an attribute changes': (objects, pick) => {
    pick(of(objects, 'balancer')).attributes['idle_timeout.timeout_seconds'] = '61';
  },
  'targets leave': (objects, pick) => {
    pick(of(objects, 'targets')).members = [];
  },
};

const of = (objects: Map<string, Wire>, type: string): Wire[] => [...objects.values()].filter((object) => object.type === type);

/** What is planned, and what is said of it but for rules of others, which many stacks are not searched for where nothing is to be done. */
const shown = (stack: (typeof stacks)[number], { observed }: Awaited<ReturnType<typeof observe>>) => {
  const { digest, changes, steps } = plan(stack, observed);
  return { digest, changes, steps, notes: observed.notes.filter(({ kind }) => kind !== 'foreign') };
};

t('a stack is planned the same alone and within all', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.constantFrom(...Object.keys(MEDDLINGS)), fc.nat()), { minLength: 1, maxLength: 4 }),
      async (meddlings) => {
        aws.objects.clear();
        aws.unnoticed.clear();
        for (const [id, object] of structuredClone(whole)) aws.objects.set(id, object);
        for (const [name, number] of meddlings)
          MEDDLINGS[name]?.(aws.objects, (list) => list[number % list.length] ?? assert.unreachable('nothing to meddle with'));
        const world = await observeWorld(stacks, aws);
        for (const stack of stacks) assert.equal(shown(stack, liveRead(stack, world)), shown(stack, await observe(stack, aws)));
      },
    ),
    { numRuns: RUNS },
  );
});

t.run();
