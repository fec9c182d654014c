/** The plan and its parts: plain JSON, no closures, no clients, so that a plan can be saved, hashed, approved and replayed. */

import type { Address, Impact, Json, Note, Position, Risk } from '../model/json.ts';

export interface FieldChange {
  /** Spec path within the resource: `healthCheck.path`. */
  readonly field: string;
  /** Absent: the field was not set, or could not be read. */
  readonly before?: Json;
  readonly after?: Json;
  readonly impact: Impact;
  readonly risk: Risk;
  /** Why the risk is what it is, in words. Absent: there is nothing to explain. */
  readonly reason?: string;
  /** The value is the same; what it refers to is replaced, and that one is asked about. */
  readonly because?: Address;
}

export interface Change {
  readonly address: Address;
  /** Human name of the kind: `target group`. */
  readonly label: string;
  /** `adopt`: it is ours from now on, by its tags; fields that differ are changed with it. */
  readonly verb: 'create' | 'adopt' | 'update' | 'replace' | 'destroy';
  /** AWS id, ARN or name of the live object; absent on create. */
  readonly physicalId?: string;
  readonly fields: readonly FieldChange[];
  /** The worst of the fields. */
  readonly impact: Impact;
  readonly risk: Risk;
  /** What a deletion, or the change as a whole, does to traffic, in words; of all else the fields say it. */
  readonly reason?: string;
  /** What clients lose for certain: who serves before was compared with who serves after. */
  readonly losses?: readonly string[];
  /** Objects of others that AWS deletes with it. */
  readonly foreign?: readonly { readonly text: string; readonly id: string }[];
  /** The name that AWS will know it by, where that is not the one that was written, or none was. */
  readonly physicalName?: string;
  readonly position?: Position;
}

/**
 * When an `await` step is satisfied: every value found at `path` is in `anyOf`, and there are at least `atLeast`. With an empty
 * `anyOf`, any value will do where some are asked for, and none where not.
 */
export interface Until {
  /** Path into the answer: `TargetHealthDescriptions[].TargetHealth.State`. */
  readonly path: string;
  readonly anyOf: readonly string[];
  /** Values that end the wait with a failure: `terminated` for an instance that should run. */
  readonly failOn: readonly string[];
  /** Fewest values that must be there; 0 means that nothing may be found unless it is in `anyOf`. */
  readonly atLeast: number;
  /** A not-found answer satisfies the wait (things being deleted). */
  readonly goneIsDone: boolean;
  readonly timeoutSeconds: number;
  readonly pollSeconds: number;
  /** The condition must have held for so long. */
  readonly holdSeconds: number;
  /** Path to a text that explains a value not yet in `anyOf`, shown while waiting and on timeout. */
  readonly reasonPath?: string;
  /** The same for a code, and for what the value is of. */
  readonly codePath?: string;
  readonly whoPath?: string;
  /** Codes that no waiting mends, and for how many seconds they are believed to be of the moment. */
  readonly hopeless?: Readonly<Record<string, number>>;
}

/** How to find what a create made when its answer was lost: called before a create is repeated. */
export interface Lookup {
  readonly op: string;
  readonly input: Json;
  /** Path of the list in the answer; the found element is put under `wrap` so that the step's `outputs` paths hold for it. */
  readonly list: string;
  readonly wrap: string;
  /** Physical ids that are known and are not what this step made: the old duplicate of a replacement. */
  readonly idPath: string;
  readonly not: readonly string[];
  /** Parameters that are those of the create: one of its values, or a list of one. */
  readonly take?: Readonly<Record<string, string | readonly [string]>>;
  /** What is alike in the found element and in the create's input, as texts. */
  readonly same?: { readonly path: string; readonly param: string };
  /** The found one counts only if it has all tags of the create's input (`Tags`): a call that takes ids in a list tells them. */
  readonly tagged?: { readonly op: string; readonly param: string; readonly list: string };
}

/** One AWS call, or one wait. Inputs may hold `{ $ref: "vpc/main.id" }` and `{ $deferred: … }`, resolved when the step runs. */
export interface Step {
  readonly id: string;
  readonly address: Address;
  /** Key of the operations table: `elbv2:CreateTargetGroup`. */
  readonly op: string;
  readonly input: Json;
  readonly effect: 'create' | 'update' | 'destroy' | 'await';
  /** Ids of the steps and milestones that must be done first: the fewest that say it, since what those need is implied. */
  readonly needs: readonly string[];
  /** What later steps refer to: output name -> path into the answer, `{ arn: "TargetGroups[0].TargetGroupArn" }`. Absent: nothing. */
  readonly outputs?: Readonly<Record<string, string>>;
  readonly until?: Until;
  readonly lookup?: Lookup;
  /** One short sentence for progress: `create target group web`. */
  readonly title: string;
}

/** A point that many steps wait for: it is reached when all that it needs is done. Nothing is called there. */
export interface Milestone {
  readonly id: string;
  readonly needs: readonly string[];
}

export interface PlanSummary {
  readonly create: number;
  readonly adopt: number;
  readonly update: number;
  readonly replace: number;
  readonly destroy: number;
  readonly unchanged: number;
  readonly risk: Risk;
}

export interface Plan {
  readonly version: 1;
  readonly mode: 'apply' | 'destroy';
  readonly stack: string;
  readonly account: string;
  readonly region: string;
  readonly changes: readonly Change[];
  readonly steps: readonly Step[];
  /** Only in plans in which many steps wait for many. */
  readonly milestones?: readonly Milestone[];
  /** Look-ups that all creates of an operation share which have none of their own. */
  readonly lookups?: Readonly<Record<string, Lookup>>;
  readonly notes: readonly Note[];
  readonly summary: PlanSummary;
  readonly specDigest: string;
  readonly liveDigest: string;
  /** SHA-256 (hex) over canonical JSON of what the plan would do; no times, health states or formatting in it. */
  readonly digest: string;
}

export interface StepRun {
  readonly id: string;
  readonly address: Address;
  readonly title: string;
  readonly effect: Step['effect'];
  readonly outcome: 'done' | 'failed' | 'skipped' | 'cancelled';
  /** Failed: AWS code and message. Skipped: the step because of which it was. */
  readonly error?: { readonly code: string; readonly message: string; readonly hint?: string };
  readonly because?: string;
  readonly attempts: number;
  /** Milliseconds since the epoch; absent when the step never started. */
  readonly startedAt?: number;
  readonly endedAt?: number;
}

export interface Run {
  readonly outcome: 'done' | 'failed' | 'cancelled';
  readonly steps: readonly StepRun[];
  readonly startedAt: number;
  readonly endedAt: number;
}

/** How often AWS was called, by operation. `polls` are calls of waits and not in `calls`. */
export interface CallCount {
  readonly calls: number;
  readonly writes: number;
  readonly polls: number;
  readonly refused: number;
  readonly byOperation: Readonly<Record<string, number>>;
}
