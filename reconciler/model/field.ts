import type { Codec } from './codec.ts';
import type { Given } from './given.ts';
import type { Grades } from './grades.ts';
import type { Json, JsonObject } from './json.ts';
import type { Read } from './read.ts';

/** Marks in the place of a default. */
export const REQUIRED = Symbol('required');
/** Omitted in the spec means: left as it is, whatever it is. Listed in the plan's notes. */
export const UNMANAGED = Symbol('unmanaged');
/** Filled in by `spec/build.ts` from the rest of the stack; the user may still say it. */
export const DERIVED = Symbol('derived');

/** The read path of what AWS takes and never shows again. */
export const NOWHERE = 'nowhere';

export type Default = Json | typeof REQUIRED | typeof UNMANAGED | typeof DERIVED;

/**
 * Where a field lives in the AWS API. A closed union: a new shape is a new case here and in `plan/lower.ts`.
 * `param` is a path into the input of the create call; `read` a path into what was observed, when it is another.
 */
export type Wire =
  /** Said on create, never changeable: a change is a replacement. `tag`: remembered in that tag, since AWS does not return it as said. */
  | { readonly how: 'create'; readonly param?: string; readonly read?: string; readonly tag?: string }
  /** Said on create and changed through the kind's modify call. `param: '*'`: the value is an object of several parameters. */
  | { readonly how: 'modify'; readonly param: string; readonly read?: string; readonly tag?: string }
  /** Changed by a call of its own; `param` absent: the create call cannot say it. */
  | {
      readonly how: 'setter';
      readonly op: string;
      readonly param?: string;
      readonly setParam: string;
      readonly read?: string;
      /**
       * The call says this other field too: when both change it does, since AWS checks them together. Of two calls (`expandBeforeShrink`)
       * the first says it when it becomes one of `first`, else the last.
       */
      readonly with?: { readonly field: string; readonly param: string; readonly first: readonly Json[] };
    }
  /** A key of the kind's attribute list (all strings on the wire). */
  | { readonly how: 'attribute'; readonly key: string }
  /** A map of attributes that this version has no row for, by their AWS keys. */
  | { readonly how: 'rawAttributes' }
  /** A set, changed by adding and removing members. */
  | { readonly how: 'member'; readonly member: Member }
  /**
   * A place among its siblings, which share the values of `within`: said on create, changed for all siblings in one call,
   * since AWS checks the new order as a whole (SetRulePriorities, ELBv2 API reference).
   */
  | {
      readonly how: 'rank';
      readonly param: string;
      readonly op: string;
      readonly list: string;
      readonly idParam: string;
      readonly within: string;
    }
  /** AWS knows nothing of it: it says when a change is due, and is neither sent nor compared. */
  | { readonly how: 'policy' }
  /** A tie to another resource made after create and undone before destroy; made again when it is missing, never moved. */
  | { readonly how: 'link'; readonly link: string; readonly unlink: string; readonly param: string; readonly read: string };

export interface Member {
  readonly add: string;
  readonly remove: string;
  /** The list parameter when one call takes many members, else one call a member with the element spread into the input. */
  readonly batch?: string;
  /** The list parameter when a call takes exactly one member. */
  readonly each?: string;
  /** Where the members are in what was observed. */
  readonly read: string;
  /** What identifies a member for removal: a path in the observed element, sent under `handleParam`. Absent: the element itself. */
  readonly handle?: string;
  readonly handleParam?: string;
  /** Keys of the written element that the remove call takes; absent: all. */
  readonly removeKeys?: readonly string[];
  /**
   * Two members that differ only in these keys are one thing to AWS, which refuses the second while the first is there:
   * such a member is changed by this call. `keys` are of the normal form.
   */
  readonly amend?: { readonly op: string; readonly keys: readonly string[] };
  /**
   * AWS shows members by handles only and not what they were made from: two tags for each, `<tag>:<hash>` with the member as a
   * text and `<tag>-id:<hash>` with its handle, which is at `answer` in the answer of the add call.
   */
  readonly remember?: { readonly tag: string; readonly answer: string };
  /** A member with this key is AWS's own and cannot be removed: this call, with `set` beside what `removeKeys` names, puts it back. */
  readonly restore?: { readonly key: string; readonly op: string; readonly set: JsonObject };
  /** Members AWS puts in by itself on create. */
  readonly initial?: readonly Json[];
  /** The same, where the resource that the field `of` names has a value of its field `has`. */
  readonly initialWhere?: { readonly of: string; readonly has: string; readonly members: readonly Json[] };
  /**
   * A member is tied to one resource at a time. One that is missing here is looked for where somebody may have put it, by `op` with
   * this filter; it is then not added, which AWS refuses, but moved by `move`, which takes the handle of the tie.
   */
  readonly elsewhere?: { readonly op: string; readonly filter: string; readonly list: string; readonly move: string };
  /**
   * Destroying the member ends the tie, and only then can this resource go: a route table with associations cannot be
   * deleted, deleting a subnet ends its association (DeleteRouteTable, DeleteSubnet in the EC2 API reference).
   */
  readonly endsWithMember?: true;
  /** A member can go while it is listed here: a terminated instance leaves its target groups by itself. */
  readonly leavesOnTermination?: true;
  /**
   * Members go only after the newcomers are in service: targets. `drained`: and only when what leaves has finished its requests: the
   * rules by which it was reached.
   */
  readonly removeAfterReady?: true | 'drained';
  /** Waited for between the removal of a member and the end of what it names, `{members}`: requests under way there are finished. */
  readonly drained?: Await;
  /**
   * AWS gives each member an id, which another call shows: asked for when one has to go that is not told safely by what it is
   * (`needed`); `param` of the remove call takes those. `where`: what a found element must have to be one of the resource's field;
   * `element`: the same as `read` finds it.
   */
  readonly identify?: {
    readonly op: string;
    readonly filter: string;
    readonly list: string;
    readonly id: string;
    readonly param: string;
    needed(value: Json): boolean;
    where(self: string): Readonly<Record<string, Json>>;
    element(found: Json): Json;
  };
  /** Where `of` holds for a member, it comes only when all new resources of this kind are made, though it does not refer to them. */
  readonly needsMade?: { readonly kind: string; of(value: Json): boolean };
  /** The create call takes the one member that there may be, under this parameter of the written element. */
  readonly onCreate?: string;
  /** There is room for one member only: it goes before the next one comes. */
  readonly singleMember?: true;
  /** Calls on other resources that want the members: they wait for those that come, and those that go wait for them. */
  readonly wantedBy?: readonly string[];
  /** Members go after those of this field of all resources of the kind, and after those resources that go: parts of it are theirs. */
  readonly goesAfter?: { readonly kind: string; readonly field: string };
  /** With these values of other fields there is room for one member only. */
  readonly singleMemberWhen?: Readonly<Record<string, readonly Json[]>>;
}

/**
 * What AWS wants of another field while this one has certain values: it refuses the value before, and a change of the other
 * field while the value is still there. Edges of the plan come from it (`plan/preconditions.ts`). What a field's `when` says is such a
 * demand too, on the resource's own fields.
 */
export interface Demand {
  /** Whether a value of this field demands it. */
  readonly of: (value: Json) => boolean;
  /** Whose field: of the resource itself, or of the one of this kind that it belongs to, near or far. */
  readonly kind: string;
  readonly field: string;
  readonly oneOf: readonly Json[];
  /** Only where one of these kinds refers to the resource, and of what that one belongs to. */
  readonly through?: readonly string[];
}

/** What a text of a field names in the account, where that is nothing of the spec: asked for by a plan that writes it (`run/check-exists.ts`). */
export interface Exists {
  /** For people: `key pair`. */
  readonly label: string;
  /** The texts that name one; absent: all. */
  readonly form?: RegExp;
  readonly op: string;
  readonly input?: JsonObject;
  /** The filter that takes the names, or the parameter that takes one; without either the call tells all there are. */
  readonly filter?: string;
  readonly param?: string;
  /** Where the answer has the names. */
  readonly names: string;
  /** It is not offered everywhere: `list` of the answer says at `place` where; wanted is it where field `of` of what field `by` refers to says. */
  readonly offered?: { readonly list: string; readonly name: string; readonly place: string; readonly by: string; readonly of: string };
  /** What to do about one that is not there. */
  readonly hint: string;
}

/** `T` is the value in the model, `W` what of it the SDK takes. */
export interface Field<T = Json, W = Json> {
  readonly wire: Wire;
  readonly codec: Codec<T, W>;
  readonly default: Default;
  /** One sentence for people: shown by editors and in the reference. */
  readonly doc: string;
  /** What AWS has when nobody says anything, where that differs from our default or needs no saying: create leaves it out. */
  readonly awsDefault?: Json;
  /** The default once any other field of its group is said: `stickiness: { duration: 1d }` means that it is on. */
  readonly groupDefault?: Json;
  /** The field only exists while these other fields have these values. */
  readonly when?: Readonly<Record<string, readonly Json[]>>;
  /** The field does not exist while these other fields have these values. */
  readonly unless?: Readonly<Record<string, readonly Json[]>>;
  /** Other defaults while other fields have these values; the first that fits counts. */
  readonly defaultWhen?: readonly { readonly when: Readonly<Record<string, readonly Json[]>>; readonly value: Json }[];
  /** Fields of one name are always sent together when one of them changes (AWS checks them as a set). */
  readonly together?: string;
  /** What a change does to requests and connections; default none. */
  readonly risk?: Grades;
  /** How this one value is said, where AWS has another parameter for "none": an empty list means "not changed" to it. */
  readonly empty?: { readonly is: Json; readonly param: string; readonly value: Json };
  /**
   * A set that grows at once and shrinks only after the newcomers of the plan are in service. `oneOf`: two members whose resources
   * have the same value of this field cannot be in it together (one subnet a zone); `seen`: where AWS shows that value with a member.
   */
  readonly expandBeforeShrink?: {
    readonly oneOf?: string;
    readonly seen?: { readonly list: string; readonly member: string; readonly value: string };
  };
  readonly demands?: readonly Demand[];
  readonly exists?: readonly Exists[];
  /** It can be on only while this member field has members: it goes on after they came, and off before they go. */
  readonly needsMember?: string;
  /** Of several resources in one rank group, what one loses by a change of this may be what another one gains. */
  readonly matchesRequests?: true;
  /** Not part of the spec: `build.ts` alone sets it. */
  readonly internal?: true;
  /** The spec keys of the codec's object schema stand directly in the resource (`forward: web`). */
  readonly spread?: true;
}

/** Fields by spec name; a nested object is a group: `healthCheck.path`. */
export interface Fields {
  readonly [name: string]: Field | Fields;
}

export interface Await {
  /**
   * `ready`: it can be used by what refers to it. `settled`: it is as wanted. `drained`: what was under way is done, and it can
   * go. `gone`: it is no more.
   */
  readonly name: 'ready' | 'settled' | 'drained' | 'gone';
  readonly op: string;
  /** Input; `{id}` in a text stands for the resource's id, `{path}` for its output `path`, `{targets}` for the wanted members of that field. */
  readonly input: Json;
  readonly path: string;
  readonly anyOf: readonly string[];
  readonly failOn?: readonly string[];
  readonly atLeast?: number;
  readonly goneIsDone?: true;
  readonly timeoutSeconds: number;
  readonly pollSeconds: number;
  readonly reasonPath?: string;
  /** The same for a code, and for which member it is of: paths through the same list as `path`. */
  readonly codePath?: string;
  readonly whoPath?: string;
  /** Codes at `codePath` that no waiting mends, and for how many seconds AWS may show them all the same. */
  readonly hopeless?: Readonly<Record<string, number>>;
  /** What is waited for, in words: `running`. */
  readonly words: string;
  /** The condition must have held this long, since AWS's parts learn of a thing at different times. */
  readonly holdSeconds?: number;
  /** A field whose seconds are added to `holdSeconds`, or to `timeoutSeconds`. */
  readonly holdField?: string;
  readonly timeoutField?: string;
  /** Waits for the whole plan's creates and updates (targets in service need groups, rules, listeners). */
  readonly last?: true;
  /** Only when this field has members, and a desired resource of the other kind refers to this one. */
  readonly ifAny?: string;
  readonly ifUsedBy?: readonly string[];
}

/** Which objects stand in the way of a deletion. */
export type UserLook = {
  readonly op: string;
  readonly list: string;
  /** In each entry, its own id. */
  readonly id: string;
  readonly label: string;
  /** Entries that do not count: AWS deletes them itself. */
  readonly except?: { readonly path: string; readonly value: Json };
} & (
  | {
      /** One call for all that a plan deletes: the filter that takes their ids, and where an entry names what it uses. */
      readonly filter: string;
      readonly uses: string;
    }
  /** One call for each: the parameter that takes its id. */
  | { readonly param: string }
);

export interface Kind {
  readonly name: string;
  /** For people: `target group`. */
  readonly label: string;
  readonly service: 'ec2' | 'elbv2' | 'iam';
  readonly fields: Fields;
  readonly read: Read;
  /** Output name -> path in an observed object; `path|mark` is the text after the mark. `id` is required and identifies it in other calls. */
  readonly outputs: Readonly<Record<string, string>>;
  readonly create: {
    readonly op: string;
    /** Where the created object is in the answer, so that `outputs` paths hold below it. */
    readonly answer: string;
    readonly constants?: Json;
    /** Parameter for the physical name, its longest length and the pattern of legal characters to keep. */
    readonly name?: { readonly param: string; readonly max: number };
    /** How tags are said on create. */
    readonly tags: { readonly param: 'Tags' } | { readonly param: 'TagSpecifications'; readonly types: readonly string[] };
    /** Parameter that makes a repeat safe. */
    readonly token?: string;
    /**
     * How one that was made is found by the kind's own read, where a repeat is neither safe nor found by tags: `take` are parameters of
     * the read, from those of the create (a list of one where the read takes a list); `same` what has to be alike.
     */
    readonly find?: {
      readonly take: Readonly<Record<string, string | readonly [string]>>;
      readonly same: { readonly path: string; readonly param: string };
    };
  };
  readonly modify?: { readonly op: string; readonly param: string };
  readonly attributes?: { readonly op: string; readonly param: string; readonly read: string; readonly most: number };
  /** `list`: the call takes several, `InstanceIds`; the others name one, `InstanceId`. */
  readonly destroy: { readonly op: string; readonly param: string; readonly list?: true };
  readonly awaits?: readonly Await[];
  /** Kinds that must stand before this one is made, and go only after it, beyond what references say. */
  readonly after?: readonly string[];
  /** Destroying the parent destroys this too: no call of its own then. */
  readonly goesWith?: string;
  /** Only one object can have these values at a time: the old one must go, or move, before the new one comes. */
  readonly exclusive?: readonly string[];
  /** Traffic risk of destroying or replacing one. */
  readonly risk?: { readonly replace?: Grades; readonly destroy?: Grades };
  /** Replacing or destroying it needs consent beyond the commit. */
  readonly consent?: string;
  /** It can serve only one resource of this kind, by way of another kind: a target group one load balancer, by its listeners. */
  readonly serves?: { readonly kind: string; readonly through: readonly string[] };
  /** Replaced a few at a time (`plan/rollout.ts`). */
  readonly rolls?: true;
  /** How many there may be in a load balancer unless AWS raised the quota. */
  readonly most?: number;
  /** It decides where requests go: changed once all that the change leads to stands, and before anything it led to goes. */
  readonly directsTraffic?: true;
  /**
   * One that nothing uses is in no shape to serve: AWS checks no health behind no listener (Target.NotInUse). Before what serves
   * is led to it, it is put in use by one of kind `by`, on a staying one of the kind that its field `on` names, saying `values`
   * (in spec notation; `{name}` is the name of what is warmed up), until it is `settled`. Only with members of `ifAny`.
   */
  readonly warmUp?: { readonly by: string; readonly on: string; readonly values: Readonly<Record<string, Json>>; readonly ifAny: string };
  /** What it wants of that which the spec gives by id, looked at before anything is planned. */
  readonly given?: Given;
  /** What has to be gone before AWS deletes it: looked for when a plan deletes it, whoever made it. */
  readonly users?: readonly UserLook[];
  /** An object that others made can be adopted by its ARN, which goes on like this after the account. */
  readonly adoptable?: string;
  /**
   * Where AWS says how the object does, or each of its members: shown by plan and drift, in no digest. In the states of `fine`
   * there is nothing to tell.
   */
  readonly condition?: {
    /** The list of members, and the field whose codec reads them; absent: the object itself. */
    readonly members?: { readonly list: string; readonly field: string };
    readonly state: string;
    readonly code?: string;
    readonly text?: string;
    readonly fine: readonly string[];
  };
  /** Attribute field that forbids destroying while true. */
  readonly protection?: string;
}

/** Where a row says that it is sent: its parameter stays known to the compiler, which holds it against the SDK (`aws/wire-names.ts`). */
type At<H extends 'create' | 'modify', P extends string | undefined> = P extends string
  ? { readonly how: H; readonly param: P }
  : { readonly how: H };

type More = Omit<Partial<Field>, 'wire' | 'codec' | 'default' | 'doc'> & { readonly read?: string; readonly tag?: string };

function sentBy<H extends 'create' | 'modify', P extends string | undefined, T, W>(
  how: H,
  param: P,
  codec: Codec<T, W>,
  fallback: Default,
  doc: string,
  { read, tag, ...rest }: More,
): Field<T, W> & { readonly wire: At<H, P> } {
  const wire = {
    how,
    ...(param === undefined ? {} : { param }),
    ...(read === undefined ? {} : { read }),
    ...(tag === undefined ? {} : { tag }),
  } as Wire & At<H, P>;
  return { wire, codec, default: fallback, doc, ...rest };
}

export const create = <const P extends string | undefined, T, W>(
  param: P,
  codec: Codec<T, W>,
  fallback: Default,
  doc: string,
  more: More = {},
) => sentBy('create', param, codec, fallback, doc, more);

export const modify = <const P extends string, T, W>(param: P, codec: Codec<T, W>, fallback: Default, doc: string, more: More = {}) =>
  sentBy('modify', param, codec, fallback, doc, more);

export const policy = <T, W>(codec: Codec<T, W>, fallback: Default, doc: string): Field<T, W> => ({
  wire: { how: 'policy' },
  codec,
  default: fallback,
  doc,
});

export const attribute = <T, W>(key: string, codec: Codec<T, W>, fallback: Default, doc: string, more: More = {}): Field<T, W> => ({
  wire: { how: 'attribute', key },
  codec,
  default: fallback,
  doc,
  ...more,
});

export const isField = (entry: Field | Fields): entry is Field => typeof (entry as Field).doc === 'string';

/** All fields of a kind by dotted spec path, in table order. */
export function listFields(fields: Fields, prefix = ''): readonly (readonly [string, Field])[] {
  return Object.entries(fields).flatMap(([name, entry]) =>
    isField(entry) ? [[`${prefix}${name}`, entry] as const] : listFields(entry, `${prefix}${name}.`),
  );
}
