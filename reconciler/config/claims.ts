/** What two specs of one run cannot both have: a stack, or a physical name, in an account and region. */

import type { Problem } from '../errors.ts';
import type { Position } from '../model/json.ts';
import { kindOf } from '../model/kinds.ts';
import type { Desired, Stack } from '../model/model.ts';
import { oneProblem } from './places.ts';

export interface NamedStack {
  readonly file: string;
  readonly stack: Stack;
  /** Twelve digits; absent where nothing says which: it may be that of any other spec. */
  readonly account?: string;
}

interface Claim {
  /** Two claims of one key exclude one another. */
  readonly key: string;
  readonly at: Position;
  readonly path: string;
  /** What is claimed, in words: `The load balancer name web of us-east-1`. */
  readonly what: string;
  readonly hint: string;
}

/** A mistake for every claim that an earlier spec has made already. Of a stack that is there twice nothing else is told. */
export function doubleClaims(specs: readonly NamedStack[]): readonly Problem[] {
  const seen = new Map<string, NamedStack[]>();
  return specs.flatMap((own): readonly Problem[] => {
    const problems = claimsOf(own.file, own.stack).flatMap(({ key, at, path, what, hint }): Problem[] => {
      const others = seen.get(key) ?? [];
      seen.set(key, [...others, own]);
      const other = others.find((each) => each.file !== own.file && mayBeOne(each.account, own.account));
      return other === undefined ? [] : [oneProblem(at, path, `${what} is also in ${other.file}.`, hint)];
    });
    const whole = problems.find(({ path }) => path === 'stack');
    return whole === undefined ? problems : [whole];
  });
}

const mayBeOne = (a: string | undefined, b: string | undefined): boolean => a === undefined || b === undefined || a === b;

function claimsOf(file: string, stack: Stack): readonly Claim[] {
  const { region } = stack;
  const whole: Claim = {
    key: `${region} stack ${stack.name}`,
    at: { file, line: 1, column: 1 },
    path: 'stack',
    what: `Stack ${stack.name} of ${region}`,
    hint: 'One file is one stack: give one of them another name.',
  };
  return [whole, ...stack.desired.flatMap((entry) => nameOf(entry, file, region))];
}

/** The name of a kind whose names are unique in an account and region (CreateLoadBalancer, CreateTargetGroup, CreateTrustStore). */
function nameOf(entry: Desired, file: string, region: string): readonly Claim[] {
  const name = entry.values['name'];
  if (typeof name !== 'string') return [];
  const { label } = kindOf(entry.kind);
  return [
    {
      key: `${region} ${entry.kind} ${name}`,
      at: entry.positions['name'] ?? entry.position ?? { file, line: 1, column: 1 },
      path: `${entry.address}.name`,
      what: `The ${label} name ${name} of ${region}`,
      hint: `In AWS, a name is unique to one ${label} in a region: choose another name in one of the files.`,
    },
  ];
}
