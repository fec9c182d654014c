import { readSettings } from '../config/settings.ts';
import { hashing } from './pipeline.ts';
import type { NamedSpec } from './specs.ts';

/** A stack whose file is gone: nothing is wanted of it, and its objects are found by their tags alone. No policy allows it anything. */
export const nothingOf = (name: string, region: string): NamedSpec => ({
  file: '<no file>',
  text: new Uint8Array(),
  bases: [],
  spec: {
    stack: { name, region, file: '<no file>', desired: [], existing: [], adopt: [], notes: [], maxSurge: 1, spec: { stack: name, region } },
    deferred: new Map(),
    settings: readSettings({}),
    silenced: [],
  },
  policy: {},
  hashing,
});
