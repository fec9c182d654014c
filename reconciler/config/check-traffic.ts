import type { Trouble } from '../model/addresses.ts';
import { listener as listenerKind } from '../model/kinds/listener.ts';
import { targetGroup as targetGroupKind } from '../model/kinds/target-group.ts';
import type { Desired } from '../model/model.ts';
import type { Action } from '../model/nested/actions.ts';
import { valuesOf } from '../model/values.ts';
import type { Report } from './draft.ts';

/** ELBv2 API reference: CreateTargetGroup, TargetGroupAttribute; conflicts as in aws-load-balancer-controller issue 3686. */
export function checkTargetGroup(group: Desired, report: Report): void {
  const values = valuesOf(targetGroupKind, group);
  const said = (...fields: readonly string[]) => fields.find((field) => group.positions[field] !== undefined) ?? fields[0] ?? '';
  const {
    'healthCheck.interval': interval = Number.POSITIVE_INFINITY,
    'healthCheck.timeout': timeout = 0,
    slowStart: slow = 0,
    algorithm,
    targets = [],
  } = values;
  if (timeout >= interval)
    report(
      group,
      said('healthCheck.timeout', 'healthCheck.interval'),
      `The timeout (${timeout} s) is not shorter than the interval (${interval} s).`,
      'Shorten the timeout or lengthen the interval.',
    );
  if (slow > 0 && slow < 30)
    report(group, 'slowStart', `A slow start of ${slow} s is too short.`, 'Write `0` to turn it off, or `30s` to `900s`.');
  if (slow > 0 && algorithm !== 'round_robin')
    report(
      group,
      said('slowStart', 'algorithm'),
      `A slow start cannot be combined with \`${algorithm}\`.`,
      'Use `round_robin`, or `slowStart: 0`.',
    );
  if (values['stickiness.enabled'] === true && algorithm === 'weighted_random')
    report(
      group,
      'algorithm',
      '`weighted_random` cannot be combined with stickiness.',
      'Use another algorithm, or `stickiness: { enabled: false }`.',
    );
  const seen = new Set<string>();
  for (const { id, port } of targets) {
    const key = JSON.stringify([id, port]);
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
        `Port ${port} is already used by listener \`${other}\`.`,
        'Give each listener its own port (DuplicateListener).',
      );
    else ports.set(port, name);
    const { defaultActions = [], protocol } = valuesOf(listenerKind, listener);
    for (const { message, hint } of redirectTroubles(defaultActions, protocol, port)) report(listener, 'redirect', message, hint);
  }
}

/**
 * What AWS refuses of redirects, of listeners and rules alike: one that leads to itself, which changes neither protocol, host, port nor path,
 * and one from HTTPS to HTTP (RedirectActionConfig, ELBv2 API reference). `protocol`, `port`: of the listener.
 */
export function redirectTroubles(actions: readonly Action[], protocol: string | undefined, port: number): readonly Trouble[] {
  return actions.flatMap((action): readonly Trouble[] => {
    if (action.type !== 'redirect') return [];
    const sameProtocol = action.protocol === '#{protocol}' || action.protocol === protocol;
    const samePort = action.port === '#{port}' || Number(action.port) === port;
    return [
      ...(sameProtocol && samePort && action.host === '#{host}' && action.path === '/#{path}'
        ? [
            {
              message: 'The redirect points to itself.',
              hint: 'Change at least one of protocol, host, port and path (InvalidLoadBalancerAction).',
            },
          ]
        : []),
      ...(action.protocol === 'HTTP' && protocol === 'HTTPS'
        ? [{ message: 'A redirect from HTTPS to HTTP is not allowed.', hint: 'Redirect to HTTPS, or leave `protocol` out.' }]
        : []),
    ];
  });
}
