import {
  DeleteServerCertificateCommand,
  GetServerCertificateCommand,
  IAMClient,
  ListServerCertificatesCommand,
  SimulatePrincipalPolicyCommand,
  TagServerCertificateCommand,
  UntagServerCertificateCommand,
  UploadServerCertificateCommand,
} from '@aws-sdk/client-iam';
import type { OperationName } from '../operations.ts';

/** Only the commands of the operations table: a bundler leaves the rest of the SDK client out. */
export const Client = IAMClient;
export const commands = {
  ListServerCertificates: ListServerCertificatesCommand,
  GetServerCertificate: GetServerCertificateCommand,
  SimulatePrincipalPolicy: SimulatePrincipalPolicyCommand,
  UploadServerCertificate: UploadServerCertificateCommand,
  DeleteServerCertificate: DeleteServerCertificateCommand,
  TagServerCertificate: TagServerCertificateCommand,
  UntagServerCertificate: UntagServerCertificateCommand,
} as const satisfies Readonly<Record<Commands, unknown>>;

type Commands = Extract<OperationName, `iam:${string}`> extends `iam:${infer Name}` ? Name : never;
