import type { HealthCheckSettings, Prediction } from '../../load/types.ts';
import { type Schema, seconds } from '../../model/codec.ts';
import type { Json } from '../../model/json.ts';
import type { Marked } from '../fault-mark.ts';
import type { Candidate, Victim } from '../types.ts';

/** What is known when a call is sent. */
export interface About {
  /** What `look` answered last; null when nobody has looked. */
  readonly seen: Json;
  /** How long the fault is to last, where that is known. */
  readonly seconds: number;
  /** The rows of its own, as the spec has them. */
  readonly own: OwnSettings;
  /** Where the group's health check asks. */
  readonly healthPath: string;
}
/** Of an undo that nothing but a tag tells of. */
export const NOTHING_KNOWN: About = { seen: null, seconds: 0, own: {}, healthPath: '/' };

/** A call of AWS, as `service:Operation`, and what it is sent of a victim. Its name is also the IAM permission that it needs. */
export interface FaultCall {
  readonly op: string;
  readonly input: (victim: Victim, about: About) => Json;
  /** AWS takes the call and does the work later: how to see what came of it. */
  readonly follow?: {
    readonly op: string;
    readonly input: (answer: Json, victim: Victim) => Json;
    /** Empty: done; else why it failed. `untouched`: before it changed anything. */
    readonly read: (answer: Json) => 'pending' | { readonly failed: string; readonly untouched?: true };
    /** Seconds. */
    readonly within: number;
  };
}

/** The words of the fault: `stop`, `stopping`, `stopped`. */
export interface Verb {
  readonly verb: string;
  readonly doing: string;
  readonly done: string;
}

/** What a spec says of an experiment in the rows of its own, as it is written there. */
export type OwnSettings = Readonly<Record<string, string>>;

/** What is known of one that could be the victim, beyond its health. */
export interface Fitness {
  /** Why it cannot be; empty when it can. */
  readonly refusal: string;
  /** Ids of the instances that would be lost with it. */
  readonly others?: readonly string[];
  /** For the undo; see `Victim`. */
  readonly detail?: string;
}

/** What is broken for a choice. */
export interface Wanted {
  readonly candidates: readonly Candidate[];
  readonly groupArn: string;
  readonly settings: OwnSettings;
  /** Ids of the security groups of the load balancer. */
  readonly admitted: readonly string[];
  /** Where the group's health check asks. */
  readonly healthPath: string;
}

/** One kind of fault. Pure: what is called is data, and `disrupt` alone calls. */
export interface Experiment {
  /** The key under `chaos` in a spec. */
  readonly name: string;
  /** What a spec may say of it; `experiment` adds the rows that all have. */
  readonly schema: Schema;
  /** Names of its own rows beside the one that names the victim. */
  readonly own: readonly string[];
  /** The row that names the victim; absent: none can be named. */
  readonly named?: 'instance' | 'target';
  /** `instances`: the EC2 instances behind the group. `targets`: whatever is registered with it, addresses too. */
  readonly victims: 'instances' | 'targets';
  /** How many at once: one; a part of those that are healthy, by `share`; all of one zone. */
  readonly picks: 'one' | 'share' | 'zone';
  /** Why this candidate cannot be the victim; empty when it can. */
  readonly accepts?: (candidate: Candidate) => string;
  /** Asked before anything is chosen, where more has to be known than health and tags. A victim must then be in the answer. */
  readonly ask?: {
    readonly op: string;
    readonly input: (wanted: Wanted) => Json;
    readonly read: (answer: Json, candidate: Candidate, wanted: Wanted) => Fitness;
  };
  /** What carries the tag that says that it is broken. */
  readonly marked: Marked;
  readonly start: FaultCall;
  /** Sent until AWS takes it, whatever happens in between; to each of several victims by itself, unless `whole`. */
  readonly undo: FaultCall & {
    readonly whole?: true;
    /** It can be written down before the fault, as one call: EventBridge Scheduler sends it when nobody else does. */
    readonly scheduled?: true;
    /** AWS refuses it with this code, but will take it in a while. */
    readonly notYet: (awsCode: string) => boolean;
    /** Seconds for which a refusal is no reason to give up. */
    readonly within: number;
    /** The same for a shell. */
    readonly byHand: (victim: Victim) => string;
  };
  /**
   * Whether a victim of a run that is no more still has to be put right. `gone`: there is nothing left to do it to. `unsure`: no call
   * tells; the undo, which may be sent twice, is sent once.
   */
  readonly look: FaultCall & {
    readonly read: (answer: Json, victim: Victim) => Look;
    /** Asked of one that is broken, where `read` cannot know whether it is there at all. `input`: undefined when no call tells. */
    readonly then?: {
      readonly op: string;
      readonly input: (victim: Victim) => Json | undefined;
      readonly read: (answer: Json, victim: Victim) => Look;
    };
  };
  /** The victim does not come back: somebody else puts another one in its place. The fault has no length then. */
  readonly refills?: true;
  /** The health check may go on passing: the fault then lasts from the call that breaks to the one that mends. */
  readonly mayPass?: true;
  readonly predict: (check: HealthCheckSettings, settings?: OwnSettings) => Prediction;
  readonly words: Verb & { readonly thing: string; readonly undo: Verb };
}

export type Look = 'fine' | 'broken' | 'gone' | 'unsure';

/** The longest that a fault may last, in seconds. */
const BOUND = 3600;

type Own = Omit<Experiment, 'schema' | 'own' | 'picks' | 'named'> & {
  readonly description: string;
  readonly picks?: Experiment['picks'];
  /** The row that names the victim. */
  readonly named?: { readonly row: 'instance' | 'target'; readonly schema: Schema };
  /** Further rows. */
  readonly rows?: Readonly<Record<string, Schema>>;
};

/** The rows that every experiment has, around its own. */
export function experiment({ description, named, rows = {}, picks = 'one', ...rest }: Own): Experiment {
  const { thing, done, undo } = rest.words;
  const subject = picks === 'one' ? `${thing} is` : `${thing}s are`;
  return {
    ...rest,
    picks,
    own: Object.keys(rows),
    ...(named === undefined ? {} : { named: named.row }),
    schema: {
      type: 'object',
      additionalProperties: false,
      required: ['from'],
      description,
      properties: {
        from: {
          type: 'string',
          'x-reference': 'targetGroup',
          'x-own-only': true,
          description: `The target group whose ${subject} ${done}.`,
        },
        ...(named === undefined ? {} : { [named.row]: named.schema }),
        ...rows,
        at: {
          ...seconds(1, 3600).schema,
          default: '20s',
          description:
            'When, counted from the start of the load; for a later one of several `experiments`, from the steady state before it.',
        },
        ...(rest.refills === true
          ? {}
          : {
              for: {
                ...seconds(1, BOUND).schema,
                default: '20s',
                description: `How long until ${picks === 'one' ? 'it is' : 'they are'} ${undo.done} again.`,
              },
            }),
        seed: {
          type: 'string',
          description: `Decides which ${subject} ${done}${named === undefined ? '' : ' when none is named'}. Default: the name of the stack.`,
        },
      },
    },
  };
}
