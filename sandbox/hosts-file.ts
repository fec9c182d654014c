/** The file that says where on loopback each load balancer listens, for k6's `hosts` option and any other client. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';

interface HostsSource {
  hosts(): Readonly<Record<string, string>>;
  locals?(): Readonly<Record<string, string>>;
  settled(): Promise<void>;
}

interface ChangeSource {
  onChange(listener: () => void): () => void;
}

export interface HostsFile {
  readonly file: string;
  settled(): Promise<void>;
  stop(): void;
}

/** Beside the hosts file: the same names on localhost, for a browser. */
export const localFileOf = (hostsFile: string): string => `${hostsFile.replace(/\.json$/, '')}.local.json`;

const textOf = (map: Readonly<Record<string, string>>): string =>
  `${JSON.stringify(Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1))), null, 2)}\n`;

/** Keeps the hosts file as the data plane has it, after every change it has caught up with. */
export function publishHosts(
  file: string,
  plane: HostsSource | undefined,
  sources: readonly ChangeSource[],
  log: (line: string) => void,
): HostsFile {
  let written = '';
  let stopped = false;
  const write = (): void => {
    const map = plane?.hosts() ?? {};
    const text = textOf(map);
    if (text === written || stopped) return;
    for (const [path, content] of [
      [localFileOf(file), textOf(plane?.locals?.() ?? {})],
      [file, text],
    ] as const) {
      writeFileSync(`${path}.new`, content);
      renameSync(`${path}.new`, path);
    }
    written = text;
  };
  let running: Promise<void> | undefined;
  let again = false;
  const publish = async (): Promise<void> => {
    do {
      again = false;
      await plane?.settled();
      write();
    } while (again);
  };
  const trigger = (): void => {
    again = true;
    running ??= publish()
      .catch((error: unknown) => log(`hosts file: ${String(error)}`))
      .finally(() => {
        running = undefined;
      });
  };
  write();
  const unsubscribe = sources.map((source) => source.onChange(trigger));
  return {
    file,
    async settled() {
      trigger();
      await running;
    },
    stop() {
      stopped = true;
      for (const stop of unsubscribe) stop();
      // Addresses of a sandbox that is no more would lead a client anywhere.
      for (const path of [file, localFileOf(file)]) rmSync(path, { force: true });
    },
  };
}
