import * as assert from 'uvu/assert';
import { classify, credentialsAdvice, describeThrown } from '../../../reconciler/aws/classify.ts';
import { iamAction, OPERATIONS, type Operation, operationOf } from '../../../reconciler/aws/operations.ts';
import type { CloudErrorClass } from '../../../reconciler/errors.ts';
import { suite } from '../../support/suite.ts';

const t = suite('aws/classify');

const CODES: Readonly<Record<CloudErrorClass, readonly string[]>> = {
  NotFound: [
    'InvalidVpcID.NotFound',
    'InvalidGroup.NotFound',
    'InvalidInstanceID.NotFound',
    'LoadBalancerNotFound',
    'TargetGroupNotFound',
    'ListenerNotFound',
    'CertificateNotFound',
    'NoSuchEntity',
    'ParameterNotFound',
    'TargetGroupNotFoundException',
    'Gateway.NotAttached',
    'InvalidAssociationID.NotFound',
  ],
  Throttled: [
    'Throttling',
    'ThrottlingException',
    'RequestLimitExceeded',
    'TooManyRequestsException',
    'SlowDown',
    'ThrottlingSomethingNew',
  ],
  InUse: ['DependencyViolation', 'ResourceInUse', 'DeleteConflict', 'InvalidGroup.InUse'],
  Denied: ['AccessDenied', 'AccessDeniedException', 'UnauthorizedOperation'],
  Credentials: [
    'ExpiredToken',
    'InvalidClientTokenId',
    'SignatureDoesNotMatch',
    'AuthFailure',
    'UnrecognizedClientException',
    'CredentialsProviderError',
    'InvalidSignatureException',
    'RequestTimeTooSkewed',
  ],
  Invalid: [
    'ValidationError',
    'InvalidParameterValue',
    'VpcLimitExceeded',
    'InvalidTarget',
    'TooManyTargetGroups',
    'OperationNotPermitted',
    'InsufficientInstanceCapacity',
    'InsufficientAddressCapacity',
    'InsufficientCapacity',
  ],
  Exists: [
    'DuplicateLoadBalancerName',
    'DuplicateTargetGroupName',
    'DuplicateListener',
    'EntityAlreadyExists',
    'InvalidGroup.Duplicate',
    'InvalidPermission.Duplicate',
    'RouteAlreadyExists',
    'Resource.AlreadyAssociated',
    'InvalidSubnet.Conflict',
    'PriorityInUse',
    'SomethingAlreadyExists',
  ],
  Transient: [
    'InternalFailure',
    'InternalError',
    'ServiceUnavailable',
    'Unavailable',
    'RequestTimeout',
    'ECONNRESET',
    'EPIPE',
    'TimeoutError',
  ],
  Unreachable: ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  Unknown: [],
};
for (const [name, codes] of Object.entries(CODES)) {
  for (const code of codes) t(`${code} is ${name}`, () => assert.is(classify(code, 400), name));
}

t('what no table knows goes by its status', () => {
  assert.is(classify('NeverHeardOf', 500), 'Transient');
  assert.is(classify('NeverHeardOf', 503), 'Transient');
  assert.is(classify('NeverHeardOf', 400), 'Invalid');
  assert.is(classify('NeverHeardOf', 499), 'Invalid');
  assert.is(classify('NeverHeardOf', 200), 'Unknown');
  assert.is(classify('NeverHeardOf', undefined), 'Unknown');
  assert.is(classify('AccessDenied', 500), 'Denied', 'a known code says more than a status');
});

const named = (name: string, more: object = {}): Error => Object.assign(new Error('what AWS said'), { name, ...more });
const network = (code: string): Error => Object.assign(new Error(`connect ${code} 127.0.0.1:1`), { code });

for (const [name, thrown, code, status, message] of [
  [
    'an error of a query API',
    named('DuplicateListenerException', { Code: 'DuplicateListener', $metadata: { httpStatusCode: 400 } }),
    'DuplicateListener',
    400,
    'what AWS said',
  ],
  [
    'an error of EC2',
    named('DependencyViolation', { Code: 'DependencyViolation', $metadata: { httpStatusCode: 400 } }),
    'DependencyViolation',
    400,
    'what AWS said',
  ],
  ['an error of a JSON API', named('ParameterNotFound', { $metadata: { httpStatusCode: 400 } }), 'ParameterNotFound', 400, 'what AWS said'],
  ['no connection', network('ECONNREFUSED'), 'ECONNREFUSED', undefined, 'connect ECONNREFUSED 127.0.0.1:1'],
  ['no connection, as a cause', named('Error', { cause: network('ENOTFOUND') }), 'ENOTFOUND', undefined, 'what AWS said'],
  [
    'no connection on any address',
    Object.assign(new Error(''), { errors: [network('ECONNREFUSED'), network('ECONNREFUSED')] }),
    'ECONNREFUSED',
    undefined,
    'connect ECONNREFUSED 127.0.0.1:1',
  ],
  ['an error without a word', new Error(''), 'Unknown', undefined, 'Unknown'],
  ['no credentials', named('CredentialsProviderError'), 'CredentialsProviderError', undefined, 'what AWS said'],
  [
    'a page of a proxy',
    named('SyntaxError', { message: 'Unexpected token < in JSON', $metadata: { httpStatusCode: 502 } }),
    'HTTP502',
    502,
    'Unexpected token < in JSON',
  ],
  [
    'half an answer',
    Object.assign(new Error("Unclosed root tag 'x'\nDeserialization error"), { $response: { statusCode: 200 } }),
    'UnreadableAnswer',
    200,
    "Unclosed root tag 'x'",
  ],
  ['a server error of the SDK', named('InternalFailure', { $response: { statusCode: 500 } }), 'InternalFailure', 500, 'what AWS said'],
  ['a text', 'boom', 'Unknown', undefined, 'boom'],
  ['nothing', undefined, 'Unknown', undefined, 'undefined'],
] as const) {
  t(`${name}: ${code}`, () => assert.equal(describeThrown(thrown), { code, status, message }));
}

t('each operation has a row, and only those', () => {
  assert.is(operationOf('ec2:CreateVpc'), OPERATIONS['ec2:CreateVpc']);
  assert.throws(() => operationOf('ec2:BuyCastle'), /no such operation: ec2:BuyCastle/);
  assert.throws(() => operationOf('toString'), /no such operation/);
});

const rows: readonly (readonly [string, Operation])[] = Object.entries(OPERATIONS);

t('reads read and writes write', () => {
  for (const [name, row] of rows) {
    assert.is(/:(Describe|Get|List|Simulate)/.test(name), row.access === 'read', name);
    if (row.access === 'read') assert.equal([row.repeat, row.settle, row.done], ['safe', undefined, undefined], name);
    if (row.pages !== undefined) assert.is(row.access, 'read', name);
  }
});

t('a create that could make a second object is looked for before it is repeated', () => {
  // No ClientToken and no unique name: EC2 API idempotency guide. UploadServerCertificate has a name, and EntityAlreadyExists then.
  for (const name of [
    'ec2:CreateVpc',
    'ec2:CreateSubnet',
    'ec2:CreateInternetGateway',
    'ec2:CreateSecurityGroup',
    'iam:UploadServerCertificate',
  ] as const)
    assert.is(OPERATIONS[name].repeat, 'look', name);
  for (const name of [
    'ec2:RunInstances',
    'ec2:CreateRouteTable',
    'elbv2:CreateLoadBalancer',
    'elbv2:CreateTargetGroup',
    'elbv2:CreateListener',
  ] as const)
    assert.is(OPERATIONS[name].repeat, 'safe', name);
});

t('windows are of seconds that somebody would wait', () => {
  for (const [name, row] of rows)
    for (const window of [...Object.values(row.settle ?? {}), ...Object.values(row.fresh ?? {})])
      assert.ok(window >= 30 && window <= 1800, name);
});

t('a refusal that new credentials do not mend is told by its cause', () => {
  const skewed = 'Signature expired: 20261130T200000Z is now earlier than 20261130T201500Z (20261130T202000Z - 5 min.)';
  assert.match(credentialsAdvice('SignatureDoesNotMatch', skewed) ?? '', /set the clock/);
  assert.match(credentialsAdvice('InvalidSignatureException', skewed.replace('expired', 'not yet current')) ?? '', /set the clock/);
  assert.match(credentialsAdvice('RequestTimeTooSkewed', '') ?? '', /set the clock/);
  assert.match(credentialsAdvice('RequestExpired', 'Request has expired.') ?? '', /renew the credentials or set the clock/);
  assert.match(credentialsAdvice('OptInRequired', '') ?? '', /sign-up|enable the region/);
  assert.match(credentialsAdvice('AuthFailure', '') ?? '', /the region is not enabled/);
  assert.is(credentialsAdvice('SignatureDoesNotMatch', 'The request signature we calculated does not match'), undefined);
  assert.is(credentialsAdvice('ExpiredToken', 'The security token included in the request is expired'), undefined);
});

t('the action that allows a call', () => {
  assert.is(iamAction('elbv2:CreateListener'), 'elasticloadbalancing:CreateListener');
  assert.is(iamAction('ec2:RunInstances'), 'ec2:RunInstances');
  assert.is(iamAction('sts:GetCallerIdentity'), 'sts:GetCallerIdentity');
  for (const [name] of rows) assert.match(iamAction(name), /^(ec2|elasticloadbalancing|fis|iam|scheduler|ssm|sts|tag):[A-Z]\w+$/);
});

t.run();
