/** Every way albedo ends other than well: whose fault it is, the exit status, and what to do next. */

export const EXIT = {
  ok: 0,
  error: 1,
  changes: 2,
  planDiffers: 3,
  guardRefused: 4,
  locked: 5,
  credentials: 6,
  objectiveMissed: 8,
  inconclusive: 9,
} as const;

interface ErrorRow {
  readonly fault: 'user' | 'aws' | 'albedo';
  readonly exit: number;
  readonly hint: string;
}

export const ERRORS = {
  SpecInvalid: { fault: 'user', exit: EXIT.error, hint: 'Correct the places listed; AWS was not called.' },
  SpecNotFound: { fault: 'user', exit: EXIT.error, hint: 'Name a YAML file or a folder that holds some, such as environments/sandbox.' },
  OutputRefused: { fault: 'user', exit: EXIT.error, hint: 'Give a path that can be written. AWS was not called.' },
  ArgumentsWrong: { fault: 'user', exit: EXIT.error, hint: '`albedo COMMAND --help` lists the options; AWS was not called.' },
  ImportRefused: { fault: 'user', exit: EXIT.error, hint: 'Give its name, ARN or DNS name; --region sets where to look.' },
  InitRefused: { fault: 'user', exit: EXIT.error, hint: 'Nothing was written. See `albedo init --help`.' },
  CredentialsMissing: {
    fault: 'user',
    exit: EXIT.credentials,
    hint: 'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or sign in with `aws sso login`.',
  },
  CredentialsRefused: {
    fault: 'user',
    exit: EXIT.credentials,
    hint: 'The credentials are expired or wrong: renew them and run the same command again.',
  },
  Denied: { fault: 'user', exit: EXIT.credentials, hint: 'Grant the action in the message to the role that runs albedo.' },
  WrongAccount: {
    fault: 'user',
    exit: EXIT.credentials,
    hint: 'Nothing was read. Use the profile or role of that account, or correct `account` in the spec or in environment.yaml.',
  },
  EndpointUnreachable: {
    fault: 'user',
    exit: EXIT.error,
    hint: 'Check the network, the region and AWS_ENDPOINT_URL; for the sandbox, run `albedo sandbox up`.',
  },
  PlanDiffers: {
    fault: 'user',
    exit: EXIT.planDiffers,
    hint: 'AWS or the spec changed since the review: run `albedo plan`, review it, and apply with its digest.',
  },
  PlanStuck: {
    fault: 'user',
    exit: EXIT.error,
    hint: 'Make the change in two steps: apply a spec with one of the listed changes, then one with the rest. Nothing was changed.',
  },
  GuardRefused: {
    fault: 'user',
    exit: EXIT.guardRefused,
    hint: 'Nothing was changed. Allow it with the flag in the message, or change the spec.',
  },
  Locked: {
    fault: 'user',
    exit: EXIT.locked,
    hint: 'Wait until that run ends; --lock-wait 10m waits for you. If that run has crashed, --break-lock takes its lock; --no-lock runs without a lock.',
  },
  RollbackFailed: {
    fault: 'user',
    exit: EXIT.error,
    hint: 'The version that missed is still applied. Apply a spec that is known to be good, or name its commit with --rollback=REF.',
  },
  ApplyFailed: {
    fault: 'aws',
    exit: EXIT.error,
    hint: 'Fix the cause and run the command again; finished steps are kept.',
  },
  NotConverged: {
    fault: 'albedo',
    exit: EXIT.error,
    hint: 'The apply ended, but a new plan is not empty. Run `albedo plan` to see the remaining changes.',
  },
  Interrupted: { fault: 'user', exit: 130, hint: 'Run the same command again: it continues from what exists in AWS.' },
  LoadFailed: { fault: 'user', exit: EXIT.inconclusive, hint: 'Read the output of k6: it names the cause.' },
  ToolMissing: { fault: 'user', exit: EXIT.error, hint: 'Run `albedo setup`: it installs what is missing, or explains how to.' },
  AwsRefused: { fault: 'aws', exit: EXIT.error, hint: 'Check the id, the region and the account that the message names.' },
  Internal: { fault: 'albedo', exit: EXIT.error, hint: 'This is a bug in albedo: please report it with this message.' },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;

/** An error with a code of the table above. `message` says what was being done to what; `cause` keeps what was thrown. */
export class ReconcileError extends Error {
  readonly code: ErrorCode;
  readonly hint: string;
  constructor(code: ErrorCode, message: string, options: { cause?: unknown; hint?: string } = {}) {
    super(message, { cause: options.cause });
    this.name = 'ReconcileError';
    this.code = code;
    this.hint = options.hint ?? ERRORS[code].hint;
  }
  get exit(): number {
    return ERRORS[this.code].exit;
  }
}

/** Anything thrown, as an error of ours. What is none is a defect, and said to be one. */
export function asError(thrown: unknown): ReconcileError {
  if (thrown instanceof ReconcileError) return thrown;
  return new ReconcileError('Internal', thrown instanceof Error ? thrown.message : String(thrown), { cause: thrown });
}

/** What class an AWS error is of: decides whether a call is repeated, and what the user is told. */
export type CloudErrorClass =
  | 'NotFound'
  | 'Throttled'
  | 'InUse'
  | 'Denied'
  | 'Credentials'
  | 'Invalid'
  | 'Exists'
  | 'Transient'
  | 'Unreachable'
  | 'Unknown';

export class CloudError extends Error {
  readonly op: string;
  readonly awsCode: string;
  readonly class: CloudErrorClass;
  readonly attempts: number;
  constructor(
    op: string,
    awsCode: string,
    errorClass: CloudErrorClass,
    message: string,
    options: { cause?: unknown; attempts?: number } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'CloudError';
    this.op = op;
    this.awsCode = awsCode;
    this.class = errorClass;
    this.attempts = options.attempts ?? 1;
  }
}

/** One mistake in a spec. Data, never thrown: all of them are reported together. */
export interface Problem {
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  readonly column: number;
  /** Spec path, empty for the whole file: `targetGroups.web.port`. */
  readonly path: string;
  readonly message: string;
  /** What to write instead, or the nearest known name. */
  readonly hint?: string;
  readonly severity: 'error' | 'warning';
}
