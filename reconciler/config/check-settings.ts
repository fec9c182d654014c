import type { Experiment } from '../chaos/experiments/experiment.ts';
import { EXPERIMENTS } from '../chaos/experiments.ts';
import type { Problem } from '../errors.ts';
import { parseDuration } from '../model/codec.ts';
import type { Json } from '../model/json.ts';
import type { Desired } from '../model/model.ts';
import { refsIn, valueAt } from '../model/paths.ts';
import { verifyRows } from '../model/top.ts';
import { type At, asObject, type SpecObject } from './draft.ts';
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

function checkChaos(spec: Json, desired: readonly Desired[], at: At): readonly Problem[] {
  const profile = checkProfile(asObject(valueAt(spec, 'load')), at);
  const chaos = asObject(valueAt(spec, 'chaos'));
  const [first, ...more] = EXPERIMENTS.filter(({ name }) => chaos[name] !== undefined);
  if (first === undefined) return profile;
  const fault = asObject(chaos[first.name]);
  const group = desired.find((entry) => entry.address === `targetGroup/${String(fault['from'])}`);
  return [
    ...profile,
    ...more.flatMap(({ name }) => tooMany(first, name, at)),
    ...(group === undefined ? [] : checkVictim(first, fault, group, at)),
    ...(group === undefined ? [] : checkMoment(first, fault, asObject(valueAt(spec, 'load')), at)),
  ];
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

function tooMany(first: Experiment, name: string, at: At): readonly Problem[] {
  const place = ['chaos', name];
  const message = `\`${name}\` and \`${first.name}\` are both set, but a load test runs one experiment.`;
  return [oneProblem(at(place), formatPath(place), message, 'Remove one of them.')];
}

function problem({ name }: Experiment, key: string, message: string, hint: string, at: At): readonly Problem[] {
  const place = ['chaos', name, key];
  return [oneProblem(at(place), formatPath(place), message, hint)];
}

/** Somebody else may register targets that the spec does not name, by instance id or address. */
const MAY_BE_ELSEWHERE = /^i-[0-9a-f]{8,17}$|[.:]/;

function checkVictim(experiment: Experiment, fault: SpecObject, group: Desired, at: At): readonly Problem[] {
  const serving = [...new Set(refsIn(group.values['targets']).map((ref) => ref.address.slice(ref.address.indexOf('/') + 1)))];
  const from = String(fault['from']);
  const { named } = experiment;
  const victim = named === undefined ? undefined : fault[named];
  // Others than the instances of the spec may be meant, which somebody else registers.
  const open = named === undefined || valueAt(experiment.schema, `properties.${named}.x-reference`) === undefined;
  if (serving.length === 0 && !open)
    return problem(
      experiment,
      'from',
      `The target group \`${from}\` has no instance of this stack among its targets.`,
      'List the instances under its `targets`.',
      at,
    );
  if (named === undefined || typeof victim !== 'string' || serving.includes(victim) || (open && MAY_BE_ELSEWHERE.test(victim))) return [];
  return problem(
    experiment,
    named,
    `\`${victim}\` is not a target of \`${from}\`.`,
    serving.length === 0
      ? 'Set the id of an instance, or an address that is registered with the group.'
      : `Its targets are ${serving.map((name) => `\`${name}\``).join(', ')}.`,
    at,
  );
}

function checkMoment(experiment: Experiment, fault: SpecObject, load: SpecObject, at: At): readonly Problem[] {
  const { words } = experiment;
  const length = parseDuration(load['duration'] ?? valueAt(verifyRows({})['load'], 'properties.duration.default') ?? null);
  const moment = parseDuration(fault['at'] ?? valueAt(experiment.schema, 'properties.at.default') ?? null);
  const earlier = `${words.verb.slice(0, 1).toUpperCase()}${words.verb.slice(1)} it earlier`;
  if (moment >= length)
    return problem(
      experiment,
      'at',
      `The ${words.thing} would be ${words.done} after ${moment} s, but the load ends after ${length} s.`,
      `${earlier}, or increase \`load.duration\`.`,
      at,
    );
  if (experiment.refills === true) return [];
  const lasts = parseDuration(fault['for'] ?? valueAt(experiment.schema, 'properties.for.default') ?? null);
  return moment + lasts <= length
    ? []
    : problem(
        experiment,
        'for',
        `The fault would last until ${moment + lasts} s, but the load ends after ${length} s: the recovery would not be seen.`,
        `${earlier}, shorten \`for\`, or increase \`load.duration\`.`,
        at,
      );
}
