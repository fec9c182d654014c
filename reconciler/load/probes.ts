/**
 * Is what the spec promises there for a real client? Stickiness and HTTPS are asked with real requests: the attributes AWS
 * reports say what was asked for, not what a browser gets. Edge: sends requests (a few dozen, one after another).
 */

import { cookiesOf } from './cookies.ts';
import { type Answer, instanceOf, type Requester, requester } from './requests.ts';
import type { ListenerTarget, ProbeResult, TargetGroupTarget, VerifyTarget } from './types.ts';

export interface ProbeInput {
  readonly target: VerifyTarget;
  /** Path asked for. */
  readonly path: string;
  /** Seconds. */
  readonly timeout: number;
  /** Group that the listeners forward to; absent: the first. */
  readonly group?: string;
  /** Instances of the group that are healthy now; absent: all of its targets. */
  readonly healthy?: number;
  readonly signal?: AbortSignal;
}

/** Requests per question. With two instances, chance alone puts 12 requests on one of them once in 2,048 times. */
const REQUESTS = 12;
/** A cookie's Expires is in whole seconds, and clocks differ a little. */
const LIFETIME_SLACK = 5;
/** Cookies of an Application Load Balancer's own stickiness (ELB user guide, sticky sessions). */
const STICKY = /^AWSALB(CORS)?$/;

/** Never throws for what a server does; a request without an answer is a failed probe. */
export async function runProbes(input: ProbeInput): Promise<ProbeResult[]> {
  const results: ProbeResult[] = [];
  const group = input.target.groups.find((each) => each.name === input.group) ?? input.target.groups[0];
  for (const listener of input.target.listeners) {
    const client = requester({
      dnsName: input.target.dnsName,
      hosts: input.target.hosts,
      listener,
      timeoutMs: input.timeout * 1000,
      ...(input.signal === undefined ? {} : { signal: input.signal }),
    });
    try {
      results.push(...(await probeListener(client, listener, group, input)));
    } finally {
      client.close();
    }
  }
  return results;
}

async function probeListener(
  client: Requester,
  listener: ListenerTarget,
  group: TargetGroupTarget | undefined,
  input: ProbeInput,
): Promise<ProbeResult[]> {
  const name = (what: string): string => `${listener.name}: ${what}`;
  let first: Answer;
  try {
    first = await client.get(input.path);
  } catch (error) {
    input.signal?.throwIfAborted();
    return [
      {
        name: name('answers'),
        outcome: 'failed',
        detail: `GET ${input.path} got no answer: ${messageOf(error)}`,
        expected: 'status 200 to 399',
        got: 'no answer',
      },
    ];
  }
  const ok = first.status >= 200 && first.status < 400;
  const results: ProbeResult[] = [
    {
      name: name('answers'),
      outcome: ok ? 'pass' : 'failed',
      detail: `GET ${input.path} over ${listener.protocol} on port ${listener.port} answered ${first.status}.`,
      expected: 'status 200 to 399',
      got: `status ${first.status}`,
    },
  ];
  if (listener.protocol === 'HTTPS')
    results.push(certificateProbe(name('certificate'), first, listener), tlsProbe(name('TLS version'), first));
  if (group !== undefined) results.push(...(await stickinessProbes(client, name, group, input)));
  return results;
}

function certificateProbe(name: string, answer: Answer, listener: ListenerTarget): ProbeResult {
  const expected = (listener.certificateFingerprint ?? '').toLowerCase().replaceAll(':', '');
  const short = (fingerprint: string): string => (fingerprint === '' ? 'none' : `sha256 ${fingerprint.slice(0, 16)}…`);
  if (expected === '')
    return {
      name,
      outcome: 'skipped',
      detail: 'The expected certificate is not known.',
      expected: '',
      got: short(answer.fingerprint),
    };
  const same = expected === answer.fingerprint;
  return {
    name,
    outcome: same ? 'pass' : 'failed',
    detail: same ? 'The served certificate is the one of the spec.' : 'The served certificate is not the one in the spec.',
    expected: short(expected),
    got: short(answer.fingerprint),
  };
}

/** TLS 1.0 and 1.1 are not to be used (RFC 8996), and a client that offers more must not end up there. */
function tlsProbe(name: string, answer: Answer): ProbeResult {
  const good = answer.tlsVersion === 'TLSv1.2' || answer.tlsVersion === 'TLSv1.3';
  return {
    name,
    outcome: good ? 'pass' : 'failed',
    detail: `The connection used ${answer.tlsVersion || 'an unknown version'}.`,
    expected: 'TLSv1.2 or TLSv1.3',
    got: answer.tlsVersion,
  };
}

async function stickinessProbes(
  client: Requester,
  name: (what: string) => string,
  group: TargetGroupTarget,
  input: ProbeInput,
): Promise<ProbeResult[]> {
  const { path } = input;
  const fresh: Answer[] = [];
  const kept: Answer[] = [];
  const sticky = group.stickiness?.enabled === true && group.stickiness.type === 'lb_cookie';
  try {
    for (let i = 0; i < REQUESTS; i++) fresh.push(await client.get(path));
    if (sticky) {
      // As a browser would: every answer may renew the cookies.
      const jar = new Map<string, string>();
      for (let i = 0; i <= REQUESTS; i++) {
        const cookie = [...jar].map(([key, value]) => `${key}=${value}`).join('; ');
        const answer = await client.get(path, cookie === '' ? {} : { cookie });
        for (const each of cookiesOf(answer.headers['set-cookie'], answer.at)) jar.set(each.name, each.value);
        kept.push(answer);
      }
    }
  } catch (error) {
    input.signal?.throwIfAborted();
    const detail = `One of the repeated requests got no answer: ${messageOf(error)}`;
    return [
      {
        name: name('stickiness'),
        outcome: 'failed',
        detail,
        expected: 'an answer to each request',
        got: `${fresh.length + kept.length} answers`,
      },
    ];
  }
  const results = [spreadProbe(name('spread'), fresh, input.healthy ?? new Set(group.targets.map((target) => target.instanceId)).size)];
  if (group.stickiness?.enabled === true && group.stickiness.type === 'app_cookie') {
    results.push({
      name: name('stickiness'),
      outcome: 'skipped',
      detail: 'The cookie comes from the application: only the application can start a session.',
      expected: '',
      got: '',
    });
  } else if (sticky && group.stickiness !== undefined)
    results.push(stayProbe(name('stickiness'), kept), lifetimeProbe(name('cookie lifetime'), fresh, group.stickiness.seconds));
  else results.push(noCookieProbe(name('no stickiness'), fresh));
  return results;
}

const instancesOf = (answers: readonly Answer[]): string[] => [...new Set(answers.map(instanceOf).filter((id) => id !== ''))].sort();

function spreadProbe(name: string, answers: readonly Answer[], healthy: number): ProbeResult {
  const ids = instancesOf(answers);
  if (ids.length === 0)
    return {
      name,
      outcome: 'skipped',
      detail: 'The answers do not show which instance sent them (no X-Instance header, no instance id on the page).',
      expected: '',
      got: '',
    };
  if (healthy < 2)
    return {
      name,
      outcome: 'skipped',
      detail: `With ${healthy} healthy instance, requests cannot be spread.`,
      expected: '',
      got: ids.join(', '),
    };
  const spread = ids.length > 1;
  return {
    name,
    outcome: spread ? 'pass' : 'failed',
    detail: `${answers.length} requests without a cookie were answered by ${ids.length} instance${ids.length === 1 ? '' : 's'}.`,
    expected: 'more than one instance',
    got: ids.join(', '),
  };
}

function stayProbe(name: string, answers: readonly Answer[]): ProbeResult {
  const ids = instancesOf(answers);
  if (ids.length === 0)
    return { name, outcome: 'skipped', detail: 'The answers do not show which instance sent them.', expected: '', got: '' };
  const told = answers.filter((answer) => instanceOf(answer) !== '').length;
  const stayed = ids.length === 1 && told === answers.length;
  return {
    name,
    outcome: stayed ? 'pass' : 'failed',
    detail: `${answers.length} requests with the cookie were answered by ${ids.length} instance${ids.length === 1 ? '' : 's'}.`,
    expected: 'one instance',
    got: ids.join(', '),
  };
}

function lifetimeProbe(name: string, answers: readonly Answer[], seconds: number): ProbeResult {
  const expected = `${seconds} s`;
  const lifetimes = answers.flatMap((answer) =>
    cookiesOf(answer.headers['set-cookie'], answer.at)
      .filter((cookie) => STICKY.test(cookie.name))
      .map((cookie) => cookie.lifetime),
  );
  const lifetime = lifetimes[0];
  if (lifetime === undefined) return { name, outcome: 'failed', detail: 'No AWSALB cookie was set.', expected, got: 'no cookie' };
  if (lifetime === null)
    return {
      name,
      outcome: 'failed',
      detail: 'The cookie has no expiry date: it ends with the browser session.',
      expected,
      got: 'session',
    };
  const right = Math.abs(lifetime - seconds) <= LIFETIME_SLACK;
  return {
    name,
    outcome: right ? 'pass' : 'failed',
    detail: `The AWSALB cookie lasts ${Math.round(lifetime)} s.`,
    expected,
    got: `${Math.round(lifetime)} s`,
  };
}

function noCookieProbe(name: string, answers: readonly Answer[]): ProbeResult {
  const found = answers.flatMap((answer) => cookiesOf(answer.headers['set-cookie'], answer.at)).find((cookie) => STICKY.test(cookie.name));
  return {
    name,
    outcome: found === undefined ? 'pass' : 'failed',
    detail:
      found === undefined
        ? 'No AWSALB cookie is set, because the spec sets no stickiness.'
        : `${found.name} is set although the spec sets no stickiness.`,
    expected: 'no AWSALB cookie',
    got: found === undefined ? 'none' : found.name,
  };
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
