import {
  DeleteParameterCommand,
  DescribeInstanceInformationCommand,
  GetCommandInvocationCommand,
  GetParameterCommand,
  PutParameterCommand,
  SendCommandCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import type { OperationName } from '../operations.ts';

/** Only the commands of the operations table: a bundler leaves the rest of the SDK client out. */
export const Client = SSMClient;
export const commands = {
  GetParameter: GetParameterCommand,
  PutParameter: PutParameterCommand,
  DeleteParameter: DeleteParameterCommand,
  DescribeInstanceInformation: DescribeInstanceInformationCommand,
  SendCommand: SendCommandCommand,
  GetCommandInvocation: GetCommandInvocationCommand,
} as const satisfies Readonly<Record<Commands, unknown>>;

type Commands = Extract<OperationName, `ssm:${string}`> extends `ssm:${infer Name}` ? Name : never;
