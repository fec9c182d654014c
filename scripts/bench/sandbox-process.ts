/** A sandbox in a process of its own, so that its work is not counted as the client's: options as JSON, then messages. */
import { type SandboxOptions, startSandbox } from '../../sandbox/sandbox.ts';

const sandbox = await startSandbox(JSON.parse(process.argv[2] ?? '{}') as SandboxOptions);
const end = async (): Promise<void> => {
  await sandbox.stop();
  process.exit(0);
};
// However the bench ends, this end of the channel closes.
process.on('disconnect', end);
process.on('SIGTERM', end);
process.on('SIGINT', () => {});
process.on('message', async (message) => {
  const { ask } = message as { ask: 'settled' | 'calls' | 'cpu' | 'census' | 'end' };
  if (ask === 'end') return end();
  if (ask === 'settled') await sandbox.settled();
  const usage = process.cpuUsage();
  process.send?.({ settled: true, calls: sandbox.calls(), cpu: (usage.user + usage.system) / 1e6, census: sandbox.census() }[ask]);
});
process.send?.({ endpoint: sandbox.endpoint, hostsFile: sandbox.hostsFile });
