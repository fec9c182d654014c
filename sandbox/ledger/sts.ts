/**
 * What STS asks before it gives credentials of a role: that the role is there, and that its trust policy lets the caller in. moto asks
 * neither. Signatures of tokens are not verified, as those of requests are not. Codes and words of AssumeRole's inputs as recorded; those
 * of web identities from public reports (configure-aws-credentials issues 318, 1137; "IAM user guide, troubleshooting OIDC").
 */
import type { ApiCall, Clock } from '../types.ts';
import type { Upstream } from '../upstream.ts';
import { ApiRefusal, codeOf } from '../wire.ts';
import { items, parseXml, rootOf, text, type XmlObject } from '../xml.ts';
import type { RequestContext } from './policy-conditions.ts';
import { evaluate } from './policy-evaluation.ts';

export const assumesRole = ({ action }: ApiCall): boolean => action === 'AssumeRole' || action === 'AssumeRoleWithWebIdentity';

/** Throws what STS answers where the role, its trust or the token is not as it has to be. */
export async function checkAssumption(upstream: Upstream, clock: Clock, call: ApiCall): Promise<void> {
  const { RoleArn = '', RoleSessionName = '', WebIdentityToken = '' } = call.params;
  if (!/^[\w+=,.@-]*$/.test(RoleSessionName))
    throw new ApiRefusal(
      'ValidationError',
      `1 validation error detected: Value '${RoleSessionName}' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*`,
    );
  const [, account = '', path = ''] = /^arn:[^:]+:iam::(\d{12}):role\/(.+)$/.exec(RoleArn) ?? [];
  if (!/^arn:[^:]+:[^:]+:[^:]*:[^:]*:.+$/.test(RoleArn)) throw new ApiRefusal('ValidationError', `${RoleArn} is invalid`);
  const ask = asker(upstream, account, call.region);
  const claims = call.action === 'AssumeRole' ? undefined : readToken(WebIdentityToken, clock.now());
  if (claims !== undefined && account !== '') await checkProvider(ask, claims);
  const role = account === '' ? undefined : await ask('GetRole', { RoleName: path.split('/').at(-1) ?? '' });
  const trusted = role !== undefined && isTrusted(readDocument(text(role, 'Role.AssumeRolePolicyDocument')), call, account, claims);
  // A role that is not there is answered like one that lets nobody in.
  if (trusted && text(role, 'Role.Arn') === RoleArn) return;
  throw claims === undefined
    ? new ApiRefusal('AccessDenied', `User: ${callerOf(call)} is not authorized to perform: sts:AssumeRole on resource: ${RoleArn}`, 403)
    : new ApiRefusal('AccessDenied', 'Not authorized to perform sts:AssumeRoleWithWebIdentity', 403);
}

type Ask = (action: string, params: Readonly<Record<string, string>>) => Promise<XmlObject | undefined>;

/** The result of one of moto's IAM calls in an account; undefined when it refuses. */
const asker =
  (upstream: Upstream, account: string, region: string): Ask =>
  async (action, params) => {
    const body = new URLSearchParams({ Action: action, Version: '2010-05-08', ...params }).toString();
    const answer = await upstream.send({ service: 'iam', region, account, body });
    if (codeOf(answer) !== undefined) return undefined;
    return (rootOf(parseXml(answer.body)).content[`${action}Result`] ?? {}) as XmlObject;
  };

const readDocument = (document: string): string => (document.startsWith('%') ? decodeURIComponent(document) : document);

interface Claims {
  /** The provider's host and path, as IAM names it. */
  readonly issuer: string;
  readonly all: Readonly<Record<string, unknown>>;
}

/** The claims of a JSON Web Token (RFC 7519): the middle one of its three parts. */
function readToken(token: string, now: number): Claims {
  const bad = (message: string): ApiRefusal => new ApiRefusal('InvalidIdentityToken', message);
  let all: Record<string, unknown>;
  try {
    all = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as Record<string, unknown>;
  } catch {
    throw bad('The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)');
  }
  const { iss, sub, aud, exp } = all;
  if (typeof iss !== 'string' || typeof sub !== 'string' || aud === undefined || typeof exp !== 'number')
    throw bad('Missing a required claim: iss, sub, aud and exp');
  if (exp * 1000 <= now)
    throw new ApiRefusal('ExpiredTokenException', 'Token expired: current date/time must be before the expiration date/time');
  return { issuer: iss.replace(/^https:\/\//, ''), all };
}

const textsOf = (value: unknown): readonly string[] => [value].flat().map(String);

/** The account knows the token's issuer, and the issuer's token is meant for it. */
async function checkProvider(ask: Ask, { issuer, all }: Claims): Promise<void> {
  const listed = items((await ask('ListOpenIDConnectProviders', {})) ?? {}, 'OpenIDConnectProviderList');
  const arn = listed.map((one) => text(one, 'Arn')).find((one) => one.endsWith(`:oidc-provider/${issuer}`));
  if (arn === undefined)
    throw new ApiRefusal('InvalidIdentityToken', `No OpenIDConnect provider found in your account for https://${issuer}`);
  const provider = (await ask('GetOpenIDConnectProvider', { OpenIDConnectProviderArn: arn })) ?? {};
  const clients = textsOf((provider['ClientIDList'] as XmlObject | undefined)?.['member'] ?? []);
  if (!textsOf(all['aud']).some((aud) => clients.includes(aud))) throw new ApiRefusal('InvalidIdentityToken', 'Incorrect token audience');
}

interface Statement {
  readonly Principal?: '*' | Readonly<Record<string, string | readonly string[]>>;
}

function isTrusted(document: string, call: ApiCall, account: string, claims: Claims | undefined): boolean {
  const parsed = JSON.parse(document) as { readonly Statement?: Statement | readonly Statement[] };
  const caller = callerOf(call);
  const admits = ({ Principal }: Statement): boolean => {
    if (Principal === undefined) return false;
    if (Principal === '*') return true;
    if (claims !== undefined)
      return textsOf(Principal['Federated'] ?? []).includes(`arn:aws:iam::${account}:oidc-provider/${claims.issuer}`);
    // An account stands for all that are in it (IAM user guide, "AWS JSON policy elements: Principal").
    return textsOf(Principal['AWS'] ?? []).some((one) => ['*', call.account, `arn:aws:iam::${call.account}:root`, caller].includes(one));
  };
  const Statement = [parsed.Statement ?? []].flat().filter(admits);
  if (Statement.length === 0) return false;
  const context: RequestContext = new Map(
    Object.entries(claims?.all ?? {}).map(([name, value]) => [`${claims?.issuer}:${name}`.toLowerCase(), textsOf(value)]),
  );
  const policy = { id: 'trust', type: 'IAM Policy', text: JSON.stringify({ ...parsed, Statement }) } as const;
  return evaluate([policy], `sts:${call.action}`, call.params['RoleArn'] ?? '', context).decision === 'allowed';
}

/** As moto names whom it does not know. */
const callerOf = ({ account }: ApiCall): string => `arn:aws:sts::${account}:user/moto`;
