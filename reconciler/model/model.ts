import type { Address, Json, Note, Position } from './json.ts';

/** A resource as the spec wants it, in the normal form of its kind. Absent fields are left alone. */
export interface Desired {
  readonly address: Address;
  readonly kind: string;
  readonly values: Readonly<Record<string, Json>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly position?: Position;
  /** Where single fields were said. */
  readonly positions: Readonly<Record<string, Position>>;
  /** Fields (or groups of fields, or `tags.<key>`) that the spec leaves to another owner once the object is there. */
  readonly ignored: readonly string[];
  /** Fields the user did not say and albedo does not own. */
  readonly unmanaged: readonly string[];
  /** Of what stands in a rank under something of somebody else: the places that are ours, both ends among them. */
  readonly range?: { readonly from: number; readonly to: number };
}

/** A resource as AWS has it, decoded by the same table. */
export interface Live {
  readonly address: Address;
  readonly kind: string;
  readonly id: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly values: Readonly<Record<string, Json>>;
  readonly tags: Readonly<Record<string, string>>;
  /**
   * By field and canonical member: the handle of members removed by one, also of wanted ones that something else has; of a set with
   * `expandBeforeShrink.seen`, what is seen there.
   */
  readonly handles: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Why a field has its value, in words that are said with a change of it. They may speak of today: no digest holds them. */
  readonly reasons?: Readonly<Record<string, string>>;
  /** How it does, as AWS says: of a target group one for each target. Of today: no digest holds them. */
  readonly states?: readonly State[];
  /** Fields that AWS would not show: neither compared nor changed. A note says so. */
  readonly unread?: readonly string[];
}

/** The state of an object, or of one of its members. */
export interface State {
  /** The member, in canonical JSON of its normal form; absent: the object itself. */
  readonly of?: string;
  /** As AWS says it: `healthy`, `stopped`. */
  readonly state: string;
  /** AWS's code and sentence for why. */
  readonly code?: string;
  readonly text?: string;
}

/** An object of somebody else beside ours: a listener on our load balancer, a rule on our listener, a user of our target group. */
export interface Foreign {
  readonly kind: string;
  readonly id: string;
  /** Physical id of our object that it hangs on; it goes with that one. */
  readonly parent?: string;
  /** What it is, in words: `rule 5`. */
  readonly text: string;
  /** Physical ids of target groups that it forwards to. */
  readonly forwardsTo: readonly string[];
  /** It carries the tag of the stack, and none that says which of its objects it is. */
  readonly lostAddress?: true;
}

/** Something that exists already and that the spec only points to: `{ id: vpc-… }`. */
export interface Existing {
  readonly address: Address;
  readonly position: Position;
  /** Known at once (an ARN), or from the look-up below. */
  readonly outputs: Readonly<Record<string, string>>;
  readonly lookup?: {
    readonly op: string;
    readonly input: Json;
    readonly list: string;
    readonly outputs: Readonly<Record<string, string>>;
  };
}

/** An object of somebody else that the spec takes over: known by its ARN until it carries our tags. */
export interface Adopted {
  readonly address: Address;
  readonly id: string;
  readonly position: Position;
}

export interface Stack {
  readonly name: string;
  readonly region: string;
  readonly file: string;
  readonly desired: readonly Desired[];
  readonly existing: readonly Existing[];
  readonly adopt: readonly Adopted[];
  readonly notes: readonly Note[];
  /** How many instances are replaced at a time: a number, or a share of all of them such as `25%`. */
  readonly maxSurge: number | string;
  /** The spec, normalised, for the spec digest and the report. */
  readonly spec: Json;
}

/** Everything observed in one pass. */
export interface Observed {
  readonly account: string;
  readonly live: readonly Live[];
  /** Older or extra objects of ours under an address that another one holds: left by an interrupted run. */
  readonly duplicates: readonly Live[];
  /** Names taken by objects that are not of this stack. `stack`: the one that their tags name; absent: nobody tagged them. */
  readonly taken: readonly {
    readonly kind: string;
    readonly name: string;
    readonly owner: string;
    readonly id?: string;
    readonly stack?: string;
  }[];
  /** What this stack says it takes over (`adopt`) and another stack has tagged. `owner` is the name of that stack. */
  readonly claimed: readonly { readonly address: Address; readonly id: string; readonly owner: string }[];
  readonly notes: readonly Note[];
  /** Ranks held by objects of others beside ours: the priorities of foreign rules. `parent` is a physical id. */
  readonly occupied: readonly { readonly kind: string; readonly parent: string; readonly value: number; readonly id?: string }[];
  /** Objects of others that hang on ours, or use them. Absent: none. */
  readonly foreign?: readonly Foreign[];
  /** Target groups of others that the spec forwards to: the states of their targets, by ARN. One that could not be read is absent. */
  readonly strangers?: Readonly<Record<string, readonly State[]>>;
  /** What the spec would adopt and is not there. */
  readonly absent: readonly Adopted[];
  /** Outputs of what was given by id, by address. */
  readonly existing: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** What was given by id and AWS does not have, by address, with the code of its answer where it refused one. Absent: nothing. */
  readonly unknown?: Readonly<Record<string, string>>;
}
