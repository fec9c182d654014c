import { GetResourcesCommand, ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import type { OperationName } from '../operations.ts';

/** Only the commands of the operations table: a bundler leaves the rest of the SDK client out. */
export const Client = ResourceGroupsTaggingAPIClient;
export const commands = { GetResources: GetResourcesCommand } as const satisfies Readonly<Record<Commands, unknown>>;

type Commands = Extract<OperationName, `tagging:${string}`> extends `tagging:${infer Name}` ? Name : never;
