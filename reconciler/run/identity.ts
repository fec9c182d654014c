/** What a stack is, everywhere: its account, its region and its name. The same name in two regions is two stacks. */

import { pathWithin } from './plain-file.ts';

export interface StackId {
  readonly stack: string;
  readonly region: string;
  /** Twelve digits; empty where nobody has asked AWS yet. */
  readonly account?: string;
}

/** `us-east-1/web`, as digests, folders and messages name a stack among several. */
export const nameOf = ({ region, stack }: StackId): string => `${region}/${stack}`;

/** Where the reports of a stack go: the folder itself when the run is about one, else a folder for each region and stack. */
export const folderOf = (folder: string, id: StackId, several: boolean): string =>
  several ? pathWithin(folder, id.region, id.stack) : folder;
