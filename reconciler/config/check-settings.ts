import type { Experiment } from '../chaos/experiments/experiment.ts';
import { EXPERIMENTS } from '../chaos/experiments.ts';
import type { Problem } from '../errors.ts';
import { parseDuration } from '../model/codec.ts';
import { asList, type Json } from '../model/json.ts';
import type { Desired } from '../model/model.ts';
import { refsIn, valueAt } from '../model/paths.ts';
import { type At, asObject, type SpecObject } from './draft.ts';
import { loadLength, timesOf } from './experiment-times.ts';
import { formatPath } from './path.ts';
import { oneProblem } from './places.ts';

/** Chaos that could show nothing: a victim that serves nothing, one that is lost when the load has ended, or two faults at a time. */
export function checkSettings(spec: Json, desired: readonly Desired[], at: At): readonly Problem[] {
  return [...checkBounds(spec, at), ...checkChaos(spec, desired, at)];
}

/** A bound that every load test keeps, or none, proves nothing. */
function checkBounds(spec: Json, at: At): readonly Problem[] {
  const all = Object.entries(asObject(valueAt(spec, 'objectives'))).flatMap(([name, said]): (readonly [readonly string[], Json])[] =>
    typeof said === 'string' ? [[[name], said]] : Object.entries(asObject(said)).map(([inner, each]) => [[name, inner], each]),
  );
  return all.flatMap(([path, said]) => {
    const [, amount = '', unit] = /^<\s*([\d.]+)\s*(%|ms|s|m)$/.exec(String(said)) ?? [];
    const place = ['objectives', ...path];
    const tell = (message: string, hint: string) => [oneProblem(at(place), formatPath(place), message, hint)];
    if (amount === '') return [];
    if (Number(amount) === 0) return tell(`No value is below \`${amount}${unit}\`.`, 'Write more than 0, or leave the objective out.');
    return unit === '%' && Number(amount) > 100
      ? tell(`\`${amount}%\` is more than all requests, so every load test would meet it.`, 'Write at most 100%.')
      : [];
  });
}

/** One experiment as it is written, and where. */
interface Item {
  readonly place: readonly (string | number)[];
  readonly said: SpecObject;
}

function checkChaos(spec: Json, desired: readonly Desired[], at: At): readonly Problem[] {
  const { chaos, experiments, load } = asObject(spec);
  const items: readonly Item[] = [
    ...(chaos === undefined ? [] : [{ place: ['chaos'], said: asObject(chaos) }]),
    ...asList(experiments ?? []).map((each, index) => ({ place: ['experiments', index], said: asObject(each) })),
  ];
  const both =
    chaos === undefined || experiments === undefined
      ? []
      : [
          oneProblem(
            at(['experiments'], 'key'),
            'experiments',
            '`chaos` and `experiments` are both set.',
            'Move the experiment under `chaos` to the list, and remove `chaos`.',
          ),
        ];
  const asked = items.flatMap((item) => askedFor(item, desired) ?? []);
  return [
    ...checkProfile(asObject(load), at),
    ...both,
    ...items.flatMap((item) => checkItem(item, at)),
    ...asked.flatMap((each) => checkVictim(each, at)),
    ...asked.flatMap((each) => checkFis(each, at)),
    // With both it is not known what comes after what.
    ...(both.length > 0 ? [] : checkMoments(asked, asObject(load), at)),
  ];
}

/** One fault at a time; nothing at all is what `chaos` may say, and an item of a list may not. */
function checkItem({ place, said }: Item, at: At): readonly Problem[] {
  const [first, ...more] = EXPERIMENTS.filter(({ name }) => said[name] !== undefined);
  if (first === undefined)
    return place.length === 1
      ? []
      : [oneProblem(at(place), formatPath(place), 'This entry names no experiment.', 'Name one, or remove the entry.')];
  return more.map(({ name }) => {
    const why = place.length === 1 ? 'a load test runs one experiment at a time' : 'each entry of the list is one experiment';
    const hint =
      place.length === 1
        ? 'Remove one of them, or list both under `experiments`: they then run in turn.'
        : 'Write them as two entries: they then run in turn.';
    const message = `\`${name}\` and \`${first.name}\` are both set, but ${why}.`;
    return oneProblem(at([...place, name]), formatPath([...place, name]), message, hint);
  });
}

/** An experiment whose target group is known. */
interface Asked {
  readonly experiment: Experiment;
  readonly fault: SpecObject;
  readonly group: Desired;
  readonly place: readonly (string | number)[];
}

function askedFor({ place, said }: Item, desired: readonly Desired[]): Asked | undefined {
  const experiment = EXPERIMENTS.find(({ name }) => said[name] !== undefined);
  if (experiment === undefined) return undefined;
  const fault = asObject(said[experiment.name]);
  const group = desired.find((entry) => entry.address === `targetGroup/${String(fault['from'])}`);
  return group === undefined ? undefined : { experiment, fault, group, place: [...place, experiment.name] };
}

const rateOf = (said: Json | undefined, fallback: number): number => (typeof said === 'string' ? Number.parseInt(said, 10) : fallback);

/** Keys of a load that say nothing, or what cannot be. */
function checkProfile(load: SpecObject, at: At): readonly Problem[] {
  const wrong = (key: string, message: string, hint: string): Problem =>
    oneProblem(at(['load', key]), formatPath(['load', key]), message, hint);
  const { profile = 'steady', peak } = load;
  const peaked = profile === 'spike' || profile === 'breakpoint';
  const duration = parseDuration(load['duration'] ?? '60s');
  return [
    ...(peak !== undefined && !peaked
      ? [
          wrong(
            'peak',
            `\`peak\` has no effect with the profile \`${String(profile)}\`.`,
            'Remove it, or use the profile `spike` or `breakpoint`.',
          ),
        ]
      : []),
    ...(peak !== undefined && peaked && rateOf(peak, 0) <= rateOf(load['rate'], 50)
      ? [wrong('peak', 'The peak is not higher than the rate.', 'Raise `peak`, or lower `rate`.')]
      : []),
    ...(profile === 'soak' && duration < SOAK_SECONDS
      ? [
          wrong(
            'duration',
            `A soak test of ${duration} s is too short to show growth.`,
            'Set a duration of ten minutes or more, or use the profile `steady`.',
          ),
        ]
      : []),
    ...(load['path'] !== undefined && load['paths'] !== undefined
      ? [wrong('path', '`path` and `paths` cannot be set together.', 'Move it into `paths`.')]
      : []),
  ];
}

const SOAK_SECONDS = 600;

function problem({ place }: Asked, key: string, message: string, hint: string, at: At): readonly Problem[] {
  const whole = [...place, key];
  return [oneProblem(at(whole), formatPath(whole), message, hint)];
}

/** Somebody else may register targets that the spec does not name, by instance id or address. */
const MAY_BE_ELSEWHERE = /^i-[0-9a-f]{8,17}$|[.:]/;

function checkVictim(asked: Asked, at: At): readonly Problem[] {
  const { experiment, fault, group } = asked;
  const serving = [...new Set(refsIn(group.values['targets']).map((ref) => ref.address.slice(ref.address.indexOf('/') + 1)))];
  const from = String(fault['from']);
  const { named } = experiment;
  const victim = named === undefined ? undefined : fault[named];
  // Others than the instances of the spec may be meant, which somebody else registers.
  const open = named === undefined || valueAt(experiment.schema, `properties.${named}.x-reference`) === undefined;
  // A group that lists no targets is filled by somebody else.
  if (serving.length === 0 && !open && group.values['targets'] !== undefined)
    return problem(
      asked,
      'from',
      `The target group \`${from}\` has no instance of this stack among its targets.`,
      'List the instances under its `targets`.',
      at,
    );
  const isListed = group.values['targets'] !== undefined;
  if (named === undefined || typeof victim !== 'string' || serving.includes(victim)) return [];
  if ((open || !isListed) && MAY_BE_ELSEWHERE.test(victim)) return [];
  return problem(
    asked,
    named,
    `\`${victim}\` is not a target of \`${from}\`.`,
    serving.length === 0
      ? 'Set the id of an instance, or an address that is registered with the group.'
      : `Its targets are ${serving.map((name) => `\`${name}\``).join(', ')}.`,
    at,
  );
}

/** AWS FIS does nothing that short. */
function checkFis(asked: Asked, at: At): readonly Problem[] {
  const { experiment, fault } = asked;
  const { fis, words } = experiment;
  const said = fault['for'];
  const lasts = parseDuration(said ?? valueAt(experiment.schema, 'properties.for.default') ?? null);
  if (fis === undefined || fault['by'] !== 'fis' || lasts >= fis.shortest) return [];
  return problem(
    asked,
    said === undefined ? 'by' : 'for',
    `AWS FIS ${words.verb}s an ${words.thing} for ${fis.shortest} s at least, but the fault lasts ${lasts} s.`,
    `Set \`for: ${fis.shortest}s\` or more, or leave out \`by: fis\`: albedo then calls EC2 itself.`,
    at,
  );
}

/** Each has to be over before the load is. Of a later one: at the earliest, so that what is refused could not be done at all. */
function checkMoments(all: readonly Asked[], load: SpecObject, at: At): readonly Problem[] {
  const length = loadLength(load);
  const times = timesOf(all.map(({ group, ...rest }) => ({ ...rest, values: group.values })));
  for (const [index, { begins, ends, endsLatest }] of times.entries()) {
    const asked = all[index] as Asked;
    const wrong = (key: string, message: string, hint: string): readonly Problem[] =>
      problem(
        asked,
        key,
        index === 0 ? message : `After the experiments before it, ${message.slice(0, 1).toLowerCase()}${message.slice(1)}`,
        hint,
        at,
      );
    const longer = index === 0 ? '`load.duration`' : `\`load.duration\`: ${endsLatest} s are usually enough`;
    if (begins >= length)
      return wrong(
        'at',
        `The fault would begin after ${begins} s, but the load ends after ${length} s.`,
        `Decrease \`at\`, or increase ${longer}.`,
      );
    if (ends > length)
      return wrong(
        'for',
        `The fault would last until ${ends} s, but the load ends after ${length} s: the recovery would not be seen.`,
        `Decrease \`at\` or \`for\`, or increase ${longer}.`,
      );
  }
  return [];
}
