import { nearestName } from '../config/nearest.ts';
import { ReconcileError } from '../errors.ts';
import type { Json } from '../model/json.ts';
import { valueAt } from '../model/paths.ts';

/** A load balancer as DescribeLoadBalancers shows it, by what people call it. */
export interface Balancer {
  readonly arn: string;
  readonly name: string;
  readonly dnsName: string;
  readonly object: Json;
}

/** The region that an ARN or a DNS name of a load balancer speaks of. */
export function regionIn(word: string): string | undefined {
  return /^arn:aws[a-z-]*:elasticloadbalancing:([a-z0-9-]+):/.exec(word)?.[1] ?? /\.([a-z0-9-]+)\.elb\.amazonaws\.com/i.exec(word)?.[1];
}

/**
 * The one load balancer that `word` means: by ARN, name or DNS name; else the only one whose name, whatever its case, begins like
 * that. Throws `ImportRefused`, naming what there is, when it is none, several, or of another type.
 */
export function findBalancer(word: string, objects: readonly Json[], region: string): Balancer {
  const all = objects.map((object): Balancer & { readonly type: string } => ({
    arn: text(object, 'LoadBalancerArn'),
    name: text(object, 'LoadBalancerName'),
    dnsName: text(object, 'DNSName'),
    type: text(object, 'Type'),
    object,
  }));
  const said = word.toLowerCase().replace(/\.$/, '');
  // Clients of a dualstack load balancer know it by that prefix too (DNS name, ALB user guide).
  const host = said.replace(/^dualstack\./, '');
  const exact = all.filter((entry) => entry.arn === word || entry.name === word || entry.dnsName.toLowerCase() === host);
  const near = exact.length > 0 ? exact : all.filter((entry) => said !== '' && entry.name.toLowerCase().startsWith(said));
  const [found, second] = near;
  if (second !== undefined)
    throw unknown(
      `${near.length} load balancers in ${region} match ${word}: ${list(near.map(({ name }) => name))}`,
      'Give the whole name.',
    );
  if (found === undefined) throw noneFound(word, all, region);
  if (found.type !== 'application')
    throw unknown(`${found.name} is a ${found.type} load balancer`, 'albedo manages only Application Load Balancers.');
  return found;
}

function noneFound(word: string, all: readonly (Balancer & { readonly type: string })[], region: string): ReconcileError {
  const names = all.filter(({ type }) => type === 'application').map(({ name }) => name);
  const close = nearestName(word, names);
  return unknown(
    `there is no load balancer ${word} in ${region}`,
    names.length === 0
      ? `These credentials see no load balancer in ${region}; use --region for another region.`
      : `${close === undefined ? '' : `Did you mean ${close}? `}There ${names.length === 1 ? 'is' : 'are'}: ${list(names)}.`,
  );
}

const unknown = (message: string, hint: string): ReconcileError => new ReconcileError('ImportRefused', message, { hint });

const MOST = 20;
const list = (names: readonly string[]): string =>
  `${[...names].sort().slice(0, MOST).join(', ')}${names.length > MOST ? ` and ${names.length - MOST} more` : ''}`;

const text = (object: Json, path: string): string => String(valueAt(object, path) ?? '');
