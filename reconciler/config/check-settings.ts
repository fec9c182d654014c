import type { Problem } from '../errors.ts';
import { parseDuration } from '../model/codec.ts';
import type { Json } from '../model/json.ts';
import type { Desired } from '../model/model.ts';
import { refsIn, valueAt } from '../model/paths.ts';
import { VERIFY } from '../model/top.ts';
import { type At, asObject, type SpecObject } from './draft.ts';
import { formatPath } from './path.ts';
import { oneProblem } from './places.ts';

/** Chaos that could show nothing: a victim that serves nothing, or that is stopped when the load has ended. */
export function checkSettings(spec: Json, desired: readonly Desired[], at: At): readonly Problem[] {
  const stop = asObject(valueAt(spec, 'chaos.stopInstance'));
  const group = desired.find((entry) => entry.address === `targetGroup/${String(stop['from'])}`);
  return group === undefined ? [] : [...checkVictim(stop, group, at), ...checkMoment(stop, asObject(valueAt(spec, 'load')), at)];
}

function problem(key: string, message: string, hint: string, at: At): readonly Problem[] {
  const place = ['chaos', 'stopInstance', key];
  return [oneProblem(at(place), formatPath(place), message, hint)];
}

function checkVictim(stop: SpecObject, group: Desired, at: At): readonly Problem[] {
  const serving = [...new Set(refsIn(group.values['targets']).map((ref) => ref.address.slice(ref.address.indexOf('/') + 1)))];
  const [from, victim] = [String(stop['from']), stop['instance']];
  if (serving.length === 0)
    return problem(
      'from',
      `The target group \`${from}\` has no instance of this stack among its targets.`,
      'List the instances that serve under its `targets`.',
      at,
    );
  if (typeof victim !== 'string' || serving.includes(victim)) return [];
  return problem(
    'instance',
    `\`${victim}\` is no target of \`${from}\`.`,
    `Its targets are ${serving.map((name) => `\`${name}\``).join(', ')}.`,
    at,
  );
}

function checkMoment(stop: SpecObject, load: SpecObject, at: At): readonly Problem[] {
  const defaultOf = (path: string): Json => valueAt(VERIFY, path) ?? null;
  const length = parseDuration(load['duration'] ?? defaultOf('load.properties.duration.default'));
  const moment = parseDuration(stop['at'] ?? defaultOf('chaos.properties.stopInstance.properties.at.default'));
  return moment < length
    ? []
    : problem(
        'at',
        `The instance would be stopped after ${moment} s, when the load of ${length} s has ended.`,
        'Stop it earlier, or lengthen `load.duration`.',
        at,
      );
}
