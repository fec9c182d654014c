/** Rule actions in HAProxy's words: `http-request` lines that hold only when `condition` does. */
import type { ActionFacts } from '../types.ts';
import {
  type FixedResponse,
  finalAction,
  otherActions,
  type Redirect,
  readFixedResponse,
  readForward,
  readRedirect,
} from './actions-facts.ts';
import { errorReturn, SERVER_NAME } from './error-pages.ts';
import { literal, word } from './haproxy-config-values.ts';
import type { Frontend } from './routing-state.ts';
import { fresh, giveCookie, readCookie } from './stickiness.ts';

/** An empty text where HAProxy wants one. */
const EMPTY = 'lf-string %[var(txn.empty)]';

export interface ActionLines {
  readonly lines: readonly string[];
  /** What the data plane cannot do of it, in words. */
  readonly gap?: string;
}

/** `poolOf`: the backend of a target group, undefined when it serves nothing (a Lambda group, an unknown one). */
export function actionLines(
  actions: readonly ActionFacts[],
  condition: string,
  frontend: Frontend,
  poolOf: (arn: string) => string | undefined,
): ActionLines {
  const refused = otherActions(actions)[0];
  const action = finalAction(actions);
  if (refused || !action) {
    const what = refused?.Type ?? 'a rule without an action';
    return {
      lines: [`http-request return ${errorReturn(501)} if ${condition}`],
      gap: `${what} is not served: its requests are answered 501`,
    };
  }
  if (action.Type === 'redirect') return { lines: redirectLines(readRedirect(action), condition, frontend) };
  if (action.Type === 'fixed-response') return { lines: [fixedLine(readFixedResponse(action), condition)] };
  return { lines: forwardLines(action, condition, poolOf) };
}

function fixedLine({ status, contentType, body }: FixedResponse, condition: string): string {
  const payload = body === '' ? EMPTY : `string ${word(body)}`;
  return `http-request return status ${status} content-type ${word(contentType)} ${payload} hdr Server ${SERVER_NAME} if ${condition}`;
}

/** The Location always names the port, as the load balancer's does. An empty query leaves no question mark behind. */
function redirectLines(redirect: Redirect, condition: string, frontend: Frontend): readonly string[] {
  const keywords: Readonly<Record<string, string>> = {
    '#{protocol}': frontend.listener.protocol.toLowerCase(),
    '#{host}': '%[req.hdr(host),host_only]',
    '#{port}': String(frontend.listener.port),
    '#{path}': '%[path,bytes(1)]',
    '#{query}': '%[query]',
  };
  const fill = (template: string): string =>
    template
      .split(/(#\{(?:protocol|host|port|path|query)\})/)
      .map((part) => keywords[part] ?? literal(part))
      .join('');
  const protocol = redirect.protocol === '#{protocol}' ? fill(redirect.protocol) : redirect.protocol.toLowerCase();
  const bare = `${protocol}://${fill(redirect.host)}:${fill(redirect.port)}${fill(redirect.path)}`;
  const line = (location: string, extra: string): string =>
    `http-request return status ${redirect.status} content-type text/html ${EMPTY} hdr Server ${SERVER_NAME} hdr Location ${word(location)} if ${condition}${extra}`;
  if (redirect.query === '') return [line(bare, '')];
  const full = line(`${bare}?${fill(redirect.query)}`, redirect.query === '#{query}' ? ' { query -m len gt 0 }' : '');
  return redirect.query === '#{query}' ? [full, line(bare, '')] : [full];
}

/** Chooses `txn.pool`: the group of a still good AWSALBTG cookie, else by weight. */
function forwardLines(action: ActionFacts, condition: string, poolOf: (arn: string) => string | undefined): readonly string[] {
  const { groups, stickySeconds } = readForward(action);
  const pools = groups.map(({ arn, weight }) => ({ pool: poolOf(arn) ?? 'nobody', weight }));
  const total = pools.reduce((sum, { weight }) => sum + weight, 0);
  const [only] = pools;
  if (total === 0 || only === undefined) return [`http-request set-var(txn.pool) str(nobody) if ${condition}`];
  if (pools.length === 1) return [`http-request set-var(txn.pool) str(${only.pool}) if ${condition}`];
  const lines: string[] = [];
  const undecided = '!{ var(txn.pool) -m found }';
  if (stickySeconds !== undefined) {
    lines.push(...readCookie('tg', 'AWSALBTG'));
    for (const { pool } of pools)
      lines.push(
        `http-request set-var(txn.pool) str(${pool}) if ${condition} ${fresh('tg', stickySeconds)} { var(txn.tg_what) -m str ${pool} }`,
      );
    lines.push(`http-request set-var(txn.group_seconds) int(${stickySeconds}) if ${condition}`);
  }
  lines.push(`http-request set-var(txn.roll) rand(${total}) if ${condition}`);
  let upTo = 0;
  for (const { pool, weight } of pools) {
    if (weight === 0) continue;
    upTo += weight;
    lines.push(`http-request set-var(txn.pool) str(${pool}) if ${condition} ${undecided} { var(txn.roll) -m int lt ${upTo} }`);
  }
  return lines;
}

/** Lines that give AWSALBTG on the answers of every rule with group stickiness; durations differ between rules. */
export function groupCookieLines(allActions: readonly (readonly ActionFacts[])[]): readonly string[] {
  const durations = new Set<number>();
  for (const actions of allActions) {
    const action = finalAction(actions);
    const forward = action?.Type === 'forward' ? readForward(action) : undefined;
    if (forward?.stickySeconds !== undefined && forward.groups.length > 1) durations.add(forward.stickySeconds);
  }
  return [...durations].flatMap((seconds) =>
    giveCookie('AWSALBTG', '%[var(txn.pool)]', seconds, `{ var(txn.group_seconds) -m int ${seconds} }`),
  );
}
