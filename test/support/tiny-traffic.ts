/** What a tiny AWS answers to requests: the rules of a load balancer, asked in order, and whether a target is there to serve. */

import type { TinyAws } from './tiny-aws.ts';
import { groupsOf, type Wire } from './tiny-store.ts';

interface Request {
  readonly protocol: string;
  readonly port: number;
  readonly host: string;
  readonly path: string;
}

const REQUESTS: readonly Request[] = [
  { protocol: 'HTTP', port: 80 },
  { protocol: 'HTTP', port: 443 },
  { protocol: 'HTTP', port: 8000 },
  { protocol: 'HTTPS', port: 80 },
  { protocol: 'HTTPS', port: 443 },
].flatMap((entry) =>
  ['/', '/api/x', '/old/x', '/new/x'].flatMap((path) => ['plain.example', 'new.example'].map((host) => ({ ...entry, host, path }))),
);

/** Nobody listens, or nobody is in service behind who does. */
const LOST = /^(refused|503)/;

const tagOf = (object: Wire): string => object.Tags.find((tag: Wire) => tag.Key === 'albedo:address')?.Value ?? object.id;

/** `*` and `?` as in ELBv2's conditions. */
const fits = (pattern: string, text: string): boolean =>
  new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  ).test(text);

function matches(rule: Wire, request: Request): boolean {
  return rule.Conditions.every((condition: Wire) => {
    if (condition.Field === 'path-pattern')
      return condition.PathPatternConfig.Values.some((pattern: string) => fits(pattern, request.path));
    if (condition.Field === 'host-header') return condition.HostHeaderConfig.Values.some((pattern: string) => fits(pattern, request.host));
    throw new Error(`no requests are made for ${condition.Field}`);
  });
}

function act(aws: TinyAws, action: Wire, request: Request, hops: number): string {
  if (action.Type === 'fixed-response') return `${action.FixedResponseConfig.StatusCode} ${action.FixedResponseConfig.MessageBody}`;
  if (action.Type === 'redirect') {
    const { Protocol, Port } = action.RedirectConfig;
    if (hops > 3) return 'refused: a redirect in circles';
    return answer(
      aws,
      {
        ...request,
        protocol: Protocol === '#{protocol}' ? request.protocol : Protocol,
        port: Port === '#{port}' ? request.port : Number(Port),
      },
      hops + 1,
    );
  }
  return groupsOf(action).length === 1 ? fromGroup(aws, groupsOf(action)[0]) : sharesOf(aws, action);
}

function fromGroup(aws: TinyAws, { TargetGroupArn }: Wire): string {
  const group = aws.objects.get(TargetGroupArn);
  const serving = group.members.filter(
    (member: Wire) => group.health[`${member.Id}:${member.Port}`] === 'healthy' && aws.objects.get(member.Id)?.State.Name === 'running',
  );
  return serving.length === 0 ? `503 from ${tagOf(group)}` : `200 from ${tagOf(group)}`;
}

/** Several groups answer by their weights: who answers, and how much of the requests is lost. */
function sharesOf(aws: TinyAws, action: Wire): string {
  const shares = groupsOf(action).filter((each) => each.Weight > 0);
  const total = shares.reduce((sum, each) => sum + each.Weight, 0);
  const lost = shares.filter((each) => fromGroup(aws, each).startsWith('503')).reduce((sum, each) => sum + each.Weight, 0);
  if (lost === total) return '503 from all groups';
  return `200 ${lost === 0 ? '' : `less ${((100 * lost) / total).toFixed(2)}% `}from ${shares.map((each) => tagOf(aws.objects.get(each.TargetGroupArn))).join(' and ')}`;
}

/** The share of the requests that is served, from 0 to 1. An error page is an answer, and not something that can be lost. */
function servedShare(answered: string): number {
  if (!/^2/.test(answered)) return 0;
  const less = /^200 less ([0-9.]+)%/.exec(answered)?.[1];
  return less === undefined ? 1 : 1 - Number(less) / 100;
}

/** What was served before `work` and is served less after it; error pages of the spec's own are no loss. */
export async function lostByChange(aws: TinyAws, work: () => Promise<unknown>): Promise<readonly string[]> {
  const before = answersOf(aws);
  await work();
  const after = answersOf(aws);
  return REQUESTS.flatMap(({ protocol, port, host, path }, index) => {
    const [was, is] = [before[index] ?? '', after[index] ?? ''];
    const lost = servedShare(was) - servedShare(is) > 1e-4 && (LOST.test(is) || /^200 less/.test(is)) && !/ maintenance$/.test(is);
    return lost ? [`${protocol} ${host}:${port}${path}: ${was}, then ${is}`] : [];
  });
}

function answer(aws: TinyAws, request: Request, hops = 0): string {
  // Of two load balancers, old and new, clients use the one whose name they know: the older one while it stands.
  const [balancer] = aws.all('balancer');
  const listener = aws
    .all('listener')
    .find((object) => object.LoadBalancerArn === balancer?.id && object.Port === request.port && object.Protocol === request.protocol);
  if (listener === undefined) return 'refused';
  const rules = aws
    .all('rule')
    .filter((rule) => rule.ListenerArn === listener.id)
    .sort((a, b) => Number(a.Priority) - Number(b.Priority));
  return act(aws, (rules.find((rule) => matches(rule, request))?.Actions ?? listener.DefaultActions)[0], request, hops);
}

const answersOf = (aws: TinyAws): readonly string[] => REQUESTS.map((request) => answer(aws, request));

/**
 * Watches every write of `work`: a request that was served before and is after must be served all the while, by what
 * served it before or by what does after, and no instance may end while requests are sent to it. Answers what went wrong.
 */
export async function watchTraffic(aws: TinyAws, work: () => Promise<unknown>): Promise<readonly string[]> {
  const before = answersOf(aws);
  const seen: { readonly op: string; readonly answers: readonly string[] }[] = [];
  const cut: string[] = [];
  aws.onWrite = (op) => {
    seen.push({ op, answers: answersOf(aws) });
    for (const group of aws.all('targets'))
      for (const member of group.members)
        if (group.health[`${member.Id}:${member.Port}`] === 'healthy' && aws.objects.get(member.Id)?.State.Name !== 'running')
          cut.push(`${op}: ${member.Id} ended while ${tagOf(group)} sent it requests`);
  };
  await work();
  aws.onWrite = () => {};
  const after = answersOf(aws);
  const lost = REQUESTS.flatMap(({ protocol, port, host, path }, index) => {
    const [was, is] = [before[index] ?? '', after[index] ?? ''];
    if (LOST.test(was) || LOST.test(is)) return [];
    return seen
      .filter(({ answers }) => answers[index] !== was && answers[index] !== is)
      .map(({ op, answers }) => `${op}: ${protocol} ${host}:${port}${path} was answered ${answers[index]}, before ${was}, after ${is}`);
  });
  return [...new Set([...cut, ...lost])];
}
