/** What the stories of the command share: a stack of the sandbox that is loaded by the pods of a cluster while an instance is stopped. */
import { join } from 'node:path';
import { DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import { stringify } from 'yaml';
import { type Bench as Aws, apply, type Spec, tutorial, withAt } from '../support/contract-bench.ts';
import { makePlace, type Place, type Running, startCommand } from '../support/faults-cli.ts';
import { type Bench, environmentOf, makeNamespace, openBench } from './bench.ts';
import { freePort } from './cluster.ts';

export const spec = (): Spec => {
  const load = withAt(tutorial(), ['load'], { script: 'k6/load.ts', rate: '20/s', duration: '30s', timeout: '3s' });
  const chaos = withAt(load, ['chaos'], { stopInstance: { from: 'web', at: '5s', for: '8s' } });
  return withAt(chaos, ['objectives'], { errorRate: '< 60%' });
};

/** A stack that serves, a cluster, and the command in a place of its own. */
export async function story(
  aws: Aws,
  namespace: string,
  tell: (bench: Bench, start: (...args: string[]) => Running, place: Place, env: Record<string, string>) => Promise<void>,
  {
    command = 'verify',
    asked = spec(),
    live = asked,
  }: { readonly command?: 'verify' | 'apply'; readonly asked?: Spec; readonly live?: Spec } = {},
): Promise<void> {
  const place = makePlace();
  const bench = await openBench();
  try {
    await makeNamespace(bench, namespace);
    await apply(aws, live);
    await aws.sandbox.settled();
    const file = place.file('stack.yaml', stringify(asked));
    const cluster = environmentOf(bench, namespace);
    const env = {
      ...{ AWS_ENDPOINT_URL: aws.sandbox.endpoint, AWS_ACCESS_KEY_ID: 'sandbox', AWS_SECRET_ACCESS_KEY: 'sandbox' },
      ...{ ALBEDO_HOSTS_FILE: aws.sandbox.hostsFile, ALBEDO_K6: bench.k6 },
      ...{ KUBECONFIG: cluster['KUBECONFIG'] ?? '', ALBEDO_KUBECTL: cluster['ALBEDO_KUBECTL'] ?? '' },
    };
    const flags = [file, '--engine', 'kubernetes', '--shards', '2', '--start-in', '25s', '--report', join(place.folder, 'out')];
    // What a story changes in its environment holds for the commands that it starts afterwards.
    await tell(bench, (...args) => startCommand(place, [command, ...flags, ...args], env), place, env);
  } finally {
    await bench.stop();
    place.remove();
  }
}

/** Of a cluster that is not there. */
export async function kubeconfigOfNobody(place: Place): Promise<string> {
  const server = `https://127.0.0.1:${await freePort()}`;
  const kubeconfig = {
    ...{
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'here',
      contexts: [{ name: 'here', context: { cluster: 'here', user: 'me' } }],
    },
    ...{ clusters: [{ name: 'here', cluster: { server } }], users: [{ name: 'me', user: { token: 'none' } }] },
  };
  return place.file('nobody.json', JSON.stringify(kubeconfig));
}

/** Instances of the account that run. */
export async function running({ ec2 }: Aws): Promise<number> {
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({}));
  return Reservations.flatMap(({ Instances = [] }) => Instances).filter(({ State }) => State?.Name === 'running').length;
}
