import type { HealthCheckSettings, Prediction } from '../../load/types.ts';
import { type Schema, seconds } from '../../model/codec.ts';
import type { Json } from '../../model/json.ts';
import type { Marked } from '../fault-mark.ts';
import type { Candidate, Victim } from '../types.ts';

/** What is known when a call is sent. */
export interface About {
  /** The last answer of `look`; null if there is none. */
  readonly seen: Json;
  /** Length of the fault in seconds; 0 if not known. */
  readonly seconds: number;
  /** The experiment's own settings, as in the spec. */
  readonly own: OwnSettings;
  /** Path of the group's health check. */
  readonly healthPath: string;
}
/** For an undo of which only the tag is known. */
export const NOTHING_KNOWN: About = { seen: null, seconds: 0, own: {}, healthPath: '/' };

/** An AWS call, as `service:Operation`, with its input for a victim. Its name is also the IAM permission that it needs. */
export interface FaultCall {
  readonly op: string;
  readonly input: (victim: Victim, about: About) => Json;
  /** For a call that AWS accepts at once and carries out later: how to read the result. */
  readonly follow?: {
    readonly op: string;
    readonly input: (answer: Json, victim: Victim) => Json;
    /** `failed`: why it failed; empty if it succeeded. `untouched`: it failed before it changed anything. */
    readonly read: (answer: Json) => 'pending' | { readonly failed: string; readonly untouched?: true };
    /** Seconds. */
    readonly within: number;
  };
}

/** How AWS FIS does it in the place of `start`: an action that mends by itself in the end (FIS user guide, actions reference). */
export interface FisAction {
  /** `aws:ec2:stop-instances` */
  readonly actionId: string;
  readonly resourceType: string;
  /** What the action calls its targets. */
  readonly targets: string;
  /** The ARN of one of them, by its id. */
  readonly arn: (id: string, where: { readonly partition: string; readonly region: string; readonly account: string }) => string;
  readonly parameters: (seconds: number) => Readonly<Record<string, string>>;
  /** The shortest that it can last, in seconds. */
  readonly shortest: number;
}

/** The words of the fault: `stop`, `stopping`, `stopped`. */
export interface Verb {
  readonly verb: string;
  readonly doing: string;
  readonly done: string;
}

/** The settings of an experiment that only it has, as they are written in the spec. */
export type OwnSettings = Readonly<Record<string, string>>;

/** What is known about a candidate beyond its health. */
export interface Fitness {
  /** Why it cannot be the victim; empty if it can. */
  readonly refusal: string;
  /** Ids of the instances that would be lost with it. */
  readonly others?: readonly string[];
  /** For the undo; see `Victim`. */
  readonly detail?: string;
}

/** The input of a choice. */
export interface Wanted {
  readonly candidates: readonly Candidate[];
  readonly groupArn: string;
  readonly settings: OwnSettings;
  /** Ids of the security groups of the load balancer. */
  readonly admitted: readonly string[];
  /** Path of the group's health check. */
  readonly healthPath: string;
}

/** One kind of fault. Pure: the calls are data, and only `disrupt` makes them. */
export interface Experiment {
  /** The key under `chaos` in a spec. */
  readonly name: string;
  /** Its settings in a spec; `experiment` adds those that all experiments have. */
  readonly schema: Schema;
  /** Names of its own settings, without the one that names the victim. */
  readonly own: readonly string[];
  /** The setting that names the victim; absent: none can be named. */
  readonly named?: 'instance' | 'target';
  /** `instances`: the EC2 instances behind the group. `targets`: everything that is registered with it, including addresses. */
  readonly victims: 'instances' | 'targets';
  /** How many at once: one; a `share` of the healthy ones; all of one zone. */
  readonly picks: 'one' | 'share' | 'zone';
  /** Why this candidate cannot be the victim; empty if it can. */
  readonly accepts?: (candidate: Candidate) => string;
  /** Called before the choice, if health and tags are not enough. A victim must then be in the answer. */
  readonly ask?: {
    readonly op: string;
    readonly input: (wanted: Wanted) => Json;
    readonly read: (answer: Json, candidate: Candidate, wanted: Wanted) => Fitness;
  };
  /** The resource that gets the tag of the fault. */
  readonly marked: Marked;
  readonly start: FaultCall;
  /** What AWS FIS does instead of `start` if the spec says `by: fis`. */
  readonly fis?: FisAction;
  /** Sent until AWS accepts it, whatever happens in between; once for each of several victims, unless `whole`. */
  readonly undo: FaultCall & {
    readonly whole?: true;
    /** It is one call that is known before the fault, so EventBridge Scheduler can send it if nobody else does. */
    readonly scheduled?: true;
    /** AWS refuses it with this code now, but will accept it later. */
    readonly notYet: (awsCode: string) => boolean;
    /** Seconds during which a refusal is no reason to give up. */
    readonly within: number;
    /** The same as a shell command. */
    readonly byHand: (victim: Victim) => string;
  };
  /**
   * Whether a victim of an ended run still has to be restored. `gone`: it no longer exists. `unsure`: no call can show it; then the undo,
   * which is safe to repeat, is sent once.
   */
  readonly look: FaultCall & {
    readonly read: (answer: Json, victim: Victim) => Look;
    /** A second look at a broken victim, if `read` cannot know whether it exists at all. `input`: undefined if no call can show it. */
    readonly then?: {
      readonly op: string;
      readonly input: (victim: Victim) => Json | undefined;
      readonly read: (answer: Json, victim: Victim) => Look;
    };
  };
  /** The victim does not come back: something else replaces it. Such a fault has no length. */
  readonly refills?: true;
  /** The health check may keep passing: the fault then lasts from its call to the undo call. */
  readonly mayPass?: true;
  readonly predict: (check: HealthCheckSettings, settings?: OwnSettings) => Prediction;
  readonly words: Verb & { readonly thing: string; readonly undo: Verb };
}

export type Look = 'fine' | 'broken' | 'gone' | 'unsure';

/** Longest fault, in seconds. */
const BOUND = 3600;

type Own = Omit<Experiment, 'schema' | 'own' | 'picks' | 'named'> & {
  readonly description: string;
  readonly picks?: Experiment['picks'];
  /** The setting that names the victim. */
  readonly named?: { readonly row: 'instance' | 'target'; readonly schema: Schema };
  /** Further settings. */
  readonly rows?: Readonly<Record<string, Schema>>;
};

/** Without a default, so that specs from before this setting have the same digest. */
const by = ({ shortest }: FisAction, thing: string): Schema => ({
  type: 'string',
  enum: ['ec2', 'fis'],
  'x-example': 'fis',
  description: `Who does it. \`ec2\`, or left out: albedo calls EC2. \`fis\`: AWS FIS runs an experiment, with the role and the stop alarms under \`fis\` in environment.yaml; the ${thing}s are then stopped for at least ${shortest} s.`,
});

/** Completes an experiment with the settings that all experiments have. */
export function experiment({ description, named, rows: ownRows = {}, picks = 'one', ...rest }: Own): Experiment {
  const rows = rest.fis === undefined ? ownRows : { ...ownRows, by: by(rest.fis, rest.words.thing) };
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
            'When the fault begins, counted from the start of the load. For the second and later `experiments`: from the steady state before it.',
        },
        ...(rest.refills === true
          ? {}
          : {
              for: {
                ...seconds(1, BOUND).schema,
                default: '20s',
                description: `How long the fault lasts, until ${picks === 'one' ? 'it is' : 'they are'} ${undo.done}.`,
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
