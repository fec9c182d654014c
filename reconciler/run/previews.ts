/** The live previews of a repository, as shells ask for them. */

import { CloudError } from '../errors.ts';
import { type LivePreview, observePreviews } from '../observe/previews.ts';
import { explainCloudError, type Session } from './pipeline.ts';

/** Those in the session's region. Throws `ReconcileError` where AWS may not be asked. */
export async function livePreviews(repository: string, session: Session): Promise<readonly LivePreview[]> {
  try {
    return await observePreviews((op, input) => session.cloud.call(op, input, { signal: session.signal }), repository);
  } catch (thrown) {
    throw thrown instanceof CloudError ? explainCloudError(thrown) : thrown;
  }
}
