/**
 * Commands on an instance through Systems Manager (Run Command, document AWS-RunShellScript), for experiments that break a service but not its
 * instance. The fault is a separate systemd unit, `albedo-fault`, which undoes the fault when it ends: when it is stopped, or by itself two
 * minutes after the planned end. So an instance that nobody can reach any more restores itself.
 * Needs systemd 246 or newer (Amazon Linux 2023 has 252), and that Systems Manager manages the instance.
 */

import type { Json } from '../../model/json.ts';
import { valueAt, valuesAt } from '../../model/paths.ts';
import { instanceStates } from '../answers.ts';
import type { About, Experiment, FaultCall, Look, Wanted } from '../experiments/experiment.ts';
import type { Victim } from '../types.ts';
import { idsOf } from '../victim.ts';
import { instanceLook, isGone } from './stopping.ts';

/** The unit of the server: no characters that a shell would interpret, and nothing that looks like an option. */
export const SERVICE = {
  type: 'string',
  pattern: '^[a-zA-Z0-9][a-zA-Z0-9@_.-]{0,63}$',
  default: 'webserver',
  'x-pattern-message': 'the name of a systemd unit such as webserver',
  description: 'The systemd unit of the server on the instance. For `app: flask-webserver` it is `webserver`.',
} as const;

/** The victim is one instance, which a setting can name. */
export const ONE_INSTANCE = {
  row: 'instance',
  schema: { type: 'string', minLength: 1, description: 'Which one, by name or id. Default: chosen by the seed.' },
} as const;

const UNIT = 'albedo-fault';
/** How long after the planned end the instance restores itself. */
const MARGIN_SECONDS = 120;
/** Exit status of the script if there is no service to break. */
const NO_SERVICE = 77;

/** `'it'\''s'`: one shell word, whatever it contains. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

export const serviceOf = ({ detail = '' }: Victim): string => {
  // It comes from a checked spec, or from a tag that `readMark` accepted.
  if (!new RegExp(SERVICE.pattern).test(detail)) throw new Error(`${JSON.stringify(detail)} is not the name of a service`);
  return detail;
};

/** The command that starts the fault unit: `program` runs during the fault, `after` runs when it ends. */
export const faultUnit = (seconds: number, after: string, program: readonly string[], settings: readonly string[] = []): string =>
  [
    ...['systemd-run', `--unit=${UNIT}`, '--collect', `--property=RuntimeMaxSec=${seconds + MARGIN_SECONDS}`],
    `--property=${quoted(`ExecStopPost=${after}`)}`,
    ...settings.map((each) => `--setenv=${quoted(each)}`),
    ...program.map(quoted),
  ].join(' ');

/** Longest time for the agent to begin and to finish a command; it polls for work all the time. */
const BEGIN_SECONDS = 30;
const RUN_SECONDS = 60;

const run = (lines: readonly string[], victim: Victim): Json => ({
  DocumentName: 'AWS-RunShellScript',
  InstanceIds: idsOf(victim),
  Comment: `albedo: a load test of ${victim.group}`.slice(0, 100),
  TimeoutSeconds: BEGIN_SECONDS,
  Parameters: { commands: [...lines], executionTimeout: [String(RUN_SECONDS)] },
});

const follow: NonNullable<FaultCall['follow']> = {
  op: 'ssm:GetCommandInvocation',
  input: (answer, { instanceId }) => ({ CommandId: valueAt(answer, 'Command.CommandId') ?? '', InstanceId: instanceId }),
  // Statuses: Systems Manager API reference, GetCommandInvocation.
  read: (answer) => {
    const status = String(valueAt(answer, 'Status') ?? '');
    if (status === 'Success') return { failed: '' };
    if (/^(Pending|InProgress|Delayed|Cancelling)$/.test(status)) return 'pending';
    if (valueAt(answer, 'ResponseCode') === NO_SERVICE)
      return { failed: 'no systemd unit of this name is running on the instance: set `service`', untouched: true };
    const said = String(valueAt(answer, 'StandardErrorContent') ?? '').trim();
    return {
      failed: `the command on the instance ended with status ${status || 'unknown'}${said === '' ? '' : `: ${said.split('\n')[0]?.slice(0, 300)}`}`,
    };
  },
  within: BEGIN_SECONDS + RUN_SECONDS,
};

const undoLines = (victim: Victim): readonly string[] => [
  `systemctl stop ${UNIT}.service 2>/dev/null || true`,
  `systemctl thaw ${serviceOf(victim)} 2>/dev/null || true`,
  `systemctl start ${serviceOf(victim)}`,
];

/** `breaks`: the shell lines that break the service. `objects`: why they must not be sent; empty if they may. */
export const onMachine = (
  breaks: (service: string, about: About, victim: Victim) => readonly string[],
  objects: (wanted: Wanted) => string = () => '',
) =>
  ({
    victims: 'instances',
    ask: {
      op: 'ssm:DescribeInstanceInformation',
      input: ({ candidates }) => ({
        Filters: [{ Key: 'InstanceIds', Values: candidates.map(({ instanceId }) => instanceId).filter((id) => id.startsWith('i-')) }],
      }),
      read: (answer, { instanceId }, wanted) => {
        const found = valuesAt(answer, 'InstanceInformationList[]').find((each) => valueAt(each, 'InstanceId') === instanceId);
        const online = found !== undefined && valueAt(found, 'PingStatus') === 'Online' && valueAt(found, 'PlatformType') === 'Linux';
        return online
          ? { refusal: objects(wanted), detail: wanted.settings['service'] ?? SERVICE.default }
          : {
              refusal:
                'Systems Manager does not manage it, so no command can run on it: it needs Linux with the SSM agent, and the policy AmazonSSMManagedInstanceCore or Default Host Management Configuration',
            };
      },
    },
    marked: ({ instanceId }) => ({ service: 'ec2', id: instanceId }),
    start: {
      op: 'ssm:SendCommand',
      input: (victim, about) => {
        const service = serviceOf(victim);
        return run(['set -e', `systemctl is-active --quiet ${service} || exit ${NO_SERVICE}`, ...breaks(service, about, victim)], victim);
      },
      follow,
    },
    undo: {
      op: 'ssm:SendCommand',
      input: (victim) => run(undoLines(victim), victim),
      follow,
      notYet: () => false,
      within: 600,
      byHand: (victim) =>
        `aws ssm send-command --document-name AWS-RunShellScript --instance-ids ${idsOf(victim).join(' ')} --parameters ${quoted(JSON.stringify({ commands: undoLines(victim) }))}`,
    },
    look: {
      ...instanceLook,
      read: (answer, { instanceId }): Look => {
        const state = instanceStates(answer).find((each) => each.instanceId === instanceId)?.state ?? 'terminated';
        return isGone(state) ? 'gone' : 'unsure';
      },
    },
  }) satisfies Pick<Experiment, 'victims' | 'ask' | 'marked' | 'start' | 'undo' | 'look'>;
