/** What STS refuses of AssumeRole and moto takes; codes and words as recorded. */
import type { ApiCall } from '../types.ts';
import { ApiRefusal } from '../wire.ts';

export function checkAssumeRole({ params }: ApiCall): void {
  const { RoleArn = '', RoleSessionName = '' } = params;
  if (!/^[\w+=,.@-]*$/.test(RoleSessionName))
    throw new ApiRefusal(
      'ValidationError',
      `1 validation error detected: Value '${RoleSessionName}' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*`,
    );
  if (!/^arn:[^:]+:[^:]+:[^:]*:[^:]*:.+$/.test(RoleArn)) throw new ApiRefusal('ValidationError', `${RoleArn} is invalid`);
}
