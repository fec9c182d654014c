/** How k6 is called. Pure, so that it can be tested without k6. */

import { closedTo, hostsOf, proxyVariables } from './bounds.ts';
import { SCRIPT_VARIABLES, type Told } from './script-variables.ts';
import { type Shard, segmentFlags } from './shards.ts';
import type { ListenerTarget, LoadSettings, VerifyTarget } from './types.ts';

/** The listener the load goes to: the named one, else the first plain HTTP one, else the first. */
export function listenerOf(target: VerifyTarget, settings: LoadSettings): ListenerTarget | undefined {
  if (settings.listener !== undefined) return target.listeners.find((each) => each.name === settings.listener);
  return target.listeners.find((each) => each.protocol === 'HTTP') ?? target.listeners[0];
}

export function baseUrlOf(dnsName: string, listener: ListenerTarget): string {
  const scheme = listener.protocol === 'HTTPS' ? 'https' : 'http';
  const usual = listener.protocol === 'HTTPS' ? 443 : 80;
  return `${scheme}://${dnsName}${listener.port === usual ? '' : `:${listener.port}`}`;
}

/** What a script is told of the load that it sends. */
export const toldOf = (
  target: Pick<VerifyTarget, 'dnsName' | 'hosts'>,
  listener: ListenerTarget,
  settings: LoadSettings,
  { redirects = 0, machines = 1 }: { readonly redirects?: number; readonly machines?: number } = {},
): Told => ({ baseUrl: baseUrlOf(target.dnsName, listener), hosts: hostsOf(target.dnsName, target.hosts), settings, redirects, machines });

/** As variables of its environment. */
export const scriptVariables = (told: Told): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.values(SCRIPT_VARIABLES).map(({ name, value }) => [name, value(told)]));

/** What keeps a script to its own: no variables of the machine, and no files to write. `version`: of k6, such as `2.2.0`. */
export const confinement = (version: string): string[] => [
  '--include-system-env-vars=false',
  // `handleSummary` of a script may name files to write, anywhere: it is not called (k6 source: internal/cmd/run.go).
  version.startsWith('1.') ? '--no-summary' : '--summary-mode=disabled',
];

/**
 * The bound of one k6, requests a second. It is over what the options of a script say (k6 docs, order of precedence), of all HTTP requests of all users of
 * this process together: a segment does not divide it (k6 source: js/runner.go RPSLimit).
 */
export const boundFlags = (most: number | undefined): string[] => (most === undefined ? [] : ['--rps', String(most)]);

export const pointsFlags = (file: string): string[] => ['--out', `csv=fileName=${file},timeFormat=unix_milli,saveInterval=500ms`];

/**
 * Arguments, one array entry each: nothing passes a shell. The environment is kept from the script, so that it cannot read
 * AWS credentials. `--address` without a value keeps k6 v1 from opening its REST port.
 */
export function k6Arguments(
  input: Told & {
    /** The script, in an archive. */
    readonly archive: string;
    /** Of k6, such as `2.2.0`. */
    readonly version: string;
    /** The part of the load that this k6 sends. */
    readonly shard: Shard;
  },
): string[] {
  const { shard } = input;
  return [
    'run',
    '--quiet',
    '--no-color',
    '--no-usage-report',
    '--address',
    '',
    '--log-output=stderr',
    ...confinement(input.version),
    ...closedTo(Object.values(input.hosts)).flatMap((range) => ['--blacklist-ip', range]),
    ...partFlags(shard),
    ...Object.entries(scriptVariables(input)).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
    ...pointsFlags(shard.pointsFile),
    input.archive,
  ];
}

/** What only one of several is told. */
export const partFlags = (shard: Shard): string[] => [...boundFlags(shard.most), ...segmentFlags(shard)];

/**
 * The child's environment: where to find things and how to reach out, and no credentials.
 */
export function k6Environment(own: Readonly<Record<string, string | undefined>>, dnsName: string, mapped: boolean): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of ['TMPDIR', 'TMP', 'TEMP', 'SYSTEMROOT', 'LANG', 'SSL_CERT_FILE', 'SSL_CERT_DIR']) {
    const value = own[name];
    if (value !== undefined) kept[name] = value;
  }
  // A browser would show a script the disk, a login the user's account at Grafana; an extension would be fetched and run.
  kept['K6_BROWSER_EXECUTABLE_PATH'] = '/nonexistent';
  kept['K6_AUTO_EXTENSION_RESOLUTION'] = 'false';
  kept['HOME'] = '/nonexistent';
  return { ...kept, ...proxyVariables(own, dnsName, mapped) };
}
