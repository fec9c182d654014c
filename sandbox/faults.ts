/**
 * Faults on purpose: rules that say which calls go wrong, how, and how often. The codes are those the services answer
 * themselves; "after" means that the effect is done and only the answer is spoilt.
 */
import { ApiRefusal } from './wire.ts';

export const FAULT_KINDS = [
  'throttle',
  'error-before',
  'error-after',
  'reset-before',
  'reset-after',
  'timeout',
  'not-found',
  'truncate',
  'denied',
  'expired',
  // A page of a balancer in front of the API: 503 with HTML.
  'page',
  // The request arrives twice, and is answered once.
  'twice',
  // A read shows what the same read showed before; one that was never made before is answered as it is.
  'stale',
  // A delete is refused since something still uses it.
  'in-use',
  // There is no capacity for an instance now.
  'capacity',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface FaultRule {
  readonly match?: {
    readonly service?: string;
    /** An action's name, or one with `*` at its end (`Describe*`). */
    readonly action?: string;
    /** Only the n-th matching call since the rule was set, counted from 1, and those right after it up to `times`. */
    readonly nth?: number;
  };
  /** How many calls it spoils; 1 when absent. */
  readonly times?: number;
  readonly fault: FaultKind;
  /** Instead of the code the service would answer. */
  readonly code?: string;
  readonly message?: string;
  readonly status?: number;
  /** For `timeout`: milliseconds before the connection is dropped without an answer. Default 60000. */
  readonly holdMs?: number;
  /** For `timeout`: whether the effect is done all the same. Default false. */
  readonly effect?: boolean;
}

/** What to do to one call. `refuse`: answered instead of the real answer, before or after the effect. */
export type Spoil =
  | { readonly do: 'refuse'; readonly when: 'before' | 'after'; readonly refusal: ApiRefusal }
  | { readonly do: 'drop'; readonly when: 'before' | 'after'; readonly holdMs: number }
  | { readonly do: 'truncate' }
  | { readonly do: 'page' }
  | { readonly do: 'twice' }
  | { readonly do: 'stale' };

export interface Faults {
  /** Asked once for every call, in order of arrival. */
  next(service: string, action: string): Spoil | undefined;
  /** Replaces all rules; refuses rules it does not understand, changing nothing. */
  set(rules: unknown): void;
}

export function createFaults(initial: readonly FaultRule[] = []): Faults {
  let active: { readonly rule: FaultRule; seen: number; done: number }[] = [];
  const set = (rules: unknown): void => {
    active = readRules(rules).map((rule) => ({ rule, seen: 0, done: 0 }));
  };
  set(initial);
  return {
    set,
    next(service, action) {
      let spoil: Spoil | undefined;
      for (const entry of active) {
        const { match = {}, times = 1 } = entry.rule;
        if ((match.service ?? service) !== service || !matchesAction(match.action ?? '*', action)) continue;
        entry.seen += 1;
        if (spoil || entry.done >= times || entry.seen < (match.nth ?? 1)) continue;
        entry.done += 1;
        spoil = spoilOf(entry.rule, service, action);
      }
      return spoil;
    },
  };
}

function matchesAction(pattern: string, action: string): boolean {
  return pattern.endsWith('*') ? action.startsWith(pattern.slice(0, -1)) : action === pattern;
}

function spoilOf(rule: FaultRule, service: string, action: string): Spoil {
  const refuse = (when: 'before' | 'after', code: string, message: string, status: number): Spoil => ({
    do: 'refuse',
    when,
    refusal: new ApiRefusal(rule.code ?? code, rule.message ?? message, rule.status ?? status),
  });
  const refuseWith = ({ code, message, status }: ApiRefusal): Spoil => refuse('before', code, message, status);
  switch (rule.fault) {
    case 'throttle':
      return refuseWith(throttled(service));
    case 'error-before':
      return refuse('before', internalCode(service), 'An internal error has occurred', 500);
    case 'error-after':
      return refuse('after', internalCode(service), 'An internal error has occurred', 500);
    case 'reset-before':
      return { do: 'drop', when: 'before', holdMs: 0 };
    case 'reset-after':
      return { do: 'drop', when: 'after', holdMs: 0 };
    case 'timeout':
      return { do: 'drop', when: rule.effect ? 'after' : 'before', holdMs: rule.holdMs ?? 60_000 };
    case 'not-found':
      return refuse(
        'before',
        notFoundCode(service, action),
        'The resource does not exist (fault on purpose)',
        service === 'iam' ? 404 : 400,
      );
    case 'denied':
      return { do: 'refuse', when: 'before', refusal: denied(service, action) };
    case 'expired':
      return { do: 'refuse', when: 'before', refusal: expired(service) };
    case 'truncate':
    case 'page':
    case 'twice':
    case 'stale':
      return { do: rule.fault };
    case 'in-use':
      return refuse('before', inUseCode(service, action), 'It is in use (fault on purpose)', service === 'iam' ? 409 : 400);
    case 'capacity':
      return refuse('before', 'InsufficientInstanceCapacity', 'Insufficient capacity (fault on purpose)', 500);
  }
}

const internalCode = (service: string): string =>
  service === 'ec2' ? 'InternalError' : service === 'ssm' ? 'InternalServerError' : 'InternalFailure';

const inUseCode = (service: string, action: string): string =>
  service === 'iam'
    ? 'DeleteConflict'
    : service === 'ec2'
      ? 'DependencyViolation'
      : /TrustStore/.test(action)
        ? 'TrustStoreInUse'
        : 'ResourceInUse';

const NOT_FOUND: readonly (readonly [RegExp, string])[] = [
  [/Listener/, 'ListenerNotFound'],
  [/Rule/, 'RuleNotFound'],
  [/Target/, 'TargetGroupNotFound'],
  [/LoadBalancer/, 'LoadBalancerNotFound'],
];
const EC2_NOT_FOUND: readonly (readonly [RegExp, string])[] = [
  [/Subnet/, 'InvalidSubnetID.NotFound'],
  [/SecurityGroup/, 'InvalidGroup.NotFound'],
  [/InternetGateway/, 'InvalidInternetGatewayID.NotFound'],
  [/Route/, 'InvalidRouteTableID.NotFound'],
  [/NetworkInterface/, 'InvalidNetworkInterfaceID.NotFound'],
  [/Instance/, 'InvalidInstanceID.NotFound'],
  [/Image/, 'InvalidAMIID.NotFound'],
  [/Vpc/, 'InvalidVpcID.NotFound'],
];

function notFoundCode(service: string, action: string): string {
  if (service === 'iam') return 'NoSuchEntity';
  if (service === 'ssm') return 'ParameterNotFound';
  const [table, otherwise] =
    service === 'ec2' ? ([EC2_NOT_FOUND, 'InvalidID.NotFound'] as const) : ([NOT_FOUND, 'LoadBalancerNotFound'] as const);
  return table.find(([pattern]) => pattern.test(action))?.[1] ?? otherwise;
}

/** How each service says that it is called too often. */
export function throttled(service: string): ApiRefusal {
  if (service === 'ec2') return new ApiRefusal('RequestLimitExceeded', 'Request limit exceeded.', 503);
  return new ApiRefusal(service === 'ssm' ? 'ThrottlingException' : 'Throttling', 'Rate exceeded', 400);
}

/** How each service says that the caller may not. */
export function denied(service: string, action: string): ApiRefusal {
  if (service === 'ec2') return new ApiRefusal('UnauthorizedOperation', 'You are not authorized to perform this operation.', 403);
  const message = `User: arn:aws:iam::123456789012:user/denied is not authorized to perform: ${service}:${action} because no identity-based policy allows the ${service}:${action} action`;
  if (/^(scheduler|fis)$/.test(service)) return new ApiRefusal('AccessDeniedException', message, 403);
  return service === 'ssm' ? new ApiRefusal('AccessDeniedException', message, 400) : new ApiRefusal('AccessDenied', message, 403);
}

/** How each service says that temporary credentials have run out. */
export function expired(service: string): ApiRefusal {
  if (service === 'ec2') return new ApiRefusal('RequestExpired', 'Request has expired.', 400);
  const message = 'The security token included in the request is expired';
  return service === 'ssm' ? new ApiRefusal('ExpiredTokenException', message, 400) : new ApiRefusal('ExpiredToken', message, 403);
}

function readRules(rules: unknown): FaultRule[] {
  if (!Array.isArray(rules))
    throw new Error('Faults are a list of rules: [{ "match": { "action": "CreateVpc" }, "times": 1, "fault": "throttle" }].');
  return rules.map((rule: unknown, index) => {
    const fault = typeof rule === 'object' && rule !== null && 'fault' in rule ? rule.fault : undefined;
    const known = FAULT_KINDS.find((kind) => kind === fault);
    if (!known)
      throw new Error(`Fault rule ${index + 1} has fault ${JSON.stringify(fault)}; the sandbox knows: ${FAULT_KINDS.join(', ')}.`);
    return rule as FaultRule;
  });
}
