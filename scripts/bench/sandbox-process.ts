/** A sandbox in a process of its own, so that its work is not counted as the client's: options as JSON, then messages. */
import { type SandboxOptions, startSandbox } from '../../sandbox/sandbox.ts';

const options = JSON.parse(process.argv[2] ?? '{}') as SandboxOptions;
const sandbox = await startSandbox(options);
// Without a data plane nobody checks targets: then all are healthy.
if (options.dataplane === false) {
  const { elbv2 } = sandbox;
  const told = new Set<string>();
  elbv2.onChange(() => {
    for (const { arn, targets, loadBalancerArns } of elbv2.targetGroups())
      for (const { id, port, registeredAt } of targets) {
        const key = `${arn} ${id} ${port} ${registeredAt}`;
        if (told.has(key) || loadBalancerArns.length === 0) continue;
        told.add(key);
        elbv2.reportHealth(arn, id, port, { state: 'healthy' });
      }
  });
}
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
