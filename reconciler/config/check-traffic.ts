import type { Json } from '../model/json.ts';
import type { Desired } from '../model/model.ts';
import { asObject, type Report, type SpecObject } from './draft.ts';

/** ELBv2 API reference: CreateTargetGroup, TargetGroupAttribute; conflicts as in aws-load-balancer-controller issue 3686. */
export function checkTargetGroup(group: Desired, report: Report): void {
  const value = (field: string) => group.values[field];
  const said = (...fields: readonly string[]) => fields.find((field) => group.positions[field] !== undefined) ?? fields[0] ?? '';
  const [interval, timeout] = [Number(value('healthCheck.interval')), Number(value('healthCheck.timeout'))];
  if (timeout >= interval)
    report(
      group,
      said('healthCheck.timeout', 'healthCheck.interval'),
      `The timeout of ${timeout} s is not below the interval of ${interval} s.`,
      'Shorten the timeout or lengthen the interval.',
    );
  const slow = Number(value('slowStart'));
  if (slow > 0 && slow < 30)
    report(group, 'slowStart', `A slow start of ${slow} s is too short.`, 'Write `0` to turn it off, or `30s` to `900s`.');
  const algorithm = String(value('algorithm'));
  if (slow > 0 && algorithm !== 'round_robin')
    report(
      group,
      said('slowStart', 'algorithm'),
      `A slow start does not go with \`${algorithm}\`.`,
      'Use `round_robin`, or `slowStart: 0`.',
    );
  if (value('stickiness.enabled') === true && algorithm === 'weighted_random')
    report(
      group,
      'algorithm',
      '`weighted_random` does not go with stickiness.',
      'Use another algorithm, or `stickiness: { enabled: false }`.',
    );
  const seen = new Set<string>();
  for (const target of (value('targets') ?? []) as readonly SpecObject[]) {
    const key = JSON.stringify([target['id'], target['port']]);
    if (seen.has(key)) report(group, 'targets', 'A target is listed twice.', 'List each instance and port once.');
    seen.add(key);
  }
}

/** One port, one listener (DuplicateListener); HTTPS to HTTPS redirects to itself loop (InvalidLoadBalancerAction). */
export function checkListeners(listeners: readonly Desired[], report: Report): void {
  const ports = new Map<number, string>();
  for (const listener of listeners) {
    const name = listener.address.slice(listener.address.indexOf('/') + 1);
    const port = Number(listener.values['port']);
    const other = ports.get(port);
    if (other !== undefined)
      report(
        listener,
        'port',
        `Port ${port} is taken by listener \`${other}\`.`,
        'Give each listener a port of its own (DuplicateListener).',
      );
    else ports.set(port, name);
    const action = asObject((listener.values['defaultActions'] as readonly Json[])[0]);
    if (action['type'] === 'redirect') checkRedirect(listener, action, port, report);
  }
}

function checkRedirect(listener: Desired, action: SpecObject, port: number, report: Report): void {
  const protocol = listener.values['protocol'];
  const sameProtocol = action['protocol'] === '#{protocol}' || action['protocol'] === protocol;
  const samePort = action['port'] === '#{port}' || Number(action['port']) === port;
  if (sameProtocol && samePort && action['host'] === '#{host}' && action['path'] === '/#{path}') {
    report(
      listener,
      'redirect',
      'The redirect leads to itself.',
      'Change at least one of protocol, host, port and path (InvalidLoadBalancerAction).',
    );
  }
  if (action['protocol'] === 'HTTP' && protocol === 'HTTPS')
    report(listener, 'redirect', 'A redirect from HTTPS to HTTP is refused.', 'Redirect to HTTPS, or leave `protocol` out.');
}
