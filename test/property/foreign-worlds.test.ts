/**
 * What others have in the account changes no plan of ours: load balancers and groups of every type, in every partition, hundreds of them.
 * An import among them is whole and changes nothing; one of another type is refused by name.
 */

import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { paced } from '../../reconciler/aws/scheduler.ts';
import { ReconcileError } from '../../reconciler/errors.ts';
import { importBalancer } from '../../reconciler/import/import.ts';
import type { Cloud } from '../../reconciler/run/port.ts';
import type { Session } from '../../reconciler/run/session.ts';
import { converge, failures, planFor } from '../support/converge.ts';
import { elsewhere, moved, NEIGHBOUR, type Neighbour, PLACES, type Place, settle } from '../support/foreign-account.ts';
import { rejects } from '../support/rejects.ts';
import { changed, type SpecData, steppedClock } from '../support/stacks.ts';
import { suite } from '../support/suite.ts';
import { type TinyAws, tinyAws } from '../support/tiny-aws.ts';

const t = suite('property/foreign-worlds');

/** More when something is doubted: `ALBEDO_RUNS=500`. */
const RUNS = Number(process.env['ALBEDO_RUNS'] ?? 25);

const specIn = (place: Place): SpecData =>
  moved(
    changed(() => {}),
    place,
  );
const settled = (aws: TinyAws, neighbours: readonly Neighbour[]): void => {
  for (const [index, each] of neighbours.entries()) settle(aws, each, index);
};
const ours = (aws: TinyAws): readonly string[] =>
  [...aws.objects.values()].filter(({ id, State }) => !/other-/.test(id) && State?.Name !== 'terminated').map(({ id }) => id);

function sessionOn(cloud: Cloud, { region }: Place): Session {
  const clock = steppedClock();
  return {
    ...{ region, clock, env: {}, emit: () => undefined, signal: new AbortController().signal, scheduler: paced({ clock }) },
    cloud: { ...cloud, calls: 0 },
    files: { read: () => assert.unreachable('no file is read') },
  } as unknown as Session;
}

for (const place of PLACES)
  t(`${place.partition}: made, planned, imported and destroyed among them, and all of theirs stays as it was`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(NEIGHBOUR, { maxLength: 25 }), async (neighbours) => {
        const aws = tinyAws();
        settled(aws, neighbours);
        const theirs = structuredClone([...aws.objects]);
        const cloud = elsewhere(aws, place);
        const made = await converge(cloud, specIn(place));
        assert.is(failures(made.run), '');
        assert.equal(made.check.changes, [], 'the second plan');
        assert.equal(made.plan.digest, (await alone(place)).digest, 'the plan says what it says in an empty account');

        const session = sessionOn(cloud, place);
        const options = { region: place.region, file: 'web.yaml' };
        const name = aws.all('balancer').find(({ id }) => !/other-/.test(id))?.LoadBalancerName;
        const imported = await importBalancer(name, options, session);
        assert.equal(imported.problems, []);
        assert.equal(imported.differences, []);
        for (const [index, { type }] of neighbours.entries()) {
          if (type !== 'application') {
            const refused = await rejects(importBalancer(`other-${index}`, options, session), ReconcileError);
            assert.match(refused.message, `other-${index} is a ${type} load balancer`);
          }
        }

        const gone = await converge(cloud, specIn(place), 'destroy');
        assert.is(failures(gone.run), '');
        assert.equal(ours(aws), []);
        assert.equal(
          [...aws.objects].filter(([id]) => /other-/.test(id)),
          theirs,
        );
      }),
      { numRuns: Math.ceil(RUNS / PLACES.length) },
    );
  });

const known = new Map<string, ReturnType<typeof planFor>>();
function alone(place: Place): ReturnType<typeof planFor> {
  const plan = known.get(place.partition) ?? planFor(elsewhere(tinyAws(), place), specIn(place));
  known.set(place.partition, plan);
  return plan;
}

t('hundreds of neighbours cost their tags, twenty a call, and no plan asks for more of them', async () => {
  const [place] = PLACES;
  if (place === undefined) return;
  const callsAmong = async (count: number) => {
    const aws = tinyAws();
    await converge(elsewhere(aws, place), specIn(place));
    settled(aws, fc.sample(NEIGHBOUR, { numRuns: count, seed: 1 }));
    aws.calls.length = 0;
    const cloud = elsewhere(aws, place);
    assert.equal((await planFor(cloud, specIn(place))).changes, []);
    return { calls: aws.calls.map(({ op }) => op), most: cloud.most() };
  };
  const [few, many] = [await callsAmong(0), await callsAmong(400)];
  const more = many.calls.length - few.calls.length;
  assert.ok(more <= 400 / 20 + 1, `${more} calls more for 400 neighbours`);
  assert.ok(many.most <= 32, `${many.most} calls at once`);
});

t.run();
