import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { OperationName } from '../operations.ts';

/** Only the commands of the operations table: a bundler leaves the rest of the SDK client out. */
export const Client = STSClient;
export const commands = {
  GetCallerIdentity: GetCallerIdentityCommand,
} as const satisfies Readonly<Record<Commands, unknown>>;

type Commands = Extract<OperationName, `sts:${string}`> extends `sts:${infer Name}` ? Name : never;
