/** Reads actions as the API spells them. What is missing gets the API's default, so that a sparse state is served too. */
import type { ActionFacts } from '../types.ts';

export interface Forward {
  readonly groups: readonly { readonly arn: string; readonly weight: number }[];
  /** Seconds a client stays with its target group; undefined when group stickiness is off. */
  readonly stickySeconds: number | undefined;
}

export interface Redirect {
  readonly protocol: string;
  readonly host: string;
  readonly port: string;
  readonly path: string;
  readonly query: string;
  readonly status: number;
}

export interface FixedResponse {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

type Fields = Readonly<Record<string, unknown>>;

export function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function text(value: unknown, otherwise: string): string {
  return value === undefined || value === null ? otherwise : String(value);
}

/** The action that answers: the last one. */
export function finalAction(actions: readonly ActionFacts[]): ActionFacts | undefined {
  const order = (action: ActionFacts): number => Number(action['Order'] ?? 0);
  return [...actions].sort((a, b) => order(a) - order(b)).at(-1);
}

/** Actions before the final one: authentication, which the data plane does not do. */
export function otherActions(actions: readonly ActionFacts[]): readonly ActionFacts[] {
  return actions.filter(({ Type }) => !['forward', 'redirect', 'fixed-response'].includes(Type));
}

export function readForward(action: ActionFacts): Forward {
  const config = fields(action['ForwardConfig']);
  const stickiness = fields(config['TargetGroupStickinessConfig']);
  const given = list(config['TargetGroups']).map(fields);
  const groups = given.map((entry) => ({ arn: text(entry['TargetGroupArn'], ''), weight: Number(entry['Weight'] ?? 1) }));
  const single = action['TargetGroupArn'];
  if (groups.length === 0 && typeof single === 'string') groups.push({ arn: single, weight: 1 });
  // The weight of a single group means nothing.
  const weighed = groups.length === 1 ? groups.map(({ arn }) => ({ arn, weight: 1 })) : groups;
  const sticky = String(stickiness['Enabled']) === 'true';
  return { groups: weighed, stickySeconds: sticky ? Number(stickiness['DurationSeconds'] ?? 3600) : undefined };
}

export function readRedirect(action: ActionFacts): Redirect {
  const config = fields(action['RedirectConfig']);
  return {
    protocol: text(config['Protocol'], '#{protocol}'),
    host: text(config['Host'], '#{host}'),
    port: text(config['Port'], '#{port}'),
    path: text(config['Path'], '/#{path}'),
    query: text(config['Query'], '#{query}'),
    status: config['StatusCode'] === 'HTTP_301' ? 301 : 302,
  };
}

export function readFixedResponse(action: ActionFacts): FixedResponse {
  const config = fields(action['FixedResponseConfig']);
  return {
    status: Number(config['StatusCode'] ?? 200),
    contentType: text(config['ContentType'], 'text/plain'),
    body: text(config['MessageBody'], ''),
  };
}
