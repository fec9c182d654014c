/** Faults on purpose: which requests go wrong, how, and how often. */
import { loadDescription, type Operation } from './description.ts';
import { primaryLimit, Refusal, secondaryLimit } from './refusal.ts';

export interface FaultRule {
  /** Such as `issues/create-comment`. */
  readonly operation?: string;
  readonly method?: string;
  /** The path below the base URL, with `*` for any part of it. */
  readonly path?: string;
  /** The first request of those that match to be spoilt, counted from 1 since the rule was set. Default 1. */
  readonly nth?: number;
  /** How many are spoilt from there on. Default 1. */
  readonly times?: number;
  /**
   * A status with GitHub's usual message or another one; `reset` drops the connection; `hang` answers nothing; the limits
   * are answered with the headers that GitHub adds.
   */
  readonly answer:
    | 'reset'
    | 'hang'
    | 'primary-limit'
    | 'secondary-limit'
    | { readonly status: number; readonly message?: string; readonly headers?: Readonly<Record<string, string>> };
  /** Of the limits: 403 (the default) or 429. */
  readonly status?: 403 | 429;
  /** Seconds in `retry-after`. Default 60. */
  readonly retryAfter?: number;
  /** Whether the request takes effect and only its answer is spoilt. Default false. */
  readonly effect?: boolean;
  /** Of `hang`: milliseconds after which the connection is dropped. Default 60000; stopping the server drops it too. */
  readonly holdMs?: number;
}

export interface Spoil {
  readonly effect: boolean;
  readonly how: { readonly holdMs: number } | Refusal;
  readonly limit: 'primary' | undefined;
}

export interface Fault {
  /** How many requests it has spoilt. */
  struck(): number;
}

export interface Faults {
  add(rule: FaultRule): Fault;
  /** Asked once for each request, in order of arrival. */
  next(method: string, path: string, operation: Operation | undefined): Spoil | undefined;
}

const MESSAGES: Readonly<Record<number, string>> = {
  ...{
    401: 'Bad credentials',
    403: 'Resource not accessible by integration',
    404: 'Not Found',
    409: 'Conflict',
    410: 'Gone',
    422: 'Validation Failed',
  },
  ...{ 500: 'Server Error', 502: 'Server Error', 503: 'Service unavailable' },
};

export function createFaults(): Faults {
  const active: { readonly rule: FaultRule; readonly path: RegExp; seen: number; struck: number }[] = [];
  return {
    add(rule) {
      if (rule.operation !== undefined && !loadDescription().operation(rule.operation))
        throw new Error(`There is no operation ${rule.operation} in GitHub's description; it would never fail.`);
      const source = (rule.path ?? '*').split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
      const entry = { rule, path: new RegExp(`^${source.join('.*')}$`), seen: 0, struck: 0 };
      active.push(entry);
      return { struck: () => entry.struck };
    },
    next(method, path, operation) {
      let spoil: Spoil | undefined;
      for (const entry of active) {
        const { rule } = entry;
        if (rule.operation !== undefined && rule.operation !== operation?.id) continue;
        if ((rule.method !== undefined && rule.method.toUpperCase() !== method) || !entry.path.test(path)) continue;
        entry.seen += 1;
        if (spoil || entry.struck >= (rule.times ?? 1) || entry.seen < (rule.nth ?? 1)) continue;
        entry.struck += 1;
        spoil = spoilOf(rule);
      }
      return spoil;
    },
  };
}

function spoilOf(rule: FaultRule): Spoil {
  const { answer, effect = false, holdMs = 60_000 } = rule;
  const spoil = (how: Spoil['how'], limit?: 'primary'): Spoil => ({ effect, how, limit });
  if (answer === 'reset') return spoil({ holdMs: 0 });
  if (answer === 'hang') return spoil({ holdMs });
  if (answer === 'secondary-limit') return spoil(secondaryLimit(rule.status, rule.retryAfter));
  if (answer === 'primary-limit') return spoil(primaryLimit(rule.status), 'primary');
  return spoil(new Refusal(answer.status, answer.message ?? MESSAGES[answer.status] ?? 'Error', {}, answer.headers));
}
