/**
 * SimulatePrincipalPolicy: what the policies of a user, group or role in the sandbox's IAM say of actions and resources. The policies
 * are moto's, the answer is ours; its members and the places of statements are as recorded. IAM API reference, SimulatePrincipalPolicy.
 */
import type { ApiAnswer, ApiCall } from '../types.ts';
import type { Upstream } from '../upstream.ts';
import { ApiRefusal, codeOf, listParam, XML_TYPE } from '../wire.ts';
import { buildXml, items, listOf, parseXml, rootOf, text, type XmlObject } from '../xml.ts';
import type { RequestContext } from './policy-conditions.ts';
import { type Decision, type Evaluation, evaluate, keysOf, type Match, type Policy, PolicyProblem } from './policy-evaluation.ts';

export type Ask = (action: string, params: Readonly<Record<string, string>>) => Promise<XmlObject>;
type Params = Readonly<Record<string, string>>;

const unknownEntity = (): ApiRefusal => new ApiRefusal('NoSuchEntity', 'Unable to retrieve specified IAM entity.', 404);
const invalidInput = (message: string): ApiRefusal => new ApiRefusal('InvalidInput', message);

/** The result of one of moto's IAM calls; NoSuchEntity when it refuses. */
export const asker =
  (upstream: Upstream, region: string): Ask =>
  async (action, params) => {
    const body = new URLSearchParams({ Action: action, Version: '2010-05-08', ...params }).toString();
    const answer = await upstream.send({ service: 'iam', region, body });
    if (codeOf(answer) !== undefined) throw unknownEntity();
    const { content } = rootOf(parseXml(answer.body));
    return (content[`${action}Result`] ?? {}) as XmlObject;
  };

/** moto answers documents as they were put, or with percent signs, as AWS does. */
export const readDocument = (document: string): string => (document.startsWith('%') ? decodeURIComponent(document) : document);

async function managed(ask: Ask, arn: string, type: Policy['type']): Promise<Policy> {
  const policy = await ask('GetPolicy', { PolicyArn: arn });
  const version = await ask('GetPolicyVersion', { PolicyArn: arn, VersionId: text(policy, 'Policy.DefaultVersionId') });
  return { id: text(policy, 'Policy.PolicyName'), type, text: readDocument(text(version, 'PolicyVersion.Document')) };
}

/** Everything attached to one user, group or role. */
export async function policiesOf(ask: Ask, kind: 'user' | 'group' | 'role', name: string): Promise<readonly Policy[]> {
  const Kind = `${kind.charAt(0).toUpperCase()}${kind.slice(1)}`;
  const who = { [`${Kind}Name`]: name };
  const entity = await ask(`Get${Kind}`, who);
  const attached = items(await ask(`ListAttached${Kind}Policies`, who), 'AttachedPolicies');
  const found = attached.map((one) => managed(ask, text(one, 'PolicyArn'), 'IAM Policy'));
  const names = (await ask(`List${Kind}Policies`, who))['PolicyNames'];
  for (const PolicyName of ((names as XmlObject | undefined)?.['member'] ?? []) as readonly string[])
    found.push(
      ask(`Get${Kind}Policy`, { ...who, PolicyName }).then((inline) => ({
        id: `${kind}_${name}_${PolicyName}`,
        type: 'IAM Policy' as const,
        text: readDocument(text(inline, 'PolicyDocument')),
      })),
    );
  const boundary = text(entity, `${Kind}.PermissionsBoundary.PermissionsBoundaryArn`);
  if (boundary !== '') found.push(managed(ask, boundary, 'Permissions Boundary Policy'));
  const groups = kind === 'user' ? items(await ask('ListGroupsForUser', who), 'Groups') : [];
  const inherited = await Promise.all(groups.map((group) => policiesOf(ask, 'group', text(group, 'GroupName'))));
  return [...(await Promise.all(found)), ...inherited.flat()];
}

function readContext(params: Params): RequestContext {
  const context = new Map<string, readonly string[]>();
  for (let index = 1; params[`ContextEntries.member.${index}.ContextKeyName`] !== undefined; index++) {
    const entry = `ContextEntries.member.${index}`;
    context.set((params[`${entry}.ContextKeyName`] ?? '').toLowerCase(), listParam(params, `${entry}.ContextKeyValues.member`));
  }
  return context;
}

const place = ({ line, column }: Match['start']): XmlObject => ({ Line: String(line), Column: String(column) });
const statements = (matched: readonly Match[]) =>
  listOf(
    matched.map(({ policy, start, end }) => ({
      SourcePolicyId: policy.id,
      SourcePolicyType: policy.type,
      StartPosition: place(start),
      EndPosition: place(end),
    })),
    'member',
  );
const boundaryOf = ({ withinBoundary }: Evaluation): XmlObject =>
  withinBoundary === undefined ? {} : { PermissionsBoundaryDecisionDetail: { AllowedByPermissionsBoundary: String(withinBoundary) } };

/** The worst of several: what is denied outright, then what nobody allows. */
const ORDER: readonly Decision[] = ['explicitDeny', 'implicitDeny', 'allowed'];

/** One EvaluationResult: of one action on all the resources. `named`: the call named them. */
function resultOf(
  action: string,
  all: readonly (Evaluation & { readonly resource: string })[],
  missing: readonly string[],
  named: boolean,
): XmlObject {
  const worst = ORDER.flatMap((decision) => all.find((one) => one.decision === decision) ?? [])[0];
  if (worst === undefined) return {};
  const keys = listOf(missing, 'member');
  const specific = all.map((one) => ({
    EvalResourceName: one.resource,
    EvalResourceDecision: one.decision,
    MatchedStatements: statements(one.matched),
    MissingContextValues: keys,
    ...boundaryOf(one),
  }));
  return {
    EvalActionName: action,
    EvalResourceName: worst.resource,
    EvalDecision: worst.decision,
    MatchedStatements: statements(worst.matched),
    MissingContextValues: keys,
    OrganizationsDecisionDetail: { AllowedByOrganizations: 'true' },
    ...boundaryOf(worst),
    ...(named ? { EvalDecisionDetails: '', ResourceSpecificResults: listOf(specific, 'member') } : {}),
  };
}

export async function simulatePrincipalPolicy(upstream: Upstream, call: ApiCall): Promise<ApiAnswer> {
  const { params } = call;
  const source = params['PolicySourceArn'] ?? '';
  const [, kind, path = ''] = /^arn:aws[a-z-]*:iam::\d{12}:(user|group|role)\/(.+)$/.exec(source) ?? [];
  if (kind === undefined) throw invalidInput(`Invalid Entity Arn: ${source} does not clearly define entity type and name.`);
  const actions = listParam(params, 'ActionNames.member');
  if (actions.length === 0)
    throw new ApiRefusal(
      'ValidationError',
      "1 validation error detected: Value null at 'actionNames' failed to satisfy constraint: Member must not be null",
    );
  for (const action of actions)
    if (!/^[\w-]+:[\w*?]+$/.test(action)) throw invalidInput(`Invalid action: ${action}. Actions are written service:Action`);
  const given = (list: string, type: Policy['type']): Policy[] =>
    listParam(params, `${list}.member`).map((document, index) => ({ id: `${list}.${index + 1}`, type, text: document }));
  const attached = await policiesOf(asker(upstream, call.region), kind as 'user' | 'group' | 'role', path.split('/').at(-1) ?? '');
  const boundary = given('PermissionsBoundaryPolicyInputList', 'Permissions Boundary Policy');
  const policies = [
    // A boundary that the call brings stands in for the one that is attached.
    ...attached.filter(({ type }) => boundary.length === 0 || type === 'IAM Policy'),
    ...given('PolicyInputList', 'IAM Policy'),
    ...boundary,
  ];
  const context = readContext(params);
  const named = listParam(params, 'ResourceArns.member');
  try {
    const missing = keysOf(policies).filter((key) => !context.has(key.toLowerCase()));
    const results = actions.map((action) =>
      resultOf(
        action,
        (named.length === 0 ? ['*'] : named).map((resource) => ({ resource, ...evaluate(policies, action, resource, context) })),
        missing,
        named.length > 0,
      ),
    );
    const content = {
      '@_xmlns': 'https://iam.amazonaws.com/doc/2010-05-08/',
      SimulatePrincipalPolicyResult: { EvaluationResults: listOf(results, 'member'), IsTruncated: 'false' },
      ResponseMetadata: { RequestId: call.requestId },
    };
    return { status: 200, contentType: XML_TYPE, body: buildXml({ SimulatePrincipalPolicyResponse: content }) };
  } catch (error) {
    if (error instanceof PolicyProblem || error instanceof SyntaxError) throw invalidInput(error.message);
    throw error;
  }
}
