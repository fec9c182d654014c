/**
 * AWS behind the `Cloud` port, as small as the tutorial's stack allows: objects in memory, the dependency errors that AWS
 * answers, no time and no data plane. Written from the API references and not from albedo's tables, so that a wrong row
 * shows. It refuses where AWS would make a caller wait, so that a plan in the wrong order fails instead of getting slow.
 */

import type { Json } from '../../reconciler/model/json.ts';
import type { Cloud } from '../../reconciler/run/port.ts';
import { balancerOperations } from './tiny-balancers.ts';
import { ec2Operations } from './tiny-ec2.ts';
import { iamOperations } from './tiny-iam.ts';
import { listenerOperations } from './tiny-listeners.ts';
import { ACCOUNT, type Operations, openStore, type Wire } from './tiny-store.ts';

export interface TinyAws extends Cloud {
  readonly calls: { readonly op: string; readonly input: Wire }[];
  readonly objects: Map<string, Wire>;
  /** ARNs that the tagging API has not noticed yet. */
  readonly unnoticed: Set<string>;
  /** Runs after every write. */
  onWrite: (op: string) => void;
  all(type: string): Wire[];
}

export function tinyAws(): TinyAws {
  const store = openStore();
  const calls: { op: string; input: Wire }[] = [];
  const unnoticed = new Set<string>();
  /** What is gone is named on, with the tags it had. */
  const ghosts = new Map<string, Wire>();
  const tagged = (): [string, Wire][] =>
    [...store.objects.values()].flatMap(({ id, Tags }): [string, Wire][] => (id.startsWith('arn:') ? [[id, Tags]] : []));
  const operations: Operations = {
    'sts:GetCallerIdentity': () => ({ Account: ACCOUNT }),
    'ssm:GetParameter': () => ({ Parameter: { Value: 'ami-0123456789abcdef0' } }),
    ...ec2Operations(store),
    ...iamOperations(store),
    ...balancerOperations(store),
    ...listenerOperations(store),
    'tagging:GetResources': ({ ResourceTypeFilters, TagFilters: [{ Key, Values }] }) => ({
      ResourceTagMappingList: [...new Map([...ghosts, ...tagged()])].flatMap(([ResourceARN, Tags]) => {
        const ours = Tags.find((tag: Wire) => tag.Key === Key && (Values?.includes(tag.Value) ?? true));
        const types = ResourceTypeFilters.map((type: string) => `:${type.split(':')[1]}/`);
        return ours === undefined || unnoticed.has(ResourceARN) || !types.some((type: string) => ResourceARN.includes(type))
          ? []
          : [{ ResourceARN, Tags }];
      }),
    }),
  };
  const aws: TinyAws = {
    calls,
    unnoticed,
    objects: store.objects,
    all: store.all,
    onWrite: () => {},
    call: async (op, input) => {
      calls.push({ op, input });
      const before = JSON.stringify(input);
      if (before.includes('$ref') || before.includes('$deferred')) throw new Error(`${op} was sent a placeholder: ${before}`);
      if (op.includes(':Delete')) for (const [arn, tags] of tagged()) ghosts.set(arn, structuredClone(tags));
      const answer: Json = operations[op]?.(structuredClone(input)) ?? store.refuse('InvalidAction', op);
      if (!/:(Describe|List|Get)/.test(op)) aws.onWrite(op);
      return structuredClone(answer);
    },
  };
  return aws;
}
