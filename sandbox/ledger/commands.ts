/**
 * Run Command of Systems Manager, for the document AWS-RunShellScript: what is sent is run a moment later, on the machines that an agent
 * answers for. Refusals: Systems Manager API reference, SendCommand and GetCommandInvocation.
 */
import { randomUUID } from 'node:crypto';
import type { ApiAnswer, ApiCall, Clock, Machines, NetworkView } from '../types.ts';
import { ApiRefusal } from '../wire.ts';

/** An agent asks for work, and answers, within a second or so. From memory of what is seen. */
const AGENT_MS = 300;
const MEMBERS = new Set(['DocumentName', 'DocumentVersion', 'InstanceIds', 'Comment', 'TimeoutSeconds', 'Parameters']);

interface Invocation {
  readonly instanceId: string;
  status: string;
  code: number;
  stderr: string;
}

type Input = Readonly<Record<string, unknown>>;

export interface Commands {
  handles(action: string): boolean;
  handle(call: ApiCall, body: string): ApiAnswer;
  /** Who runs what is sent, once there is somebody. */
  connect(machines: Machines): void;
  reset(): void;
}

export function createCommands(network: Pick<NetworkView, 'instance' | 'instances'>, clock: Clock): Commands {
  let machines: Machines | undefined;
  const sent = new Map<string, Invocation>();

  /** The agent of a running Linux instance answers: as with Default Host Management, which needs no role on the instance. */
  const isManaged = (id: string): boolean => network.instance(id)?.state === 'running' && machines?.knows(id) === true;

  const send = (call: ApiCall, input: Input): unknown => {
    const unknown = Object.keys(input).find((name) => !MEMBERS.has(name));
    if (unknown !== undefined)
      throw new ApiRefusal('ValidationException', `sandbox: SendCommand with ${unknown} is not part of the sandbox.`);
    const { DocumentName, InstanceIds, Comment = '', TimeoutSeconds = 3600 } = input;
    if (DocumentName !== 'AWS-RunShellScript') throw new ApiRefusal('InvalidDocument', 'The specified document does not exist.');
    const ids = strings(InstanceIds);
    if (ids === undefined || ids.length === 0 || ids.length > 50)
      throw new ApiRefusal(
        'ValidationException',
        "Value at 'instanceIds' failed to satisfy constraint: Member must have length between 0 and 50",
      );
    if (String(Comment).length > 100)
      throw new ApiRefusal(
        'ValidationException',
        "Value at 'comment' failed to satisfy constraint: Member must have length less than or equal to 100",
      );
    if (typeof TimeoutSeconds !== 'number' || TimeoutSeconds < 30 || TimeoutSeconds > 2_592_000)
      throw new ApiRefusal(
        'ValidationException',
        "Value at 'timeoutSeconds' failed to satisfy constraint: Member must have value greater than or equal to 30",
      );
    const parameters = (input['Parameters'] ?? {}) as Input;
    const lines = strings(parameters['commands']);
    if (lines === undefined) throw new ApiRefusal('InvalidParameters', 'Document AWS-RunShellScript requires the parameter commands.');
    for (const [name, value] of Object.entries(parameters))
      if (!['commands', 'workingDirectory', 'executionTimeout'].includes(name) || strings(value) === undefined)
        throw new ApiRefusal('InvalidParameters', `Parameter ${name} of document AWS-RunShellScript is not valid.`);
    const missing = ids.filter((id) => !isManaged(id));
    if (missing.length > 0)
      throw new ApiRefusal('InvalidInstanceId', `Instances [[${missing.join(', ')}]] not in a valid state for account ${call.account}`);
    const id = randomUUID();
    for (const instanceId of ids) {
      const invocation: Invocation = { instanceId, status: 'Pending', code: -1, stderr: '' };
      sent.set(`${id} ${instanceId}`, invocation);
      clock.after(AGENT_MS, () => void work(invocation, lines));
    }
    return {
      Command: {
        ...{ CommandId: id, DocumentName, InstanceIds: ids, Comment, TimeoutSeconds, Parameters: parameters, Status: 'Pending' },
        ...{ StatusDetails: 'Pending', RequestedDateTime: clock.now() / 1000, TargetCount: ids.length, CompletedCount: 0, ErrorCount: 0 },
      },
    };
  };

  const work = async (invocation: Invocation, lines: readonly string[]): Promise<void> => {
    invocation.status = 'InProgress';
    const result = (await machines?.run(invocation.instanceId, lines)) ?? { code: -1, stderr: 'the machine went down' };
    Object.assign(invocation, result, { status: result.code === 0 ? 'Success' : 'Failed' });
  };

  const look = ({ CommandId = '', InstanceId = '' }: Input): unknown => {
    const found = sent.get(`${String(CommandId)} ${String(InstanceId)}`);
    if (found === undefined) throw new ApiRefusal('InvocationDoesNotExist', '');
    const { status, code, stderr } = found;
    return {
      ...{ CommandId, InstanceId, DocumentName: 'AWS-RunShellScript', PluginName: 'aws:runShellScript', Status: status },
      ...{ StatusDetails: status, ResponseCode: code, StandardOutputContent: '', StandardErrorContent: stderr },
    };
  };

  const describe = (input: Input): unknown => {
    const filters = (input['Filters'] ?? []) as readonly { readonly Key?: string; readonly Values?: unknown }[];
    const named = filters.map(({ Key, Values }) => {
      const values = strings(Values);
      if (Key !== 'InstanceIds' || values === undefined || values.length === 0)
        throw new ApiRefusal('InvalidFilterKey', 'The specified filter key is not valid.');
      return values;
    });
    const wrong = named.flat().find((id) => !/^m?i-([0-9a-f]{8}|[0-9a-f]{17})$/.test(id));
    if (wrong !== undefined)
      throw new ApiRefusal('InvalidInstanceInformationFilterValue', `The specified filter value is not valid: ${wrong}`);
    const shown = network.instances().filter(({ id }) => isManaged(id) && named.every((ids) => ids.includes(id)));
    return {
      InstanceInformationList: shown.map(({ id, privateIp }) => ({
        ...{ InstanceId: id, PingStatus: 'Online', LastPingDateTime: clock.now() / 1000, AgentVersion: '3.3.3050.0' },
        ...{
          PlatformType: 'Linux',
          PlatformName: 'Amazon Linux',
          PlatformVersion: '2023',
          ResourceType: 'EC2Instance',
          IPAddress: privateIp,
        },
      })),
    };
  };

  const actions: Readonly<Record<string, (call: ApiCall, input: Input) => unknown>> = {
    SendCommand: send,
    GetCommandInvocation: (_, input) => look(input),
    DescribeInstanceInformation: (_, input) => describe(input),
  };
  return {
    handles: (action) => Object.hasOwn(actions, action),
    handle(call, body) {
      const answer = actions[call.action]?.(call, JSON.parse(body === '' ? '{}' : body) as Input);
      return { status: 200, contentType: 'application/x-amz-json-1.1', body: JSON.stringify(answer) };
    },
    connect(run) {
      machines = run;
    },
    reset: () => sent.clear(),
  };
}

const strings = (value: unknown): readonly string[] | undefined =>
  Array.isArray(value) && value.every((each) => typeof each === 'string') ? (value as readonly string[]) : undefined;
