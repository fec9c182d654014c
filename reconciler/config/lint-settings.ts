/** Warnings about load tests that can only end as inconclusive. */

import { EXPERIMENTS } from '../chaos/experiments.ts';
import { PHASES } from '../chaos/types.ts';
import type { Problem } from '../errors.ts';
import { TIMES } from '../load/objectives.ts';
import { asList, type Json } from '../model/json.ts';
import type { LintName } from '../model/lints.ts';
import type { Desired } from '../model/model.ts';
import { refsIn } from '../model/paths.ts';
import { type At, asObject } from './draft.ts';
import { loadLength, timesOf } from './experiment-times.ts';
import { formatPath } from './path.ts';
import { oneProblem } from './places.ts';

type Path = readonly (string | number)[];

/** `silence` names those that the spec does not want to hear. */
export function lintSettings(spec: Json, desired: readonly Desired[], at: At, silence: readonly string[]): readonly Problem[] {
  const { chaos, experiments, objectives, load } = asObject(spec);
  const warn = (name: LintName, place: Path, message: string, hint: string): readonly Problem[] =>
    silence.includes(name)
      ? []
      : [
          {
            ...oneProblem(at(place), formatPath(place), `${message} (${name})`, `${hint} Silence it with lint: { silence: [${name}] }.`),
            severity: 'warning',
          },
        ];
  const asked = [
    ...EXPERIMENTS.map((experiment) => ({ experiment, place: ['chaos', experiment.name], said: asObject(chaos)[experiment.name] })),
    ...asList(experiments ?? []).flatMap((item, index) =>
      EXPERIMENTS.map((experiment) => ({
        experiment,
        place: ['experiments', index, experiment.name],
        said: asObject(item)[experiment.name],
      })),
    ),
  ].filter(({ said }) => said !== undefined);
  const wanted = asObject(objectives);
  const inTurn = asked.flatMap(({ experiment, said }) => {
    const fault = asObject(said);
    const group = desired.find(({ address }) => address === `targetGroup/${String(fault['from'])}`);
    return group === undefined ? [] : [{ experiment, fault, values: group.values }];
  });
  const length = loadLength(asObject(load));
  const needed = inTurn.length < 2 ? 0 : (timesOf(inTurn).at(-1)?.endsLatest ?? 0);
  const timed = [...TIMES, ...PHASES.filter((phase) => phase !== 'before')].find((name) => wanted[name] !== undefined);
  return [
    ...(timed === undefined || asked.length > 0
      ? []
      : warn(
          'objective-without-experiment',
          ['objectives', timed],
          `\`${timed}\` is measured while something is broken, but the spec has no experiment: every load test will be inconclusive.`,
          'Add an experiment under `chaos`, or remove the objective.',
        )),
    ...(needed <= length
      ? []
      : warn(
          'short-load',
          asObject(load)['duration'] === undefined ? ['experiments'] : ['load', 'duration'],
          `The experiments can take ${needed} s, but the load ends after ${length} s: the later ones may not be reached.`,
          `Increase \`load.duration\` to ${needed}s.`,
        )),
    ...asked.flatMap(({ experiment, place, said }) => {
      const { from, zone } = asObject(said);
      const group = desired.find(({ address }) => address === `targetGroup/${String(from)}`);
      const targets = group?.values['targets'];
      // Somebody else registers the targets of a group that lists none.
      if (targets === undefined || experiment.refills === true) return [];
      const zones = asList(targets).map((target) => zoneOf(target, desired));
      if (new Set(asList(targets).map((target) => JSON.stringify(asObject(target)['id']))).size < 2)
        return warn(
          'no-target-left',
          [...place, 'from'],
          `Target group ${String(from)} has fewer than two targets, and one must stay in service: the experiment will break nothing.`,
          'Add a target to the group.',
        );
      if (experiment.picks !== 'zone' || typeof zone !== 'string' || zones.includes(undefined)) return [];
      if (!zones.includes(zone))
        return warn(
          'no-target-left',
          [...place, 'zone'],
          `Target group ${String(from)} has no target in ${zone}: the experiment will break nothing.`,
          `Its targets are in ${[...new Set(zones)].sort().join(', ')}.`,
        );
      if (zones.some((each) => each !== zone)) return [];
      return warn(
        'no-target-left',
        [...place, 'zone'],
        `All targets of ${String(from)} are in ${zone}, and one must stay in service: the experiment will break nothing.`,
        'Put a target into another zone.',
      );
    }),
  ];
}

/** Undefined where the spec does not say it: an address, or a subnet that is given by its id. */
function zoneOf(target: Json, desired: readonly Desired[]): string | undefined {
  const find = (value: Json | undefined) => desired.find(({ address }) => address === refsIn(value ?? null)[0]?.address);
  const zone = find(find(asObject(target)['id'])?.values['subnet'])?.values['availabilityZone'];
  return typeof zone === 'string' ? zone : undefined;
}
