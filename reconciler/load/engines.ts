/** All engines. The first is the one that is taken when none is named. */

import { files } from './engines/files.ts';
import type { Engine } from './engines/form.ts';
import { kubernetes } from './engines/kubernetes.ts';
import { local } from './engines/local.ts';

export const ENGINES: readonly Engine[] = [local, kubernetes, files];

export const engineNamed = (name: string): Engine | undefined => ENGINES.find((each) => each.name === name);
