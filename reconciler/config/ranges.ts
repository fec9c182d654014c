import type { Problem } from '../errors.ts';
import { formatDuration, parseDuration } from '../model/codec.ts';
import { canonicalCidr, overlap, parseCidr } from '../model/ipv4.ts';
import { canonicalCidr6, parseAddress6 } from '../model/ipv6.ts';
import { asList, type Json } from '../model/json.ts';
import { LEGAL, type Legal, type LegalName } from '../model/legal.ts';
import { type At, asObject } from './draft.ts';
import type { ParsedSpec } from './parse.ts';
import { formatPath } from './path.ts';
import { oneProblem } from './places.ts';
import { quoteValue } from './quote.ts';
import { resolveSchema } from './schema.ts';

type Schema = { readonly [key: string]: Json };

/**
 * What JSON Schema cannot say of a text: spans (`8d` where at most `7d` is allowed), sizes of networks, regular expressions. Walks the
 * value along the schema, whose `x-seconds`, `x-days` and `x-prefix` hold the limits, and whose `x-legal` names a row of `legal.ts`.
 */
export const checkRanges = (spec: Json, schema: Schema, at: At): readonly Problem[] => rangesIn(spec, schema, schema, at, []);

/** The same of a file that is no spec. */
export const rangesOf = ({ value, at }: ParsedSpec, schema: Schema): readonly Problem[] =>
  value === undefined ? [] : checkRanges(value, schema, (path, what = 'value') => at(path, what));

function rangesIn(spec: Json, said: Schema, root: Schema, at: At, path: readonly (string | number)[]): readonly Problem[] {
  const schema = resolveSchema(said, root) as Schema;
  const own = checkOne(spec, schema, at, path);
  if (Array.isArray(spec)) {
    return [...own, ...spec.flatMap((item: Json, index) => rangesIn(item, asObject(schema['items']), root, at, [...path, index]))];
  }
  if (typeof spec !== 'object' || spec === null) return own;
  const properties = asObject((objectForm(schema) ?? schema)['properties']);
  return [
    ...own,
    ...Object.entries(spec).flatMap(([key, value]) =>
      rangesIn(value, asObject(properties[key] ?? schema['additionalProperties']), root, at, [...path, key]),
    ),
  ];
}

/** Of a value that may be a name or an object, the object: `forward: web` or `forward: { targetGroups: … }`. */
const objectForm = (schema: Schema): Schema | undefined =>
  asList(schema['anyOf'])
    .map(asObject)
    .find((form) => form['properties'] !== undefined);

function checkOne(value: Json, schema: Schema, at: At, path: readonly (string | number)[]): readonly Problem[] {
  if (typeof value !== 'string') return [];
  const problem = (message: string, hint: string): readonly Problem[] => [oneProblem(at(path), formatPath(path), message, hint)];
  const name = String(path.at(-1) ?? '');
  const span = schema['x-seconds'];
  if (Array.isArray(span)) return checkSpan(name, value, parseDuration(value), Number(span[0]), Number(span[1]), formatDuration, problem);
  const days = schema['x-days'];
  if (Array.isArray(days))
    return checkSpan(name, value, parseDuration(value) / 86400, Number(days[0]), Number(days[1]), (count) => `${count}d`, problem);
  if (schema['x-network'] === true) return checkPeer(value, problem);
  const legal: Legal | undefined = LEGAL[schema['x-legal'] as LegalName];
  const wrong = legal?.wrong(value);
  if (legal !== undefined && wrong !== undefined) return problem(`${quoteValue(value)} ${wrong}.`, legal.hint);
  const prefix = schema['x-prefix'];
  return Array.isArray(prefix) ? checkNetwork(value, Number(prefix[0]), Number(prefix[1]), problem) : [];
}

type Tell = (message: string, hint: string) => readonly Problem[];

/** Text that is no span at all (NaN) is left to the schema. */
function checkSpan(
  name: string,
  said: string,
  amount: number,
  least: number,
  most: number,
  show: (amount: number) => string,
  tell: Tell,
): readonly Problem[] {
  const hint = `Write \`${show(least)}\` to \`${show(most)}\`.`;
  if (amount < least) return tell(`\`${name}\` is \`${said}\`; the minimum is \`${show(least)}\`.`, hint);
  return amount > most ? tell(`\`${name}\` is \`${said}\`; the maximum is \`${show(most)}\`.`, hint) : [];
}

/** A peer of a security group rule that is written as an address, or as a network with digits and dots, or colons. Names are left to `names.ts`. */
function checkPeer(value: string, tell: Tell): readonly Problem[] {
  if (value.includes('/') && !value.includes(':')) return checkNetwork(value, 0, 32, tell, true);
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(value))
    return tell(`\`${value}\` is an address, and a rule takes networks.`, `Write \`${value}/32\` for this address alone.`);
  if (!value.includes(':')) return [];
  if (parseAddress6(value) !== undefined)
    return tell(`\`${value}\` is an address, and a rule takes networks.`, `Write \`"${value}/128"\` for this address alone.`);
  const proper = canonicalCidr6(value);
  if (proper === undefined)
    return tell(`\`${value}\` is not an IPv6 network.`, 'Write an address and a size of 0 to 128, as in `"2001:db8::/32"`.');
  const written = value.toLowerCase();
  return written === proper || canonicalCidr6(`${written.split('/')[0]}/128`) === `${proper.split('/')[0]}/128`
    ? []
    : tell(`\`${value}\` has bits set beyond its size.`, `AWS would make it \`${proper}\`: write that.`);
}

/** What no VPC and no subnet can have: loopback, link-local and multicast addresses (VPC user guide, "VPC CIDR blocks"; CreateVpc: InvalidVpc.Range). */
const NEVER_OURS: Readonly<Record<string, string>> = {
  '0.0.0.0/8': 'this network itself',
  '127.0.0.0/8': 'the loopback',
  '169.254.0.0/16': 'link-local addresses',
  '224.0.0.0/4': 'multicast',
};

function checkNetwork(value: string, widest: number, narrowest: number, tell: Tell, anywhere = false): readonly Problem[] {
  if (!/^\d+(\.\d+){3}\/\d+$/.test(value))
    return /^[\d./]+$/.test(value) && anywhere
      ? tell(`\`${value}\` is not an IPv4 network.`, 'Write four numbers and a size, as in `10.0.0.0/16`.')
      : [];
  const zeros = value.replace(/(?<![\d])0+(?=\d)/g, '');
  if (zeros !== value)
    return tell(
      `\`${value}\` has a number with a leading zero, which some read as octal.`,
      parseCidr(zeros) === undefined
        ? 'Each number is 0 to 255 and the size 0 to 32, as in `10.0.0.0/16`.'
        : `Write \`${canonicalCidr(zeros)}\`.`,
    );
  const network = parseCidr(value);
  if (network === undefined)
    return tell(`\`${value}\` is not an IPv4 network.`, 'Each number is 0 to 255 and the size 0 to 32, as in `10.0.0.0/16`.');
  if (network.prefix < widest || network.prefix > narrowest) {
    const hint =
      network.prefix > narrowest && narrowest === 27
        ? 'A load balancer needs /27 or larger, with 8 free addresses (ELB user guide).'
        : `Write a size of /${widest} to /${narrowest}.`;
    return tell(`\`${value}\`: a network of /${network.prefix} is too ${network.prefix < widest ? 'large' : 'small'}.`, hint);
  }
  const taken = anywhere ? undefined : Object.entries(NEVER_OURS).find(([block]) => overlap(block, value));
  if (taken !== undefined)
    return tell(
      `\`${value}\` is within ${taken[0]}, ${taken[1]}.`,
      'Choose private addresses, such as a part of `10.0.0.0/8` (InvalidVpc.Range).',
    );
  const proper = canonicalCidr(value);
  return proper === value ? [] : tell(`\`${value}\` has bits set beyond its size.`, `AWS would make it \`${proper}\`: write that.`);
}
