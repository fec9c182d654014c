import type { HealthCheckSettings, Prediction } from '../../load/types.ts';
import { type Schema, seconds } from '../../model/codec.ts';
import type { Json } from '../../model/json.ts';
import type { Marked } from '../fault-mark.ts';
import type { Victim } from '../types.ts';

/** A call of AWS, as `service:Operation`, and what it is sent of a victim. Its name is also the IAM permission that it needs. */
export interface FaultCall {
  readonly op: string;
  readonly input: (victim: Victim) => Json;
}

/** The words of the fault: `stop`, `stopping`, `stopped`. */
export interface Verb {
  readonly verb: string;
  readonly doing: string;
  readonly done: string;
}

/** One kind of fault. Pure: what is called is data, and `disrupt` alone calls. */
export interface Experiment {
  /** The key under `chaos` in a spec. */
  readonly name: string;
  /** What a spec may say of it; `experiment` adds the rows that all have. */
  readonly schema: Schema;
  /** The row that names the victim. */
  readonly named: 'instance' | 'target';
  /** `instances`: the stack's own EC2 instances behind the group. `targets`: whatever is registered with it, addresses too. */
  readonly victims: 'instances' | 'targets';
  /** What carries the tag that says that it is broken. */
  readonly marked: Marked;
  readonly start: FaultCall;
  /** Sent until AWS takes it, whatever happens in between. */
  readonly undo: FaultCall & {
    /** AWS refuses it with this code, but will take it in a while. */
    readonly notYet: (awsCode: string) => boolean;
    /** Seconds for which a refusal is no reason to give up. */
    readonly within: number;
    /** The same for a shell. */
    readonly byHand: (victim: Victim) => string;
  };
  /** Whether a victim of a run that is no more still has to be put right. `gone`: there is nothing left to do it to. */
  readonly look: FaultCall & { readonly read: (answer: Json, victim: Victim) => 'fine' | 'broken' | 'gone' };
  readonly predict: (check: HealthCheckSettings) => Prediction;
  readonly words: Verb & { readonly thing: string; readonly undo: Verb };
}

/** The longest that a fault may last, in seconds. */
const BOUND = 3600;

/** The rows that every experiment has, around its own. */
export function experiment(own: Omit<Experiment, 'schema'> & { readonly description: string; readonly namedRow: Schema }): Experiment {
  const { description, namedRow, ...rest } = own;
  const { thing, done, undo } = own.words;
  return {
    ...rest,
    schema: {
      type: 'object',
      additionalProperties: false,
      required: ['from'],
      description,
      properties: {
        from: { type: 'string', 'x-reference': 'targetGroup', description: `The target group whose ${thing} is ${done}.` },
        [own.named]: namedRow,
        at: { ...seconds(1, 3600).schema, default: '20s', description: 'When, counted from the start of the load.' },
        for: { ...seconds(1, BOUND).schema, default: '20s', description: `How long until it is ${undo.done} again.` },
        seed: { type: 'string', description: `Decides which ${thing} is ${done} when none is named. Default: the name of the stack.` },
      },
    },
  };
}
