/** What a load script is told, each in a variable of its environment: `settings` of k6/lib/albedo.ts has them with types. Pure. */

import { courseOf } from './profile.ts';
import type { LoadSettings } from './types.ts';

/** Users that may wait at one time. More would not fit the memory of a small runner (about 1 MB each). */
const MAX_USERS = 2000;

export interface Told {
  readonly baseUrl: string;
  readonly hosts: Readonly<Record<string, string>>;
  readonly settings: LoadSettings;
  /** How many redirects are followed, as by a client; the answer that counts is the last one. */
  readonly redirects: number;
  /** Machines that share the load: each has the memory for its own users. */
  readonly machines?: number;
}

interface Variable {
  readonly name: `ALBEDO_${string}`;
  /** For the page docs/load-scripts.md, in Markdown. */
  readonly doc: string;
  readonly value: (told: Told) => string;
}

/** By their names in `settings`. */
export const SCRIPT_VARIABLES: Readonly<Record<string, Variable>> = {
  baseUrl: {
    name: 'ALBEDO_BASE_URL',
    doc: 'Scheme and DNS name of the load balancer, and the port if it is not the default',
    value: ({ baseUrl }) => baseUrl,
  },
  path: { name: 'ALBEDO_PATH', doc: '`load.path`', value: ({ settings }) => settings.path },
  rate: { name: 'ALBEDO_RATE', doc: '`load.rate`: iterations that start per second', value: ({ settings }) => String(settings.rate) },
  durationSeconds: { name: 'ALBEDO_DURATION', doc: '`load.duration`', value: ({ settings }) => String(settings.duration) },
  course: {
    name: 'ALBEDO_COURSE',
    doc: 'What `load.profile` makes of the rate: `from`, and `stages` of so many seconds to a rate; 0 seconds are a jump. null: the rate is the same all the while',
    value: ({ settings }) => JSON.stringify(courseOf(settings) ?? null),
  },
  paths: {
    name: 'ALBEDO_PATHS',
    doc: '`load.paths`: path, weight, and the expected status and body if the spec sets them. Empty: only `path`',
    value: ({ settings }) => JSON.stringify(settings.paths ?? []),
  },
  users: {
    name: 'ALBEDO_USERS',
    doc: '`load.users`: `new` in every iteration, or `returning` with the cookies they received',
    value: ({ settings }) => settings.users ?? 'new',
  },
  timeoutSeconds: { name: 'ALBEDO_TIMEOUT', doc: '`load.timeout`', value: ({ settings }) => String(settings.timeout) },
  redirects: {
    name: 'ALBEDO_REDIRECTS',
    doc: 'How many redirects to follow: 0 for `verify`',
    value: ({ redirects }) => String(redirects),
  },
  hosts: {
    name: 'ALBEDO_HOSTS',
    doc: 'Names that DNS does not know, such as those of the sandbox, for the `hosts` option of k6. albedo sets that option',
    value: ({ hosts }) => JSON.stringify(hosts),
  },
  maxUsers: {
    name: 'ALBEDO_MAX_USERS',
    doc: 'The maximum number of users at one time',
    value: ({ machines }) => String(MAX_USERS * (machines ?? 1)),
  },
};
