/** What `verify` is given and what it finds: settings, target, samples, and the judged report. Plain JSON throughout. */

import type { Phase, TimelineEvent, Victim } from '../chaos/types.ts';

/** The spec's `load`. */
export interface LoadSettings {
  /** Path of the k6 script, from the folder albedo runs in. */
  readonly script: string;
  /** Requests begun a second, however slow the answers are. */
  readonly rate: number;
  /** Seconds. */
  readonly duration: number;
  readonly path: string;
  /** Seconds after which a request without an answer has failed. */
  readonly timeout: number;
  /** Absent: steady. */
  readonly profile?: Profile;
  /** Requests a second at the highest, of `spike` and `breakpoint`; absent: a multiple of the rate. */
  readonly peak?: number;
  /** Instead of `path`: several, by weight. */
  readonly paths?: readonly LoadPath[];
  /** `returning`: a user keeps the cookies it was given. Absent: each request is of a user never seen before. */
  readonly users?: 'new' | 'returning';
  /** Name of the listener to send to; absent: the first HTTP one, else the first. */
  readonly listener?: string;
}

/** How the rate goes over the time: see `profile.ts`. */
export const PROFILES = ['steady', 'ramp', 'spike', 'soak', 'breakpoint'] as const;
export type Profile = (typeof PROFILES)[number];

/** One of several paths that are asked for. */
export interface LoadPath {
  readonly path: string;
  /** Against those of the others: of weights 3 and 1 the first has three quarters. */
  readonly weight: number;
  /** The status that is right; absent: 200 to 399. */
  readonly status?: number;
  /** Text that the body must hold. */
  readonly body?: string;
}

/** What the spec says of an experiment. */
export interface FaultSettings {
  /** Target group that loses one of its own. */
  readonly from: string;
  /** Seconds after the load began. */
  readonly at: number;
  /** Seconds between the call that breaks and the one that mends; 0: nothing mends it but AWS. */
  readonly for: number;
  /** Name of the victim, in the experiment's own row; absent: chosen by the seed. */
  readonly instance?: string;
  readonly target?: string;
  readonly seed?: string;
  /** The rows that only this experiment has, as they are written. */
  readonly own?: Readonly<Record<string, string>>;
}

/** The spec's `chaos`: one experiment by its name, such as `stopInstance`. */
export interface ChaosSettings {
  readonly [experiment: string]: FaultSettings;
}

export type RateName = 'errorRate' | 'p95' | 'p99';
export type TimeName = 'detection' | 'failover' | 'recovery' | 'shareBack';
/** Part of the run that rates and latencies have bounds of their own for; `eachPhase`: the worst of the three. */
export type RateScope = Phase | 'eachPhase';

/** Failed requests over all requests, 0 to 1; milliseconds. */
export type RateLimits = { readonly [Name in RateName]?: number };

/** The spec's `objectives`: upper bounds, each optional. Those on rates and latencies are of the whole run unless they stand under a phase. */
export interface Objectives extends RateLimits {
  readonly before?: RateLimits;
  readonly during?: RateLimits;
  readonly after?: RateLimits;
  readonly eachPhase?: RateLimits;
  /** Seconds from the stop call to the end of the last failed request that began before the start call. */
  readonly failover?: number;
  /** Seconds from the start call until AWS reports the target healthy. */
  readonly recovery?: number;
  /** Seconds from the start call until the target has its share of requests back. */
  readonly shareBack?: number;
  /** Seconds from the stop call until AWS reports the target as not healthy. */
  readonly detection?: number;
}

/** As in the spec: `errorRate`, `during.p95`, `recovery`. */
export type ObjectiveName = RateName | TimeName | `${RateScope}.${RateName}`;

export interface HealthCheckSettings {
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
}

export interface TargetGroupTarget {
  readonly name: string;
  readonly arn: string;
  readonly stickiness?: { readonly enabled: boolean; readonly type: 'lb_cookie' | 'app_cookie'; readonly seconds: number };
  readonly healthCheck: HealthCheckSettings;
  readonly targets: readonly { readonly instanceId: string; readonly name: string; readonly port: number; readonly zone: string }[];
  /** Where its health check asks. */
  readonly healthPath?: string;
  /** Ids of the security groups of the load balancer. */
  readonly securityGroups?: readonly string[];
}

export interface ListenerTarget {
  readonly name: string;
  readonly protocol: 'HTTP' | 'HTTPS';
  readonly port: number;
  /** SHA-256 of the expected certificate's DER, hex, lower case; HTTPS only. */
  readonly certificateFingerprint?: string;
}

/** The live stack as `verify` needs it. */
export interface VerifyTarget {
  readonly stack: string;
  readonly dnsName: string;
  readonly listeners: readonly ListenerTarget[];
  readonly groups: readonly TargetGroupTarget[];
  /** `name` or `name:port` to `address` or `address:port`, where DNS does not know the name (the sandbox). Else empty. */
  readonly hosts: Readonly<Record<string, string>>;
}

/** One request, as the user saw it. */
export interface Sample {
  /** When it began, milliseconds since the epoch. */
  readonly at: number;
  /** Until the last byte or the failure. */
  readonly ms: number;
  /** Status 200 to 399, as k6 has it. */
  readonly ok: boolean;
  /** 0: no answer. */
  readonly status: number;
  /** k6's error code, 0 for none: 1050 request timeout, 1211 dial timeout, 1212 connection refused, 1220 reset, … */
  readonly errorCode: number;
  /** Instance that answered; empty when not told. */
  readonly instance: string;
}

/** Samples one after the other, in the order of their beginning; a list is one of these too. */
export type Samples = Iterable<Sample> & { readonly length: number };

/** How k6 ended, mapped from its exit status. */
export type K6Outcome = 'done' | 'aborted' | 'script-error' | 'bad-config' | 'timed-out' | 'failed';

/** One of several k6 processes that sent a load together. */
export interface ShardRun {
  /** From 1. */
  readonly shard: number;
  readonly of: number;
  /** Iterations that it was to begin, and those that it began and that ended. */
  readonly planned: number;
  readonly iterations: number;
  readonly requests: number;
  /** Iterations that it could not begin because no user was free. */
  readonly dropped: number;
  /** Milliseconds from the agreed start to its first request; null when it sent none. */
  readonly startOffsetMs: number | null;
  /** `missing`: nothing came of it. */
  readonly outcome: K6Outcome | 'missing';
  readonly exitCode: number | null;
  /** Why its part is not the one that was asked for, in a clause; empty when it is. */
  readonly problem: string;
}

/** What went over the wire, by k6's own counters: of all requests of the run, well answered or not. */
export interface Traffic {
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** Connections that were made. */
  readonly connections: number;
  /** The most users at one time; each has one connection at most per protocol and address, unless its script asks for several things at once. */
  readonly users: number;
}

export interface LoadRun {
  readonly outcome: K6Outcome;
  /** k6's exit status; null when a signal ended it. */
  readonly exitCode: number | null;
  readonly version: string;
  /** Milliseconds since the epoch: first request begun and last one ended; the run's own times when there was none. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly samples: Samples;
  /** Iterations k6 could not begin because no user was free. */
  readonly dropped: number;
  /** Iterations that ended, those that an exception broke off too. */
  readonly iterations: number;
  /** Iterations that an exception of the script broke off. */
  readonly exceptions: number;
  /** Requests that k6 saw fail and that the script, which records others, did not record. */
  readonly unrecorded: number;
  readonly traffic: Traffic;
  /** Names of the metrics whose thresholds, which the script sets, were crossed. */
  readonly thresholds: readonly string[];
  /** What k6 said of why it did not end well, with the place in the script; empty where it did, or said nothing. */
  readonly said: string;
  /** Last lines k6 wrote, when it did not end well. */
  readonly log: readonly string[];
  /** Those that sent it together; empty where one sent it by itself. */
  readonly shards: readonly ShardRun[];
}

export interface Statistics {
  readonly count: number;
  readonly failed: number;
  /** 0 when nothing was counted. */
  readonly errorRate: number;
  /** Milliseconds; null when nothing was counted. */
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly max: number | null;
}

export interface PhaseReport extends Statistics {
  readonly phase: Phase;
  readonly from: number;
  readonly to: number;
  /** Requests an instance answered well, over those any instance did; by instance id. */
  readonly shares: Readonly<Record<string, number>>;
}

/** A time in seconds, or why there is none. `atLeast`: the run ended before it was over. */
export type Measured =
  | { readonly kind: 'measured'; readonly seconds: number; readonly note?: string }
  | { readonly kind: 'atLeast'; readonly seconds: number; readonly note: string }
  | { readonly kind: 'unknown'; readonly note: string };

export interface ObjectiveResult {
  readonly name: ObjectiveName;
  readonly limit: number;
  readonly unit: 'ratio' | 'ms' | 's';
  readonly result: 'pass' | 'missed' | 'not-evaluated';
  /** Null when there is none. */
  readonly measured: number | null;
  /** Where it was measured, or why it was not. */
  readonly detail: string;
  /** How much of the limit is left, 0 to 1; negative when missed; null when not evaluated or the limit is 0. */
  readonly margin: number | null;
}

/** A span of seconds that the settings lead one to expect, with the reason in a sentence. */
export interface Predicted {
  readonly from: number;
  readonly to: number;
  readonly sentence: string;
}

export interface Prediction {
  readonly detection: Predicted;
  readonly recovery: Predicted;
  /** What another way to be lost would take, for comparison. */
  readonly besides: readonly Predicted[];
}

export interface InstanceReport {
  readonly instanceId: string;
  readonly name: string;
  readonly zone: string;
  readonly victim: boolean;
  readonly requests: number;
  /** Share per phase; null when the phase had no answered requests. */
  readonly shares: Readonly<Record<Phase, number | null>>;
  /** Health states in order. `afterSeconds` from the stop call; negative before it. */
  readonly path: readonly { readonly state: string; readonly reason: string; readonly afterSeconds: number }[];
}

/** One entry per second since the load began, for charts. */
export interface Series {
  readonly requests: readonly number[];
  readonly failed: readonly number[];
  /** Milliseconds; null in a second without requests. */
  readonly p95: readonly (number | null)[];
  readonly byInstance: Readonly<Record<string, readonly number[]>>;
}

/** One request that failed, as a page shows it. */
export interface FailedRequest {
  /** Since the load began, when it was sent. */
  readonly second: number;
  /** Until the answer or the failure. */
  readonly ms: number;
  /** Instance that answered; empty when none was named, as in an answer of the load balancer itself. */
  readonly instance: string;
  /** 0: no answer. */
  readonly status: number;
  /** In words: `status 503`, `request timed out`. */
  readonly error: string;
}

/** One of several experiments of a load test, judged by its own stretch of the load. */
export interface ExperimentReport {
  /** As in the spec, such as `stopInstance`. */
  readonly name: string;
  readonly verdict: LoadVerdict | 'notReached';
  /** Why it is not a pass; worst first. */
  readonly reasons: readonly string[];
  readonly victim: Victim | null;
  /** From the steady state before it until the next fault; null when it was not reached. */
  readonly load: LoadReport | null;
}

export type LoadVerdict = 'pass' | 'missed' | 'inconclusive';

export interface LoadReport {
  readonly verdict: LoadVerdict;
  /** Why it is not a pass, or what to bear in mind; worst first. */
  readonly reasons: readonly string[];
  readonly settings: LoadSettings;
  /** Null where nothing was to be broken, and of a load with several experiments. */
  readonly chaos: ChaosSettings | null;
  /** Several, in the order of the spec; absent where there is at most one. */
  readonly experiments?: readonly ExperimentReport[];
  /** Of one of several: of its own part of the load. */
  readonly stretch?: true;
  readonly k6: { readonly version: string; readonly outcome: K6Outcome };
  readonly startedAt: number;
  readonly endedAt: number;
  readonly overall: Statistics;
  readonly phases: readonly PhaseReport[];
  readonly detection: Measured;
  readonly failover: Measured;
  /** Milliseconds since the epoch; null when it was not seen. */
  readonly marks: {
    readonly stop: number | null;
    readonly notHealthy: number | null;
    readonly start: number | null;
    readonly healthy: number | null;
  };
  /** Start call to the first second in which the victim had at least 80 % of a fair share. */
  readonly shareBack: Measured;
  /** Start call to healthy, as AWS reported it. */
  readonly recovery: Measured;
  /** Requests that failed, and how many of them the fault explains (failures before it went on at their rate). */
  readonly lost: { readonly failed: number; readonly byFault: number };
  readonly dropped: number;
  /** Requests that were asked for, and those that never reached the load balancer: the others are what is judged. */
  readonly generator: {
    readonly asked: number;
    readonly unsent: number;
    readonly why: readonly { readonly what: string; readonly count: number }[];
  };
  /** Absent in reports of older versions. */
  readonly traffic?: Traffic;
  /** The k6 processes that sent the load together; empty where one sent it by itself. */
  readonly shards: readonly ShardRun[];
  readonly failures: readonly { readonly what: string; readonly count: number }[];
  /** Failed requests in order of time; evenly spread ones where there are very many. */
  readonly failedRequests: readonly FailedRequest[];
  readonly objectives: readonly ObjectiveResult[];
  readonly predicted: Prediction | null;
  readonly instances: readonly InstanceReport[];
  readonly events: readonly TimelineEvent[];
  readonly series: Series;
}

/** One thing the spec promises, tried with real requests. */
export interface ProbeResult {
  /** `http: answers`, unique in a list. */
  readonly name: string;
  readonly outcome: 'pass' | 'failed' | 'skipped';
  /** One sentence. */
  readonly detail: string;
  /** Empty when there is nothing to compare. */
  readonly expected: string;
  readonly got: string;
}
