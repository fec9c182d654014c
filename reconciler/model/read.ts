import type { Json } from './json.ts';

/** Where the tags of an object are: in the object itself at a path, or in the answer of a call that takes the ids of several. */
export type TagSource =
  | { readonly at: string }
  | {
      readonly op: string;
      /** The list parameter for ids, and how many ids a call takes, of any kinds of the service. */
      readonly ids: { readonly param: string; readonly most: number };
      /** The list in the answer, and in each entry its id and its tags. */
      readonly list: string;
      readonly id: string;
      readonly tags: string;
    };

/** A further read for each object, merged into the object under its own name. */
export interface DetailRead {
  readonly op: string;
  readonly param: string;
  /** Path in the object of what `param` takes. */
  readonly from: string;
  /** What of the answer is merged, and under which name. */
  readonly keep: string;
  readonly as?: string;
  /** Read to destroy, too. */
  readonly always?: true;
  /** Only when the spec says that field of the object. */
  readonly ifSaid?: string;
  /** Some regions, partitions or policies refuse it: its fields are then left out of the comparison, with a note. */
  readonly optional?: true;
}

/** How the objects of a kind are found and read. What a read costs is decided from this alone: `observe/` knows no kind. */
export interface Read {
  /**
   * Whose an object is, and how ours are listed. `tagged`: by tags, which the list filters by and holds. `listed`: by tags, after a
   * list of everybody's. `child`: by tags, listed by the parent. `path`: by the path that its name stands under.
   */
  readonly by: 'tagged' | 'listed' | 'child' | 'path';
  readonly op: string;
  /** Path of the list in the answer. */
  readonly list: string;
  /** Extra filters or parameters. */
  readonly input?: Json;
  readonly tags: TagSource;
  /** How many a page holds is said, where the service's own choice is unpublished or small. */
  readonly page?: { readonly param: string; readonly size: number };
  /** The parameter that takes ids in place of a parent or of everything, and how many of them. */
  readonly ids?: { readonly param: string; readonly most: number };
  /** For `child`: the parent kind, and the parameter that takes its id. */
  readonly parent?: string;
  readonly parentParam?: string;
  /** For `child`: the parent's id is this one's without its last part, with the second text for the first. Absent: `parentParam` is in the object. */
  readonly parentInId?: readonly [string, string];
  /** For `path`: the parameter, where the path is in an object, and the paths of a region and of a stack in it. */
  readonly path?: { readonly param: string; readonly at: string; readonly region: string; readonly stack: string };
  /** For `listed`: who has objects in another network than a stack's is asked about none of them, unless a name says otherwise. */
  readonly within?: { readonly path: string; readonly kind: string };
  /** The type of the Resource Groups Tagging API, which finds many by their tags. */
  readonly tagType?: string;
  /** Paths of what names a stranger's object to people: `Protocol`, `Port`. */
  readonly describe?: readonly string[];
  /**
   * Most stacks have none: read only when a spec holds one, or when one of ours of that kind names one at the path. `whileDestroying`:
   * and by every destroy, since nothing else would tell of one that is left.
   */
  readonly mentionedBy?: { readonly kind: string; readonly path: string; readonly whileDestroying?: true };
  /** Objects to pass over: terminated instances. */
  readonly except?: { readonly path: string; readonly values: readonly string[] };
  readonly details?: readonly DetailRead[];
  /**
   * What is inside a text, taken apart by a decoder of `observe/decoders.ts` and merged under `as`. `due`: the decoded end (ISO 8601),
   * against the spec's field of days before it, gives the value of the field `renewal`.
   */
  readonly decoded?: {
    readonly by: 'x509';
    readonly from: string;
    readonly chain: string;
    readonly as: string;
    readonly due: { readonly end: string; readonly days: string };
  };
}

/** Tags as EC2 gives them: in every answer. */
export const TAGS_WITHIN: TagSource = { at: 'Tags' };

/** ELBv2 DescribeTags takes 20 ARNs of any kinds (API reference). */
export const ELB_TAGS: TagSource = {
  op: 'elbv2:DescribeTags',
  ids: { param: 'ResourceArns', most: 20 },
  list: 'TagDescriptions[]',
  id: 'ResourceArn',
  tags: 'Tags',
};

/** ELBv2 lists hold at most 400 a page (API reference); what they hold without being told is not published. */
export const ELB_PAGE = { param: 'PageSize', size: 400 } as const;

/** EC2 lists hold at most 1000 a page; DescribeRouteTables 100 (EC2 API reference). */
export const EC2_PAGE = { param: 'MaxResults', size: 1000 } as const;

/** ELBv2 takes at most 20 ARNs in a describe call ("Up to 20 … but 102 were specified"). */
export const elbIds = (param: string) => ({ param, most: 20 }) as const;
