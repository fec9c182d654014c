/** A small judge of IAM policies: Allow statements with the operators that are used here (IAM user guide, policy evaluation). */
import type { PolicyDocument } from '../../reconciler/iam/policy.ts';
import type { Json } from '../../reconciler/model/json.ts';
import { valueAt, valuesAt } from '../../reconciler/model/paths.ts';
import { AUTHORIZATION } from './service-authorization.ts';

export interface Call {
  /** `ec2:CreateVpc`, as IAM writes it. */
  readonly action: string;
  readonly resource: string;
  readonly context: Readonly<Record<string, string | readonly string[]>>;
}

const like = (pattern: string, text: string): boolean =>
  new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  ).test(text);

export function allows(documents: readonly PolicyDocument[], call: Call): boolean {
  return documents.some((document) =>
    document.Statement.some(
      (statement) =>
        statement.Action.includes(call.action) &&
        statement.Resource.some((pattern) => like(pattern, call.resource)) &&
        Object.entries(statement.Condition ?? {}).every(([operator, keys]) =>
          Object.entries(keys).every(([key, wanted]) => {
            const has = call.context[key];
            const values = typeof wanted === 'string' ? [wanted] : wanted;
            if (operator === 'Null') return values.includes(String(has === undefined));
            if (operator === 'ForAllValues:StringEquals') return [has ?? []].flat().every((one) => values.includes(one));
            if (has === undefined) return operator.endsWith('IfExists');
            if (typeof has !== 'string') throw new Error(`${key} has several values: ${operator} is not for it`);
            if (operator === 'ArnLike') return values.some((value) => like(value, has));
            if (/^StringEquals(IfExists)?$/.test(operator)) return values.includes(has);
            if (/^StringLike(IfExists)?$/.test(operator)) return values.some((value) => like(value, has));
            throw new Error(`the judge does not know ${operator}`);
          }),
        ),
    ),
  );
}

export interface World {
  readonly account: string;
  readonly region: string;
  readonly stack: string;
  /** The stack tag of what exists; absent: it has none. */
  readonly owner?: string;
}

const arnOf = (type: string, { account, region, stack }: World, action: string): string => {
  if (type === '') return '*';
  if (type === 'image') return `arn:aws:ec2:${region}::image/ami-1`;
  if (type === 'server-certificate') return `arn:aws:iam::${account}:server-certificate/albedo/${region}/${stack}/name-1`;
  if (type === 'parameter')
    return action === 'ssm:GetParameter'
      ? `arn:aws:ssm:${region}::parameter/aws/service/ami-amazon-linux-latest/al2023`
      : `arn:aws:ssm:${region}:${account}:parameter/albedo/${stack}/lock`;
  if (type === 'schedule') return `arn:aws:scheduler:${region}:${account}:schedule/default/albedo.${stack}.i-1`;
  if (type === 'safety-lever') return `arn:aws:fis:${region}:${account}:safety-lever/default`;
  if (action.startsWith('fis:')) return `arn:aws:fis:${region}:${account}:${type}/${type === 'action' ? 'aws:ec2:stop-instances' : 'EX1'}`;
  if (action.startsWith('ec2:')) return `arn:aws:ec2:${region}:${account}:${type}/id-1`;
  return `arn:aws:elasticloadbalancing:${region}:${account}:${type}/name/1`;
};

/** Nobody's tags are on these: they belong to AWS, or are pointed to by name. */
const FOREIGN = new Set(['image', 'key-pair']);

/** What IAM asks for one call: its action on each type that it touches, and tagging while something is made. */
export function callsOf(action: string, input: Json, world: World): readonly Call[] {
  const facts = AUTHORIZATION[action];
  if (facts === undefined) throw new Error(`the Service Authorization Reference has no ${action}, or the table of the tests lacks it`);
  const tags = tagsIn(input);
  const tag = tags.find((entry) => entry.Key === 'albedo:stack')?.Value;
  const keys = tags.flatMap((entry) => entry.Key ?? []);
  const types = facts.split(' ').map((entry) => entry.split('+') as [string, string?]);
  const own = types.map(([type, flags = '']): Call => {
    const context: Record<string, string | readonly string[]> = {};
    if (flags.includes('Q') && tag !== undefined) context['aws:RequestTag/albedo:stack'] = tag;
    if (flags.includes('Q') && keys.length > 0) context['aws:TagKeys'] = keys;
    if (flags.includes('R') && world.owner !== undefined && !FOREIGN.has(type)) context['aws:ResourceTag/albedo:stack'] = world.owner;
    return { action, resource: arnOf(type, world, action), context };
  });
  return action === 'ec2:CreateTags' || action === 'elasticloadbalancing:AddTags' || tag === undefined
    ? own
    : [...own, ...taggingOf(action, tag, types, world)];
}

function taggingOf(action: string, tag: string, types: readonly [string, string?][], world: World): readonly Call[] {
  const [service = '', name = ''] = action.split(':');
  const made =
    { CreateListener: ['listener/app'], CreateRule: ['listener-rule/app'] }[name] ??
    types.filter(([, flags = '']) => flags.includes('Q')).map(([type]) => type);
  const by = {
    ec2: 'ec2:CreateTags',
    elasticloadbalancing: 'elasticloadbalancing:AddTags',
    iam: 'iam:TagServerCertificate',
    ssm: 'ssm:AddTagsToResource',
    fis: 'fis:TagResource',
  }[service];
  if (by === undefined) throw new Error(`how does ${service} tag?`);
  return made.map((type) => ({
    action: by,
    resource: arnOf(type, world, action),
    context: {
      'aws:RequestTag/albedo:stack': tag,
      ...(service === 'ec2' || service === 'elasticloadbalancing' ? { [`${service}:CreateAction`]: name } : {}),
    },
  }));
}

const tagsIn = (input: Json): readonly { readonly Key?: string; readonly Value?: string }[] => [
  ...([...valuesAt(input, 'Tags[]'), ...valuesAt(input, 'TagSpecifications[].Tags[]')] as never[]),
  ...Object.entries((valueAt(input, 'tags') ?? {}) as Readonly<Record<string, string>>).map(([Key, Value]) => ({ Key, Value })),
];

/** The calls of these that no statement allows, in words. */
export const refusedOf = (documents: readonly PolicyDocument[], calls: readonly Call[]): readonly string[] => [
  ...new Set(calls.filter((call) => !allows(documents, call)).map(({ action, resource }) => `${action} on ${resource}`)),
];
