/** A listener that another team owns (`listeners.NAME.arn`): what may stand beside the ARN, and the range in which its rules are ours. */

import type { Problem } from '../errors.ts';
import type { Json } from '../model/json.ts';
import { type At, asObject } from './draft.ts';
import { formatPath } from './path.ts';
import { oneProblem } from './places.ts';

/** Priorities that are ours on a listener of somebody else, both ends among them. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** `100-199`; undefined for anything that is no range of priorities (1 to 50000, CreateRule, ELBv2 API reference). */
export function readRange(text: Json | undefined): Range | undefined {
  const [, from, to] = /^(\d{1,5})-(\d{1,5})$/.exec(String(text)) ?? [];
  const range = { from: Number(from), to: Number(to) };
  return range.from >= 1 && range.from <= range.to && range.to <= 50_000 ? range : undefined;
}

export const isForeign = (listener: Json | undefined): boolean => typeof asObject(listener)['arn'] === 'string';

/**
 * Mistakes that no field says by itself: keys beside the ARN, a range that is none or too small, a priority outside of it. And of the
 * frame: who has listeners of their own, or none at all, has a load balancer with subnets.
 */
export function checkForeignListeners(spec: Json, at: At): readonly Problem[] {
  const top = asObject(spec);
  const listeners = Object.entries(asObject(top['listeners']));
  const foreign = listeners.filter(([, entry]) => isForeign(entry));
  const problems = listeners.flatMap(([name, entry]) => (isForeign(entry) ? checkOne(name, entry, at) : besideOwn(name, entry, at)));
  if (top['loadBalancer'] === undefined && (foreign.length === 0 || foreign.length < listeners.length))
    problems.push(oneProblem(at([]), 'loadBalancer', '`loadBalancer` is missing in the spec.', 'Add `loadBalancer`: a mapping of fields.'));
  if (top['loadBalancer'] !== undefined && top['network'] !== undefined && asObject(top['network'])['subnets'] === undefined)
    problems.push(
      oneProblem(
        at(['network'], 'key'),
        'network.subnets',
        '`subnets` is missing in `network`.',
        'Add `subnets`: the load balancer needs them.',
      ),
    );
  return problems;
}

function besideOwn(name: string, entry: Json, at: At): Problem[] {
  if (asObject(entry)['priorities'] === undefined) return [];
  const path = ['listeners', name, 'priorities'];
  return [
    oneProblem(
      at(path, 'key'),
      formatPath(path),
      '`priorities` applies only with `arn`: on a listener of this stack, albedo manages all rules.',
      'Leave it out, or set `arn` to use an existing listener.',
    ),
  ];
}

function checkOne(name: string, entry: Json, at: At): readonly Problem[] {
  const { priorities, rules, ...more } = asObject(entry);
  const base = ['listeners', name];
  const report = (path: readonly string[], what: 'key' | 'value', message: string, hint: string) =>
    oneProblem(at(path, what), formatPath(path), message, hint);
  const problems = Object.keys(more)
    .filter((key) => key !== 'arn')
    .map((key) =>
      report(
        [...base, key],
        'key',
        `\`${key}\` cannot be set together with \`arn\`: the listener has another owner, and albedo does not change it.`,
        `Leave out \`${key}\`, or leave out \`arn\` so that albedo creates the listener.`,
      ),
    );
  const range = readRange(priorities);
  const place = [...base, 'priorities'];
  if (priorities === undefined)
    problems.push(
      report(
        place,
        'key',
        '`priorities` is missing: it sets which rules of the listener belong to this stack.',
        'For example: `priorities: 100-199`.',
      ),
    );
  else if (range === undefined)
    problems.push(
      report(
        place,
        'value',
        `\`${String(priorities)}\` is not a range of priorities.`,
        'Write two numbers from 1 to 50000, the lower one first: `100-199`.',
      ),
    );
  if (range === undefined) return problems;
  const own = Object.entries(asObject(rules));
  const size = range.to - range.from + 1;
  if (own.length > size)
    problems.push(report(place, 'value', `${own.length} rules do not fit into ${size} priorities.`, 'Widen the range.'));
  for (const [rule, inner] of own) {
    const { priority } = asObject(inner);
    if (typeof priority !== 'number' || (priority >= range.from && priority <= range.to)) continue;
    problems.push(
      report(
        [...base, 'rules', rule, 'priority'],
        'value',
        `Priority ${priority} is outside ${range.from}-${range.to}, the range of this stack on the listener.`,
        'Use one of them, or leave it out.',
      ),
    );
  }
  return problems;
}
