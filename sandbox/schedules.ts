/**
 * EventBridge Scheduler, as far as one-time schedules of universal targets go: CreateSchedule, GetSchedule and DeleteSchedule in the group `default`. A
 * schedule that is due makes its call, as its role, and by what that role may do. API reference and user guide; `scheduler-2021-06-30` of botocore.
 */
import { createHash } from 'node:crypto';
import type { ServiceRoles } from './ledger/service-role.ts';
import { faultsIn, type Shape } from './rest-json.ts';
import type { ApiAnswer, ApiCall, Clock } from './types.ts';
import { asRole, TARGETS } from './universal-targets.ts';
import { ApiRefusal } from './wire.ts';

const SERVICE = 'scheduler.amazonaws.com';
const GROUP = 'default';

const TARGET: Shape = {
  Arn: { length: [1, 1600], needed: true },
  RoleArn: { text: /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/, needed: true },
  Input: { length: [1, 262_144] },
  RetryPolicy: { of: { MaximumEventAgeInSeconds: { from: 60, to: 86_400 }, MaximumRetryAttempts: { from: 0, to: 185 } } },
};
const NAME = { text: /^[0-9a-zA-Z-_.]{1,64}$/ };
const TOKEN = { text: /^[a-zA-Z0-9-_]{1,64}$/ };
const CREATE: Shape = {
  Name: { ...NAME, needed: true },
  GroupName: NAME,
  ClientToken: TOKEN,
  Description: { length: [0, 512] },
  ScheduleExpression: { length: [1, 256], needed: true },
  State: { oneOf: ['ENABLED', 'DISABLED'] },
  ActionAfterCompletion: { oneOf: ['NONE', 'DELETE'] },
  FlexibleTimeWindow: { of: { Mode: { oneOf: ['OFF'], needed: true } }, needed: true },
  Target: { of: TARGET, needed: true },
};
const NAMED: Shape = { Name: { ...NAME, needed: true }, GroupName: NAME };

interface Create {
  readonly Name: string;
  readonly GroupName?: string;
  readonly ClientToken?: string;
  readonly Description?: string;
  readonly ScheduleExpression: string;
  readonly State?: string;
  readonly ActionAfterCompletion?: string;
  readonly FlexibleTimeWindow: { readonly Mode: string };
  readonly Target: { readonly Arn: string; readonly RoleArn: string; readonly Input?: string };
}

interface Schedule {
  readonly arn: string;
  readonly region: string;
  readonly account: string;
  readonly input: Create;
  /** Of the input without its token. */
  readonly digest: string;
  readonly madeAt: number;
  /** Milliseconds since the epoch. */
  readonly due: number;
}

export interface Schedules {
  answer(call: ApiCall, json?: { readonly body: string }): Promise<ApiAnswer>;
  count(): number;
  reset(): void;
  save(): readonly Schedule[];
  load(saved: readonly Schedule[]): void;
}

export interface SchedulesOptions {
  readonly clock: Clock;
  readonly roles: ServiceRoles;
  /** Makes a call of EC2 or ELB. */
  readonly send: (call: ApiCall) => Promise<ApiAnswer> | ApiAnswer;
  readonly log: (line: string) => void;
}

const invalid = (message: string): ApiRefusal => new ApiRefusal('ValidationException', message);

export function createSchedules({ clock, roles, send, log }: SchedulesOptions): Schedules {
  const all = new Map<string, Schedule & { readonly cancel: () => void }>();

  const arnOf = ({ region, account }: Pick<ApiCall, 'region' | 'account'>, name: string): string =>
    `arn:aws:scheduler:${region}:${account}:schedule/${GROUP}/${name}`;
  /** The schedule's group, never the schedule (user guide, "Confused deputy prevention"). */
  const asking = ({ region, account }: Pick<ApiCall, 'region' | 'account'>) =>
    new Map([
      ['aws:sourcearn', [`arn:aws:scheduler:${region}:${account}:schedule-group/${GROUP}`]],
      ['aws:sourceaccount', [account]],
    ]);
  const find = (call: ApiCall, name: string) => {
    const found = all.get(arnOf(call, name));
    if (found === undefined) throw new ApiRefusal('ResourceNotFoundException', `Schedule ${name} does not exist.`, 404);
    return found;
  };
  const keep = (schedule: Schedule): void => {
    const cancel = clock.after(Math.max(0, schedule.due - clock.now()), () => void fire(schedule));
    all.set(schedule.arn, { ...schedule, cancel });
  };

  const create = async (call: ApiCall, input: Create): Promise<unknown> => {
    const due = dueOf(input.ScheduleExpression);
    if (due === undefined) throw invalid('Invalid Schedule Expression.');
    // Chosen: what AWS does with a time that has passed is not documented.
    if (due <= clock.now()) throw invalid('sandbox: the time of the schedule has passed.');
    const { Arn, RoleArn, Input } = input.Target;
    const [, target] = /^arn:aws:scheduler:::aws-sdk:([a-z0-9]+:[a-z]\w+)$/.exec(Arn) ?? [];
    if (target === undefined || !Object.hasOwn(TARGETS, target)) throw invalid(`sandbox: ${Arn} is no target that the sandbox has.`);
    if (readInput(Input) === undefined) throw invalid('Provided Input is not valid JSON.');
    const arn = arnOf(call, input.Name);
    const { ClientToken, ...content } = input;
    const digest = createHash('sha256').update(JSON.stringify(content)).digest('hex');
    const there = all.get(arn);
    if (there !== undefined) {
      if (ClientToken !== undefined && there.input.ClientToken === ClientToken && there.digest === digest) return { ScheduleArn: arn };
      throw new ApiRefusal('ConflictException', `Schedule ${input.Name} already exists.`, 409);
    }
    // In AWS's words (aws-sdk-js-v3 issue 6494).
    if (!(await roles.letsIn(RoleArn, SERVICE, asking(call))))
      throw invalid('The execution role you provide must allow AWS EventBridge Scheduler to assume the role.');
    keep({ arn, region: call.region, account: call.account, input, digest, madeAt: clock.now(), due });
    return { ScheduleArn: arn };
  };

  const fire = async (schedule: Schedule): Promise<void> => {
    const { arn, input } = schedule;
    if (input.ActionAfterCompletion === 'DELETE') all.delete(arn);
    if (input.State === 'DISABLED') return;
    const problem = await invoke(schedule).catch((error: unknown) => String(error));
    log(`schedule ${input.Name}: ${problem === '' ? 'its call was made' : problem}`);
  };

  /** Answers why the call was not made. It is made once: whether AWS tries again after a refusal is not known. */
  const invoke = async ({ region, account, input: { Target } }: Schedule): Promise<string> => {
    const target = TARGETS[Target.Arn.slice(Target.Arn.indexOf('aws-sdk:') + 'aws-sdk:'.length)];
    const input = readInput(Target.Input);
    if (target === undefined || input === undefined) return 'there is no such call';
    const from = { region, account };
    if (!(await roles.letsIn(Target.RoleArn, SERVICE, asking(from)))) return 'its role lets it in no more';
    return asRole({ roles, send, roleArn: Target.RoleArn, ...from }, target, input);
  };

  const actions: Readonly<Record<string, readonly [Shape, (call: ApiCall, input: never) => unknown]>> = {
    CreateSchedule: [CREATE, create],
    GetSchedule: [
      NAMED,
      (call, { Name }: Create) => {
        const { arn, input, madeAt } = find(call, Name);
        const { ClientToken: _, ...shown } = input;
        return {
          ...{ GroupName: GROUP, State: 'ENABLED', ScheduleExpressionTimezone: 'UTC', ActionAfterCompletion: 'NONE', ...shown },
          ...{ Arn: arn, CreationDate: madeAt / 1000, LastModificationDate: madeAt / 1000 },
        };
      },
    ],
    DeleteSchedule: [
      { ...NAMED, ClientToken: TOKEN },
      (call, { Name }: Create) => {
        const { arn, cancel } = find(call, Name);
        cancel();
        all.delete(arn);
        return {};
      },
    ],
  };

  return {
    async answer(call, json) {
      const [shape, act] = actions[call.action] ?? [];
      if (shape === undefined || act === undefined || json === undefined)
        throw new ApiRefusal(
          'UnknownOperationException',
          `sandbox: EventBridge Scheduler answers ${Object.keys(actions).join(', ')} here.`,
        );
      const input = JSON.parse(json.body) as { readonly GroupName?: string };
      const faults = faultsIn(input, shape);
      if (faults.length > 0)
        throw invalid(`${faults.length} validation error${faults.length === 1 ? '' : 's'} detected: ${faults.join('; ')}`);
      if ((input.GroupName ?? GROUP) !== GROUP)
        throw new ApiRefusal('ResourceNotFoundException', `Schedule group ${input.GroupName} does not exist.`, 404);
      return { status: 200, contentType: 'application/json', body: JSON.stringify(await act(call, input as never)) };
    },
    count: () => all.size,
    reset() {
      for (const { cancel } of all.values()) cancel();
      all.clear();
    },
    save: () => [...all.values()].map(({ cancel: _, ...schedule }) => schedule),
    load(saved) {
      for (const { cancel } of all.values()) cancel();
      all.clear();
      for (const schedule of saved) keep(schedule);
    },
  };
}

/** Of `at(2026-11-30T12:00:00)`, in UTC: milliseconds since the epoch. */
function dueOf(expression: string): number | undefined {
  const [, text] = /^at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)$/.exec(expression) ?? [];
  const due = Date.parse(`${text}Z`);
  return text !== undefined && Number.isFinite(due) && new Date(due).toISOString().startsWith(text) ? due : undefined;
}

function readInput(text = '{}'): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
