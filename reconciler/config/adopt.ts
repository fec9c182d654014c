import type { Problem } from '../errors.ts';
import type { Kind } from '../model/field.ts';
import type { Address } from '../model/json.ts';
import { KINDS } from '../model/kinds.ts';
import type { Adopted } from '../model/model.ts';
import { sectionOf } from '../model/sections.ts';
import type { At, Draft, SpecObject } from './draft.ts';
import { nearestName } from './nearest.ts';
import { formatPath } from './path.ts';
import { oneProblem } from './places.ts';
import { quoteValue } from './quote.ts';

/**
 * What `adopt:` takes over: addresses of this file, each with the ARN of an object that is there. Whether it is, and whose it is,
 * only AWS can say; see `observe/adopt.ts`.
 */
export function readAdopted(
  said: SpecObject,
  drafts: readonly Draft[],
  region: string,
  at: At,
): { readonly adopted: readonly Adopted[]; readonly problems: readonly Problem[] } {
  const adopted: Adopted[] = [];
  const problems: Problem[] = [];
  for (const [address, id] of Object.entries(said)) {
    const path = ['adopt', address];
    const report = (what: 'key' | 'value', [message, hint]: Mistake) =>
      problems.push(oneProblem(at(path, what), formatPath(path), message, hint));
    const kind: Kind | undefined = KINDS.find(({ name }) => address.startsWith(`${name}/`));
    const wrongAddress = checkAddress(address, kind, drafts);
    const wrongId = kind?.adoptable === undefined ? undefined : checkArn(String(id), kind, kind.adoptable, region);
    const twice = adopted.find((other) => other.id === id);
    if (wrongAddress !== undefined) report('key', wrongAddress);
    if (wrongId !== undefined) report('value', wrongId);
    else if (twice !== undefined)
      report('value', [`${quoteValue(String(id))} is also adopted as \`${twice.address}\`.`, 'List each resource under one address only.']);
    else if (wrongAddress === undefined) adopted.push({ address: address as Address, id: String(id), position: at(path) });
  }
  return { adopted, problems };
}

type Mistake = readonly [message: string, hint: string];

function checkAddress(address: string, kind: Kind | undefined, drafts: readonly Draft[]): Mistake | undefined {
  const adoptable = KINDS.filter((other: Kind) => other.adoptable !== undefined).map(({ name }) => name);
  if (kind !== undefined && kind.adoptable === undefined) {
    const section = sectionOf(kind.name);
    const key = Object.keys(section?.existing ?? {})[0];
    return [
      `A ${kind.label} cannot be adopted.`,
      section === undefined || key === undefined
        ? 'albedo creates it.'
        : `To use an existing one, set \`${key}\` under \`${section.path.join('.')}\`.`,
    ];
  }
  if (drafts.some((draft) => draft.address === address)) return undefined;
  const known = drafts.filter((draft) => adoptable.includes(draft.kind.name as never)).map((draft) => draft.address);
  const close = nearestName(address, known);
  return [
    `There is no ${quoteValue(address)} in this file.`,
    close === undefined ? `There are: ${known.join(', ')}.` : `Did you mean \`${close}\`?`,
  ];
}

/** ARNs of Elastic Load Balancing: Actions, resources and condition keys, in the service authorization reference. */
function checkArn(arn: string, kind: Kind, resource: string, region: string): Mistake | undefined {
  const match = /^arn:aws[a-z-]*:elasticloadbalancing:([a-z0-9-]+):\d{12}:([A-Za-z0-9/-]+)$/.exec(arn);
  if (match === null || !match[2]?.startsWith(resource))
    return [
      `${quoteValue(arn)} is not the ARN of a ${kind.label}.`,
      `It looks like \`arn:aws:elasticloadbalancing:${region}:123456789012:${resource}…\`.`,
    ];
  return match[1] === region
    ? undefined
    : [`This ${kind.label} is in ${match[1]}, but the stack is in ${region}.`, 'A stack is in one region.'];
}
