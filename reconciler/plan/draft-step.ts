import type { Await } from '../model/field.ts';
import type { Address, Json } from '../model/json.ts';
import type { Live } from '../model/model.ts';
import type { Ref } from '../model/paths.ts';
import type { Delta } from './delta.ts';
import type { Step } from './types.ts';

export type Side = 'live' | 'desired';

export interface Context {
  readonly stack: string;
  readonly account: string;
  readonly region: string;
  /** The value behind a reference that needs no step of this plan. */
  settled(address: string, output: string): Json | undefined;
  /** The value with every reference replaced by what is behind it now, before this plan. */
  old(value: Json): Json;
  /** What a field is, now or from this plan on, of the resource that a value refers to by address or id; undefined: not known here. */
  valueOf(value: Json, field: string, side: Side): Json | undefined;
  /** All that the resource at an address is, now or from this plan on. */
  values(address: string, side: Side): Readonly<Record<string, Json>> | undefined;
  /** Physical names that are taken, as `kind:name`. */
  readonly taken: ReadonlySet<string>;
  /** Whether the resource at this address is destroyed or replaced by this plan. */
  leaves(address: string): boolean;
  /** Whether the old one at this address must go before the new one is made. */
  destroyBeforeCreate(address: string): boolean;
  /** Whether a desired resource of these kinds refers to the address. */
  usedBy(address: string, kinds: readonly string[]): boolean;
  /** The batch of a rollout that the resource at this address belongs to. */
  batchOf(address: string): number | undefined;
  /** Physical ids of all that this plan destroys, or replaces. */
  readonly going: ReadonlySet<string>;
  /** Whether something that stays still leads requests to this object, or holds on to it; `but` leaves out some addresses. */
  held(live: Live, but?: (address: string) => boolean): boolean;
  /** Ids of all that is live under the address: no step of this plan made them. */
  idsAt(address: string): readonly string[];
}

/** A step before its edges to other resources are drawn. `needs` holds only steps of the same resource. */
export interface DraftStep extends Step {
  readonly phase: 'destroy' | 'make';
  /** The step belongs to what goes first. */
  readonly first: boolean;
  readonly await?: Await;
  /** A removal that waits until the newcomers are in service. */
  readonly afterReady: boolean | 'drained';
  /** The batch of a rollout it belongs to (`rollout.ts`). */
  readonly batch?: number;
  /** It changes what serves without moving a request: it does not wait for all else, as what leads requests elsewhere does. */
  readonly noTrafficEffect?: true;
  /** A removal that comes after those of this field of all resources of the kind, and after the end of those that go. */
  readonly goesAfter?: { readonly kind: string; readonly field: string };
  /** A kind of which all that are new are made first. */
  readonly needsMade?: string;
  /** All that its input refers to, also where no step of this plan makes it and the id stands in the input already. */
  readonly refs?: readonly Ref[];
  /** Fields of its resource that the call says. */
  readonly sets?: readonly string[];
  /** Id of the duplicate that the step ends. */
  readonly duplicateOf?: string;
  /** The call moves siblings of this group; all such steps of a group become one. */
  readonly rank?: { readonly op: string; readonly list: string; readonly group: string };
}

/** The id of a step: of the resource's address, and of the object where another one has that address too. */
export const stepId = ({ address, duplicate, live }: Delta, name: string): string =>
  `${address}${duplicate ? `~${live?.id ?? ''}` : ''}:${name}`;

export function step(
  delta: Delta,
  name: string,
  op: string,
  input: Json,
  more: Partial<DraftStep> & { effect: Step['effect'] },
): DraftStep {
  return {
    id: stepId(delta, name),
    address: delta.address,
    op,
    input,
    needs: [],
    afterReady: false,
    first: false,
    phase: more.effect === 'destroy' ? 'destroy' : 'make',
    title: `${name} ${delta.kind.label} ${nameOf(delta.address)}`,
    ...(delta.batch === undefined ? {} : { batch: delta.batch }),
    ...(delta.duplicate && delta.live !== undefined ? { duplicateOf: delta.live.id } : {}),
    ...more,
  };
}

/** The name part of an address. */
export const nameOf = (address: Address | string): string => address.slice(address.indexOf('/') + 1);
