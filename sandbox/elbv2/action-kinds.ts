/**
 * The three actions that end a rule: forward, redirect and fixed-response. Each is read, checked and filled in the way AWS
 * answers it: both forms of a forward to one group, redirect placeholders, default content type. Ranges: API reference,
 * ForwardActionConfig, RedirectActionConfig, FixedResponseActionConfig.
 */

import { checkArn } from './arn.ts';
import { ApiError, invalidAction, invalidConfiguration, noTargetGroup, validation } from './errors.ts';
import type { Input } from './input.ts';
import type { Server } from './operation.ts';
import type { LoadBalancerRecord, Store, TargetGroupRecord } from './store.ts';

/** The listener that an action is for, as it will be once the call is done. */
export interface ActionPlace {
  readonly store: Store;
  readonly server: Server;
  readonly loadBalancer: LoadBalancerRecord;
  readonly protocol: 'HTTP' | 'HTTPS';
  readonly port: number;
}

export interface ReadAction {
  readonly config: Readonly<Record<string, unknown>>;
  readonly targetGroupArns: readonly string[];
  readonly hasSecret: boolean;
}

interface GroupWeight {
  readonly TargetGroupArn: string;
  readonly Weight: number;
}

function checkGroup(arn: string, { store, loadBalancer, protocol }: ActionPlace): TargetGroupRecord {
  const group = store.targetGroups.get(checkArn('target group', arn));
  if (group === undefined) throw noTargetGroup(arn);
  // Words: hashicorp/terraform-provider-aws#22005.
  if (group.loadBalancerArn !== undefined && group.loadBalancerArn !== loadBalancer.arn)
    throw new ApiError(
      'TargetGroupAssociationLimit',
      `The following target groups cannot be associated with more than one load balancer: ${arn}`,
    );
  // Words: kubernetes-sigs/aws-load-balancer-controller#1045.
  if (group.vpcId !== undefined && group.vpcId !== loadBalancer.vpcId)
    throw invalidConfiguration(`Target group '${arn}' is in a different VPC than load balancer '${loadBalancer.arn}'`);
  // Guide, "Target groups", "IP address type": IPv6 groups go with dualstack load balancers only. Words are the sandbox's.
  if (group.ipAddressType === 'ipv6' && loadBalancer.ipAddressType === 'ipv4')
    throw invalidConfiguration(`Target group '${arn}' with the IP address type 'ipv6' requires a dualstack load balancer`);
  // Words: kubernetes-sigs/aws-load-balancer-controller#4497.
  if (protocol === 'HTTP' && group.protocolVersion !== undefined && group.protocolVersion !== 'HTTP1')
    throw invalidAction(
      `Listener protocol 'HTTP' is not supported with a target group with the protocol-version '${group.protocolVersion}'`,
    );
  return group;
}

/** Also re-checks an action that stays while its listener changes: groups are looked up anew. */
export function checkGroups(arns: readonly string[], place: ActionPlace): void {
  for (const arn of arns) checkGroup(arn, place);
}

function readStickiness(config: Input): Readonly<Record<string, unknown>> {
  const stickiness = config.nested('TargetGroupStickinessConfig');
  const enabled = stickiness?.flag('Enabled') ?? false;
  const seconds = stickiness?.integer('DurationSeconds', Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  config.settle();
  // Words: pulumi/pulumi-aws#1824. A duration of 0 is refused even when stickiness is off.
  if (seconds === undefined ? enabled : seconds < 1 || seconds > 604_800)
    throw validation('Target group stickiness duration must be between 1 and 604800 seconds');
  return seconds === undefined ? { Enabled: enabled } : { Enabled: enabled, DurationSeconds: seconds };
}

export function readForward(action: Input, place: ActionPlace): ReadAction {
  const single = action.text('TargetGroupArn');
  const config = action.nested('ForwardConfig');
  const entries = config?.list('TargetGroups') ?? [];
  const groups: GroupWeight[] = entries.map((entry) => {
    const arn = entry.text('TargetGroupArn');
    const weight = entry.integer('Weight', Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER) ?? 1;
    entry.settle();
    if (arn === undefined || arn === '') throw validation('A target group ARN must be specified');
    if (weight < 0 || weight > 999) throw validation(`Target group weight '${weight}' must be between '0-999' inclusive`);
    return { TargetGroupArn: arn, Weight: weight };
  });
  if (single !== undefined) {
    // API reference, Action, ForwardConfig: both forms at once only for one and the same group.
    if (groups.length > 1 || (groups.length === 1 && groups[0]?.TargetGroupArn !== single))
      throw validation(
        'If you specify both ForwardConfig and TargetGroupArn, you can specify only one target group using ForwardConfig and it must be the same target group',
      );
    if (groups.length === 0) groups.push({ TargetGroupArn: single, Weight: 1 });
  }
  if (groups.length === 0) throw validation('A target group ARN must be specified');
  const limit = place.server.quotas.targetGroupsPerAction;
  if (groups.length > limit)
    throw new ApiError('TooManyTargetGroups', `You've reached the limit on the number of target groups per action: ${limit}`);
  const arns = groups.map((group) => group.TargetGroupArn);
  if (new Set(arns).size < arns.length) throw validation('A target group was specified more than once in a forward action');
  checkGroups(arns, place);
  const forward = { TargetGroups: groups, TargetGroupStickinessConfig: config === undefined ? { Enabled: false } : readStickiness(config) };
  return {
    config: groups.length === 1 ? { TargetGroupArn: arns[0], ForwardConfig: forward } : { ForwardConfig: forward },
    targetGroupArns: arns,
    hasSecret: false,
  };
}

function checkKeywords(name: string, value: string, known: readonly string[]): void {
  for (const found of value.matchAll(/#\{([^}]*)\}?/g))
    if (found[0] !== `#{${found[1]}}` || !known.includes(found[1] ?? ''))
      throw validation(`The redirect ${name} '${value}' contains a keyword that is not valid: '${found[0]}'`);
}

/** Placeholders that mean "as in the request". */
const SAME = { protocol: '#{protocol}', port: '#{port}', host: '#{host}', path: '/#{path}', query: '#{query}' } as const;

/** HTTPS to HTTP is refused, and so is a redirect that leads where it started. Also for an action that stays while its listener changes. */
export function checkRedirect(config: Readonly<Record<string, unknown>>, { protocol, port }: Pick<ActionPlace, 'protocol' | 'port'>): void {
  if (protocol === 'HTTPS' && config['Protocol'] === 'HTTP')
    throw invalidAction("You cannot redirect requests from an HTTPS listener to protocol 'HTTP'");
  const sameProtocol = config['Protocol'] === SAME.protocol || config['Protocol'] === protocol;
  const samePort = config['Port'] === SAME.port || config['Port'] === String(port);
  // Words: kubernetes-sigs/aws-load-balancer-controller#487. The query is not part of the comparison.
  if (sameProtocol && samePort && config['Host'] === SAME.host && config['Path'] === SAME.path)
    throw invalidAction('The redirect configuration is not valid because it creates a loop.');
}

export function readRedirect(action: Input, place: ActionPlace): ReadAction {
  const config = action.nested('RedirectConfig');
  // Words: aws/aws-sdk-js#2204.
  if (config === undefined) throw invalidAction("For actions of type 'redirect', you must specify the following fields: 'RedirectConfig'");
  const status = config.choice('StatusCode', ['HTTP_301', 'HTTP_302'] as const);
  if (!config.has('StatusCode')) config.violate('StatusCode', undefined, 'Member must not be null');
  const protocol = config.matching('Protocol', /^(HTTPS?|#\{protocol\})$/) ?? SAME.protocol;
  const port = config.text('Port') ?? SAME.port;
  const host = config.sized('Host', 1, 128) ?? SAME.host;
  const path = config.sized('Path', 1, 128) ?? SAME.path;
  const query = config.sized('Query', 0, 128) ?? SAME.query;
  config.settle();
  if (port !== SAME.port && !(/^[0-9]{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65535))
    throw validation(`The redirect port '${port}' must be '#{port}' or a number between 1 and 65535`);
  if (!path.startsWith('/')) throw validation(`The redirect path '${path}' must begin with '/'`);
  if (query.startsWith('?')) throw validation(`The redirect query '${query}' must not begin with '?'`);
  if (host.includes('..')) throw validation(`The redirect host '${host}' is not valid`);
  checkKeywords('host', host, ['host']);
  checkKeywords('path', path, ['host', 'path', 'port']);
  checkKeywords('query', query, ['host', 'path', 'port', 'protocol', 'query']);
  const facts = { Protocol: protocol, Port: port, Host: host, Path: path, Query: query, StatusCode: status };
  checkRedirect(facts, place);
  return { config: { RedirectConfig: facts }, targetGroupArns: [], hasSecret: false };
}

const CONTENT_TYPES = ['text/plain', 'text/css', 'text/html', 'application/javascript', 'application/json'];

export function readFixedResponse(action: Input): ReadAction {
  const config = action.nested('FixedResponseConfig');
  if (config === undefined)
    throw invalidAction("For actions of type 'fixed-response', you must specify the following fields: 'FixedResponseConfig'");
  const status = config.matching('StatusCode', /^(2|4|5)\d\d$/);
  if (status === undefined) config.violate('StatusCode', undefined, 'Member must not be null');
  const body = config.sized('MessageBody', 0, 1024);
  const contentType = config.text('ContentType') ?? 'text/plain';
  config.settle();
  if (!CONTENT_TYPES.includes(contentType))
    throw invalidAction(`The ContentType must be one of: ${CONTENT_TYPES.map((type) => `'${type}'`).join(', ')}`);
  const facts = { StatusCode: status, ContentType: contentType };
  return {
    config: { FixedResponseConfig: body === undefined || body === '' ? facts : { MessageBody: body, ...facts } },
    targetGroupArns: [],
    hasSecret: false,
  };
}
