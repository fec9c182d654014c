/** How k6 is called. Pure, so that it can be tested without k6. */

import { closedTo, proxyVariables } from './bounds.ts';
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
    '--include-system-env-vars=false',
    // `handleSummary` of a script may name files to write, anywhere: it is not called (k6 source: internal/cmd/run.go).
    input.version.startsWith('1.') ? '--no-summary' : '--summary-mode=disabled',
    ...closedTo(Object.values(input.hosts)).flatMap((range) => ['--blacklist-ip', range]),
    // Over what the options of a script say (k6 docs, order of precedence); all HTTP requests of all users of this process together: a
    // segment does not divide it (k6 source: js/runner.go RPSLimit).
    ...(shard.most === undefined ? [] : ['--rps', String(shard.most)]),
    ...segmentFlags(shard),
    ...Object.values(SCRIPT_VARIABLES).flatMap(({ name, value }) => ['--env', `${name}=${value(input)}`]),
    '--out',
    `csv=fileName=${shard.pointsFile},timeFormat=unix_milli,saveInterval=500ms`,
    input.archive,
  ];
}

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
