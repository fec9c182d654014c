/**
 * Holds the rows of the field table against the input types of the SDK: a wrong name of a parameter, or a value that the API does not
 * take, does not compile. Types only; nothing runs.
 */
import type { EC2 } from '@aws-sdk/client-ec2';
import type { ElasticLoadBalancingV2 } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { IAM } from '@aws-sdk/client-iam';
import type { Field, Fields, Kind, Member } from '../model/field.ts';
import type { certificate } from '../model/kinds/certificate.ts';
import type { instance } from '../model/kinds/instance.ts';
import type { listener } from '../model/kinds/listener.ts';
import type { loadBalancer } from '../model/kinds/load-balancer.ts';
import type { internetGateway, routeTable, subnet, vpc } from '../model/kinds/network.ts';
import type { rule } from '../model/kinds/rule.ts';
import type { securityGroup } from '../model/kinds/security-group.ts';
import type { targetGroup } from '../model/kinds/target-group.ts';
import type { trustStore } from '../model/kinds/trust-store.ts';

interface Clients {
  readonly elbv2: ElasticLoadBalancingV2;
  readonly ec2: EC2;
  readonly iam: IAM;
}

/** `elbv2:CreateListener` -> `CreateListenerCommandInput`. */
export type InputOf<Op> = Op extends `${infer S extends keyof Clients & string}:${infer N}`
  ? Uncapitalize<N> extends infer M extends keyof Clients[S]
    ? Clients[S][M] extends (input: infer I, ...more: never[]) => unknown
      ? I
      : never
    : never
  : never;

/**
 * Paths at which a value does not fit: a member that the structure lacks, or a value that it does not take. Any text fits where the SDK
 * lists the values it knew when it was made.
 */
type Misfit<W, S, P extends string> = string extends W ? ([S] extends [string] ? never : P) : MisfitOf<W, S, P>;

type MisfitOf<W, S, P extends string> = W extends string | number | boolean | null
  ? W extends S
    ? never
    : P
  : W extends readonly (infer E)[]
    ? S extends readonly (infer F)[]
      ? Misfit<E, F, `${P}[]`>
      : P
    : { [K in keyof W & string]: MemberOf<NonNullable<W[K]>, S, K, P> }[keyof W & string];

type MemberOf<V, S, K extends string, P extends string> = [V] extends [never]
  ? never
  : string extends K
    ? string extends keyof S
      ? never
      : P
    : K extends keyof S
      ? Misfit<V, NonNullable<S[K]>, `${P}.${K}`>
      : `${P}.${K}`;

/** A parameter, or a path into one: `Matcher.HttpCode`. */
type Placed<W, I, P extends string, At extends string> = P extends `${infer A}.${infer Rest}`
  ? A extends keyof I
    ? Placed<W, NonNullable<I[A]>, Rest, `${At}.${A}`>
    : `${At}.${A}`
  : P extends keyof I
    ? Misfit<W, NonNullable<I[P]>, `${At}.${P}`>
    : `${At}.${P}`;

type Sent<F, W, K extends Kind> = F extends { readonly wire: { readonly how: 'create' | 'modify'; readonly param: infer P extends string } }
  ?
      | (P extends '*'
          ? Misfit<W, NonNullable<InputOf<K['create']['op']>>, K['create']['op']>
          : Placed<W, InputOf<K['create']['op']>, P, K['create']['op']>)
      | (F extends { readonly wire: { readonly how: 'modify' } } ? Modified<W, P, K> : never)
  : F extends { readonly wire: { readonly how: 'member'; readonly member: infer M extends Member } }
    ? Added<W, M>
    : never;

/** Members of a set, in the call that adds them: as a list, as a list of one, or each spread into the input. */
type Added<W, M extends Member> = M extends { readonly batch: infer P extends string }
  ? Placed<W, InputOf<M['add']>, P, M['add']>
  : M extends { readonly each: infer P extends string }
    ? Placed<W, InputOf<M['add']>, P, M['add']>
    : W extends readonly (infer E)[]
      ? Misfit<E, NonNullable<InputOf<M['add']>>, M['add']>
      : M['add'];

type Modified<W, P extends string, K extends Kind> = K extends { readonly modify: { readonly op: infer M extends string } }
  ? P extends '*'
    ? Misfit<W, InputOf<M>, M>
    : Placed<W, InputOf<M>, P, M>
  : 'no call changes it';

/** Every place of a kind's rows that the SDK does not know: `never` where all is well. */
export type WrongNames<K extends Kind, F extends Fields = K['fields']> = {
  [N in keyof F & string]: F[N] extends Field<infer _, infer W> ? Sent<F[N], W, K> : F[N] extends Fields ? WrongNames<K, F[N]> : never;
}[keyof F & string];

type None<_T extends never> = true;

export type Checked = readonly [
  None<WrongNames<typeof loadBalancer>>,
  None<WrongNames<typeof listener>>,
  None<WrongNames<typeof rule>>,
  None<WrongNames<typeof targetGroup>>,
  None<WrongNames<typeof trustStore>>,
  None<WrongNames<typeof instance>>,
  None<WrongNames<typeof certificate>>,
  None<WrongNames<typeof securityGroup>>,
  None<WrongNames<typeof vpc>>,
  None<WrongNames<typeof subnet>>,
  None<WrongNames<typeof internetGateway>>,
  None<WrongNames<typeof routeTable>>,
];
