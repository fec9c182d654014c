import { CloudError } from '../errors.ts';

/** Sends a call that deletes. Something created a moment ago may not be found yet, so "not found" is believed only the second time. Throws other errors of AWS. */
export async function ensureDeleted(send: () => Promise<unknown>): Promise<void> {
  for (let times = 0; times < 2; times++)
    try {
      await send();
      return;
    } catch (thrown) {
      if (!(thrown instanceof CloudError) || thrown.class !== 'NotFound') throw thrown;
    }
}
