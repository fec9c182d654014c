/** The file that says where on loopback each load balancer listens, for k6's `hosts` option and any other client. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';

interface HostsSource {
  hosts(): Readonly<Record<string, string>>;
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
    const text = `${JSON.stringify(Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1))), null, 2)}\n`;
    if (text === written || stopped) return;
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
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
      rmSync(file, { force: true });
    },
  };
}
