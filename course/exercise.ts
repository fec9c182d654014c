/** What an exercise is: a task, and criteria that look at AWS and send real requests. No criterion believes what a file says it did. */

import type { ListenerTarget, VerifyTarget } from '../reconciler/load/types.ts';
import type { Json } from '../reconciler/model/json.ts';
import type { Live } from '../reconciler/model/model.ts';
import type { NamedSpec } from '../reconciler/run/specs.ts';

/** An answer of the service, as far as a mark needs it. */
export interface Reply {
  /** HTTP status; 0: there was no answer. */
  readonly status: number;
  /** Who answered: the header `X-Instance`. Empty: nobody said. */
  readonly instance: string;
  /** `name=value` of each cookie that was set. */
  readonly cookies: readonly string[];
  /** SHA-256 of the served certificate, hex; empty without TLS. */
  readonly fingerprint: string;
  readonly tlsVersion: string;
  /** Milliseconds until the answer was there, or until it failed. */
  readonly ms: number;
  /** When it began, milliseconds since the epoch. */
  readonly at: number;
}

export interface Look {
  readonly named: NamedSpec;
  /** The stack's resources in AWS, read when the check began. */
  readonly live: readonly Live[];
  of(kind: string): readonly Live[];
  /** What differs between AWS and the spec: `update targetGroup/web healthCheck.path`. */
  readonly differences: readonly string[];
  /** Absent: the stack has no load balancer. */
  readonly target?: VerifyTarget;
  /** Account of the credentials. */
  account(): Promise<string>;
  /** One AWS call, such as `elbv2:DescribeTargetHealth`. */
  call(op: string, input: Json): Promise<Json>;
  /** `count` requests, one after the other; `keepCookies`: as one browser. Never throws for what the service does. */
  ask(listener: ListenerTarget, path: string, count: number, options?: { readonly keepCookies?: boolean }): Promise<readonly Reply[]>;
  /** The first caller's work, for all: criteria that judge one experiment share it. */
  once<T>(name: string, work: () => Promise<T>): Promise<T>;
  now(): number;
  sleep(ms: number): Promise<void>;
  say(text: string): void;
  /** Stops an instance for so many seconds and starts it again, whatever happens; `meanwhile` runs until it is healthy again. */
  turnOff(
    instanceId: string,
    groupArn: string,
    port: number,
    seconds: number,
  ): Promise<{ readonly recovered: boolean; readonly problem: string }>;
}

export interface Result {
  readonly right: boolean;
  /** What was seen, as a fact. */
  readonly found: string;
  /** What to do next, when it is not right. */
  readonly next?: string;
}

export interface Criterion {
  readonly title: string;
  readonly points: number;
  look(look: Look): Promise<Result> | Result;
}

export interface Exercise {
  /** As in `albedo check NAME`. */
  readonly name: string;
  /** Chapter of the tutorial. */
  readonly chapter: number;
  readonly title: string;
  /** What to do, in a sentence or two. */
  readonly task: string;
  /** Sets the situation up: `albedo check NAME --begin`. Answers what it did, for the student. */
  readonly begin?: (look: Look) => Promise<string>;
  readonly criteria: readonly Criterion[];
}

export const verdict = (right: boolean, found: string, next: string): Result => (right ? { right, found } : { right, found, next });
