/** What chaos does and sees: the victim, what AWS reported and when, and the phases read from that. Plain JSON. */

export const PHASES = ['before', 'during', 'after'] as const;
export type Phase = (typeof PHASES)[number];

/** A target that a fault could befall, as AWS reports it now. */
export interface Candidate {
  /** What the target is registered by: the id of its instance, or an address. */
  readonly instanceId: string;
  readonly name: string;
  readonly zone: string;
  readonly port: number;
  /** EC2 state name; empty when the instance was not found, or nobody asked. */
  readonly instanceState: string;
  /** ELBv2 target health state; empty when it is not registered. */
  readonly health: string;
  /** As it is registered, which a new registration has to say again; absent where AWS does not say one. */
  readonly registeredZone?: string;
  /** The stack it belongs to, or that may break it (`albedo:chaos`); empty when its tags name none. */
  readonly stack: string;
  /** Name of the Auto Scaling group that keeps it; absent: none does. */
  readonly autoScaling?: string;
  /** Ids of its security groups, where they are known. */
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

/** Whom a fault befalls: one target, and the others that are lost with it. */
export interface Victim extends Member {
  /** What is done to it: a key under `chaos`. */
  readonly experiment: string;
  readonly group: string;
  readonly groupArn: string;
  /** The choice can be repeated with it; empty when the spec names the instance. */
  readonly seed: string;
  readonly others?: readonly Member[];
  /** What the undo has to know besides, such as the unit of a service. */
  readonly detail?: string;
  /** Whose load test it is, where that is known: what is kept in AWS for it has the name of the stack. */
  readonly stack?: string;
}

/**
 * Something seen or done, in order of time. States are recorded when they change, and once at the start. `at`: when the
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
  /** What came of it. `aborted`: ended by the signal. `refused`: AWS did not take the call. `not-started`: nothing was done. */
  readonly outcome: 'recovered' | 'not-recovered' | 'aborted' | 'refused' | 'not-started';
  /** The undo was accepted after the fault, or there was nothing to undo. */
  readonly restored: boolean;
  /** What went wrong, for the report; empty when nothing did. */
  readonly problem: string;
}

export interface TimelineEvent {
  readonly at: number;
  readonly kind: 'load' | 'call' | 'instance' | 'health' | 'problem';
  readonly text: string;
}

/** What the observations say. Times are milliseconds since the epoch; null when it was not seen. */
export interface Timeline {
  readonly stopAt: number | null;
  /** Target of the victim first seen as other than healthy after the stop call. */
  readonly notHealthyAt: number | null;
  /** When the read before that one was sent: it was still healthy then. */
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
