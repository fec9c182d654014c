/** The life of the invented kind, from text to calls, in a copy of the sources that has its lines. Prints what came of it as JSON. */
import { stackSchema } from '../../reconciler/model/schema.ts';
import type { Cloud } from '../../reconciler/run/port.ts';
import { converge, failures } from './converge.ts';
import { problemsOf, type SpecData, tutorial } from './stacks.ts';
import { tinyAws } from './tiny-aws.ts';
import type { Wire } from './tiny-store.ts';

const aws = tinyAws();
const calls: string[] = [];
const pools = (): Wire[] => aws.all('capacityPool');
const OPERATIONS: { readonly [op: string]: (input: Wire) => Wire } = {
  DescribeCapacityPools: ({ CapacityPoolArns }) => ({
    CapacityPools: pools()
      .filter(({ id }) => CapacityPoolArns?.includes(id) ?? true)
      .map(({ id: CapacityPoolArn, PoolName, Units, State }) => ({ CapacityPoolArn, PoolName, Units, State })),
  }),
  DescribeCapacityPoolAttributes: ({ CapacityPoolArn }) => ({ Attributes: aws.objects.get(CapacityPoolArn).attributes }),
  CreateCapacityPool: ({ Name, Units, Tags }) => {
    const id = `arn:aws:elasticloadbalancing:us-east-1:123456789012:capacitypool/${Name}/${pools().length}`;
    const attributes = [{ Key: 'burst.enabled', Value: 'false' }];
    aws.objects.set(id, { type: 'capacityPool', id, PoolName: Name, Units, State: 'active', Tags, attributes });
    return { CapacityPools: [{ CapacityPoolArn: id, PoolName: Name, Units, State: 'active' }] };
  },
  ModifyCapacityPool: ({ CapacityPoolArn, Units }) => {
    aws.objects.get(CapacityPoolArn).Units = Units;
    return {};
  },
  ModifyCapacityPoolAttributes: ({ CapacityPoolArn, Attributes }) => {
    aws.objects.get(CapacityPoolArn).attributes = Attributes;
    return {};
  },
  DeleteCapacityPool: ({ CapacityPoolArn }) => {
    aws.objects.delete(CapacityPoolArn);
    return {};
  },
};
const cloud: Cloud = {
  ...aws,
  call: async (op, input, ...rest) => {
    const own = OPERATIONS[op.replace('elbv2:', '')];
    if (own === undefined) return aws.call(op, input, ...rest);
    if (!op.includes('Describe')) calls.push(op.replace('elbv2:', ''));
    return structuredClone(own(structuredClone(input)));
  },
};

const spec = (pool?: object): SpecData => ({ ...tutorial(), ...(pool === undefined ? {} : { capacityPools: { big: pool } }) });
const told: { [stage: string]: unknown } = {};
async function stage(name: string, wanted: SpecData, mode: 'apply' | 'destroy' = 'apply'): Promise<void> {
  calls.length = 0;
  const { run, check } = await converge(cloud, wanted, mode);
  told[name] = {
    calls: [...calls],
    wrong: failures(run),
    left: check.changes.length,
    pools: pools().map(({ Units, attributes }) => [Units, attributes[0].Value]),
  };
}

const schema = stackSchema({}) as { readonly properties?: { readonly [name: string]: unknown } };
told['schema'] = schema.properties?.['capacityPools'] !== undefined;
told['refused'] = problemsOf(spec({ units: 0, bursts: true })).map(({ path }) => path);
await stage('made', spec({ units: 5 }));
await stage('changed', spec({ units: 9, burst: true }));
for (const pool of pools()) Object.assign(pool, { Units: 1 });
await stage('drifted', spec({ units: 9, burst: true }));
for (const { id } of pools()) aws.objects.delete(id);
await stage('gone', spec({ units: 9 }));
await stage('left out', spec());
await stage('again', spec({ units: 2 }));
await stage('ended', spec({ units: 2 }), 'destroy');
process.stdout.write(JSON.stringify(told));
