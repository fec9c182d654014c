/** The form of a row of `aws-rules.ts`. */

import type { Problem } from '../errors.ts';
import type { Desired } from '../model/model.ts';
import type { At, Built, Report } from './draft.ts';
import type { PathParts } from './path.ts';

/** What a rule looks at, and how it tells. */
export interface RuleContext {
  readonly built: Built;
  readonly at: At;
  readonly of: (kind: string) => readonly Desired[];
  /** At a field of a resource. */
  readonly report: Report;
  /** At a place of the text. */
  readonly tell: (path: PathParts, message: string, hint: string, what?: 'key' | 'value') => void;
  readonly add: (problems: readonly Problem[]) => void;
}

/** `name` is what tests call it by; `check` tells what is wrong and says nothing where all is well. */
export interface AwsRule {
  readonly name: string;
  readonly check: (context: RuleContext) => void;
}
