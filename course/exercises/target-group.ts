import { asList, type Json } from '../../reconciler/model/json.ts';
import { valueAt } from '../../reconciler/model/paths.ts';
import { type Criterion, type Exercise, type Look, verdict } from '../exercise.ts';

const groupOf = (look: Look) =>
  look.once('group', async () => {
    const arns = look.of('targetGroup').map(({ id }) => id);
    if (arns.length === 0) throw new Error('the stack has no target group');
    return asList(valueAt(await look.call('elbv2:DescribeTargetGroups', { TargetGroupArns: arns }), 'TargetGroups'))[0] ?? null;
  });

const has = (title: string, points: number, wanted: Readonly<Record<string, Json>>, next: string): Criterion => ({
  title,
  points,
  look: async (look) => {
    const group = await groupOf(look);
    const found = Object.keys(wanted).map((path) => [path, valueAt(group, path) ?? 'not set'] as const);
    return verdict(
      found.every(([path, value]) => value === wanted[path]),
      found.map(([path, value]) => `${path} is ${String(value)}`).join(', '),
      next,
    );
  },
});

export const targetGroup: Exercise = {
  name: 'target-group',
  chapter: 2,
  title: 'A target group for the webserver',
  task: 'Create a target group for instances that listen on HTTP port 8080, with a health check on /status.',
  criteria: [
    has(
      'Targets are instances, on HTTP port 8080, with HTTP/1.1',
      2,
      { TargetType: 'instance', Protocol: 'HTTP', Port: 8080, ProtocolVersion: 'HTTP1' },
      'Set targetType, protocol, port and protocolVersion of the target group.',
    ),
    has(
      'The health check requests /status',
      1,
      { HealthCheckEnabled: true, HealthCheckPath: '/status' },
      'Set healthCheck.path to /status: that is where the webserver reports its health.',
    ),
    has('Only status 200 is healthy', 1, { 'Matcher.HttpCode': '200' }, 'Set healthCheck.matcher to "200".'),
  ],
};
