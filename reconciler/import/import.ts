import { readSpec } from '../config/read.ts';
import { type Problem, ReconcileError } from '../errors.ts';
import type { Json } from '../model/json.ts';
import { valuesAt } from '../model/paths.ts';
import { pathOf } from '../model/sections.ts';
import { TOP } from '../model/top.ts';
import { observe } from '../observe/observe.ts';
import type { Change } from '../plan/types.ts';
import { explain, hashing, type Preview, preview, type Session } from '../run/pipeline.ts';
import { describeLive } from './describe.ts';
import { discover, findScaled, ownerOf } from './discover.ts';
import { type Balancer, findBalancer, regionIn } from './find.ts';
import { legalName } from './names.ts';
import { writeSpec } from './text.ts';

export interface ImportOptions {
  readonly region: string;
  /** Default: the stack that the tags name, else made of the load balancer's name. */
  readonly stack?: string;
  /** Where the text will be, for the places of mistakes. */
  readonly file: string;
  /** The schema, relative to the file, for editors; absent where no file is near. */
  readonly schema?: string;
}

export interface Imported {
  readonly stack: string;
  readonly balancer: Pick<Balancer, 'arn' | 'name' | 'dnsName'>;
  /** The stack that has it already. */
  readonly owner?: string;
  readonly text: string;
  readonly adopted: number;
  /** What is live and not in the text. */
  readonly lost: readonly string[];
  readonly advice: readonly string[];
  /** Mistakes that the text has as a spec: AWS has what a spec may not say. Without them it was planned. */
  readonly problems: readonly Problem[];
  readonly preview?: Preview;
  /** What applying the text would change beyond tags: nothing, if all is well. */
  readonly differences: readonly Change[];
}

/** The region to look in: as said, or as the ARN or DNS name says, or that of the environment. */
export function regionFor(word: string, said: string | undefined, env: Readonly<Record<string, string | undefined>>): string {
  const own = regionIn(word);
  if (said !== undefined && own !== undefined && said !== own)
    throw new ReconcileError('ImportRefused', `${word} is in ${own}, not in ${said}`, { hint: `Leave --region out, or use ${own}.` });
  const region = said ?? own ?? env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'];
  if (region === undefined || !new RegExp(String(TOP['region']?.['pattern'])).test(region))
    throw new ReconcileError('ImportRefused', region === undefined ? 'no region was given' : `${region} is not a region`, {
      hint: 'Give one, such as --region us-east-1.',
    });
  return region;
}

/** A live load balancer, no matter who made it, as a spec whose plan changes nothing but tags. Reads only. */
export async function importBalancer(word: string, options: ImportOptions, session: Session): Promise<Imported> {
  const { region } = options;
  const call = (op: string, input: Json) => session.cloud.call(op, input, { signal: session.signal });
  session.emit({ kind: 'phase', phase: 'observe', text: `looking for ${word} in ${region}` });
  const { balancer, owner, discovery, observation, scaled } = await explain(session, async () => {
    const balancer = findBalancer(word, valuesAt(await call('elbv2:DescribeLoadBalancers', {}), 'LoadBalancers[]'), region);
    const owner = await ownerOf(balancer, call);
    const stack = stackFor(balancer, owner, options.stack);
    session.emit({ kind: 'phase', phase: 'observe', text: `reading ${balancer.name}` });
    const discovery = await discover(balancer, stack, region, call);
    const observation = await observe(discovery.stack, session.cloud, { signal: session.signal, thorough: true });
    return { balancer, owner, discovery, observation, scaled: await findScaled(observation.observed, call) };
  });
  const described = describeLive(discovery, observation, scaled);
  const text = writeSpec(described.spec, described.adopt, {
    ...(options.schema === undefined ? {} : { modeline: `yaml-language-server: $schema=${options.schema}` }),
    header: headerOf(balancer, owner, described),
    comments: {
      'network.vpc': 'The network stays unchanged: the spec refers to it by id.',
      ...Object.fromEntries(Object.entries(described.comments).map(([address, text]) => [pathOf(address).join('.'), text])),
      adopt: 'The next apply with --adopt tags these. After that, you can delete this section.',
    },
  });
  const base = {
    stack: discovery.stack.name,
    balancer,
    ...(owner === undefined ? {} : { owner }),
    text,
    adopted: described.adopt.length,
    lost: described.lost,
    advice: described.advice,
  };
  return { ...base, ...(await trial(text, options.file, session)) };
}

/** Reads the text back and plans it, so that it is known what an apply would do. */
async function trial(text: string, file: string, session: Session): Promise<Pick<Imported, 'problems' | 'preview' | 'differences'>> {
  const { spec, problems } = readSpec(new TextEncoder().encode(text), file, { ...hashing, env: (name) => session.env[name] });
  if (spec === undefined) return { problems, differences: [] };
  try {
    const previewed = await preview(spec, session);
    return { problems: [], preview: previewed, differences: previewed.plan.changes.filter((change) => !isAdoption(change)) };
  } catch (thrown) {
    if (thrown instanceof ReconcileError && thrown.code === 'SpecInvalid' && Array.isArray(thrown.cause))
      return { problems: thrown.cause as readonly Problem[], differences: [] };
    throw thrown;
  }
}

const isAdoption = (change: Change): boolean => change.verb === 'adopt' && change.fields.every(({ field }) => field.startsWith('tags.'));

function stackFor(balancer: Balancer, owner: string | undefined, wanted: string | undefined): string {
  if (wanted !== undefined && !new RegExp(String(TOP['stack']?.['pattern'])).test(wanted))
    throw new ReconcileError('ImportRefused', `${wanted} is not a valid stack name`, {
      hint: `A name is ${String(TOP['stack']?.['x-pattern-message'])}.`,
    });
  if (owner !== undefined && wanted !== undefined && wanted !== owner)
    throw new ReconcileError('ImportRefused', `${balancer.name} belongs to the stack ${owner}`, {
      hint: `Import it under that name: without --stack, or with --stack ${owner}.`,
    });
  const made = legalName(balancer.name).slice(0, 32).replace(/-+$/, '');
  return owner ?? wanted ?? (made.length < 2 ? 'imported' : made);
}

function headerOf(balancer: Balancer, owner: string | undefined, { lost }: { readonly lost: readonly string[] }): readonly string[] {
  return [
    `The load balancer ${balancer.name} (${balancer.dnsName}), as albedo import found it.`,
    ...(owner === undefined ? [] : [`The stack ${owner} manages it already.`]),
    'Fields that are not in this file have the AWS default.',
    ...(lost.length === 0 ? [] : ['Not in this file:', ...lost.map((text) => `- ${text.replaceAll('\n', ' ')}`)]),
  ];
}
