/** What an experiment does and observes: the victim, what AWS reported and when, and the phases that follow from it. Plain JSON. */

export const PHASES = ['before', 'during', 'after'] as const;
export type Phase = (typeof PHASES)[number];

/** A possible victim of a fault, as AWS reports it now. */
export interface Candidate {
  /** The id that the target is registered with: an instance id or an IP address. */
  readonly instanceId: string;
  readonly name: string;
  readonly zone: string;
  readonly port: number;
  /** EC2 state name; empty if the instance was not found or not read. */
  readonly instanceState: string;
  /** ELBv2 target health state; empty if it is not registered. */
  readonly health: string;
  /** The zone of its registration, which a new registration has to repeat; absent if AWS reports none. */
  readonly registeredZone?: string;
  /** The stack that it belongs to, or that may break it (`albedo:chaos`); empty if its tags name none. */
  readonly stack: string;
  /** Name of its Auto Scaling group; absent if it is in none. */
  readonly autoScaling?: string;
  /** Ids of its security groups, if known. */
  readonly securityGroups?: readonly string[];
}

/** A target that is lost. */
export interface Member {
  /** The id of the instance, or the address of the target. */
  readonly instanceId: string;
  readonly name: string;
  readonly zone: string;
  readonly port: number;
  readonly registeredZone?: string;
}

/** The victim of a fault: one target, and the others that are lost with it. */
export interface Victim extends Member {
  /** Name of the experiment: a key under `chaos`. */
  readonly experiment: string;
  readonly group: string;
  readonly groupArn: string;
  /** The choice can be repeated with this seed; empty if the spec names the instance. */
  readonly seed: string;
  readonly others?: readonly Member[];
  /** What else the undo needs, such as the name of a systemd unit. */
  readonly detail?: string;
  /** The stack of the load test, if known: what albedo creates in AWS for the fault has its name. */
  readonly stack?: string;
}

/**
 * Something observed or done, in order of time. States are recorded when they change, and once at the start. `at`: when the
 * answer arrived; `since`: when the read before it was sent, so that the change itself lies between the two.
 * All times are milliseconds since the epoch.
 */
export type ChaosEvent =
  | { readonly kind: 'stop' | 'start'; readonly at: number; readonly outcome: 'sent' | 'accepted' | 'refused'; readonly detail: string }
  | { readonly kind: 'instance'; readonly at: number; readonly since: number; readonly instanceId: string; readonly state: string }
  | {
      readonly kind: 'health';
      readonly at: number;
      readonly since: number;
      readonly instanceId: string;
      readonly state: string;
      readonly reason: string;
      readonly detail: string;
    }
  | { readonly kind: 'blind'; readonly at: number; readonly detail: string };

export interface Disruption {
  readonly observations: readonly ChaosEvent[];
  /** The result. `aborted`: ended by the signal. `refused`: AWS did not accept the call. `not-started`: nothing was done. */
  readonly outcome: 'recovered' | 'not-recovered' | 'aborted' | 'refused' | 'not-started';
  /** AWS accepted the undo after the fault, or there was nothing to undo. */
  readonly restored: boolean;
  /** What went wrong, for the report; empty if nothing did. If it recovered: why the fault ended early. */
  readonly problem: string;
}

export interface TimelineEvent {
  readonly at: number;
  readonly kind: 'load' | 'call' | 'instance' | 'health' | 'problem';
  readonly text: string;
}

/** Derived from the observations. Times are milliseconds since the epoch; null if it was not observed. */
export interface Timeline {
  readonly stopAt: number | null;
  /** Target of the victim first seen as other than healthy after the stop call. */
  readonly notHealthyAt: number | null;
  /** When the read before that was sent: the target was still healthy then. */
  readonly lastHealthyAt: number | null;
  readonly notHealthyAs: string;
  readonly stoppedAt: number | null;
  /** First start call, and the one that AWS accepted. */
  readonly startAt: number | null;
  readonly startAcceptedAt: number | null;
  readonly runningAt: number | null;
  /** Target of the victim healthy again after the start call. */
  readonly healthyAt: number | null;
  /** Fewest other targets that were healthy at one time while the victim was away; null when not known. */
  readonly fewestOthersHealthy: number | null;
  /** Half-open spans `[from, to)`; a phase that did not happen is left out. */
  readonly phases: readonly { readonly phase: Phase; readonly from: number; readonly to: number }[];
  readonly events: readonly TimelineEvent[];
}
