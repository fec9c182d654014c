/** IAM's evaluation of policies, as SimulatePrincipalPolicy answers it: decisions row by row, places of statements as recorded. */

import * as assert from 'uvu/assert';
import { holds, like } from '../../../sandbox/ledger/policy-conditions.ts';
import { type Decision, evaluate, keysOf, type Policy } from '../../../sandbox/ledger/policy-evaluation.ts';
import { suite } from '../../support/suite.ts';

const t = suite('sandbox: IAM policies');

const policy = (Statement: unknown, type: Policy['type'] = 'IAM Policy', id = 'one'): Policy => ({
  id,
  type,
  text: JSON.stringify({ Version: '2012-10-17', Statement }),
});
const boundary = (Statement: unknown): Policy => policy(Statement, 'Permissions Boundary Policy', 'limit');
const allow = (Action: unknown, Resource: unknown = '*', more: object = {}) => ({ Effect: 'Allow', Action, Resource, ...more });
const deny = (Action: unknown, Resource: unknown = '*', more: object = {}) => ({ Effect: 'Deny', Action, Resource, ...more });
const BUCKET = 'arn:aws:s3:::bucket';
const tagged = (value: string) => ({ 'aws:ResourceTag/stack': [value] });

type Row = [name: string, policies: readonly Policy[], wanted: Decision, context?: Readonly<Record<string, readonly string[]>>];
/** All of s3:GetObject on the bucket. */
const ROWS: readonly Row[] = [
  ['nothing', [], 'implicitDeny'],
  ['the action', [policy(allow('s3:GetObject'))], 'allowed'],
  ['the action in another case', [policy(allow('S3:getobject'))], 'allowed'],
  ['a pattern', [policy([allow('s3:Get*')])], 'allowed'],
  ['a question mark', [policy(allow('s3:GetObjec?'))], 'allowed'],
  ['everything', [policy(allow('*'))], 'allowed'],
  ['another action', [policy(allow(['s3:PutObject', 'ec2:*']))], 'implicitDeny'],
  ['another resource', [policy(allow('s3:*', 'arn:aws:s3:::other'))], 'implicitDeny'],
  ['a pattern of resources', [policy(allow('s3:*', ['arn:aws:s3:::other', 'arn:aws:s3:::buck*']))], 'allowed'],
  ['resources keep their case', [policy(allow('s3:*', 'arn:aws:s3:::Bucket'))], 'implicitDeny'],
  ['a dot is a dot', [policy(allow('s3:*', 'arn:aws:s3:::b.cket'))], 'implicitDeny'],
  ['denied', [policy([allow('*'), deny('s3:*')])], 'explicitDeny'],
  ['denied by another policy', [policy(allow('*')), policy(deny('s3:GetObject', BUCKET))], 'explicitDeny'],
  ['denied elsewhere', [policy([allow('*'), deny('*', 'arn:aws:s3:::other')])], 'allowed'],
  ['NotAction', [policy({ Effect: 'Allow', NotAction: ['iam:*'], Resource: '*' })], 'allowed'],
  ['NotAction of this one', [policy({ Effect: 'Allow', NotAction: ['s3:*'], Resource: '*' })], 'implicitDeny'],
  ['NotResource', [policy({ Effect: 'Deny', Action: '*', NotResource: BUCKET }), policy(allow('*'))], 'allowed'],
  ['inside the boundary', [policy(allow('*')), boundary(allow('s3:*'))], 'allowed'],
  ['outside the boundary', [policy(allow('*')), boundary(allow('ec2:*'))], 'implicitDeny'],
  ['the boundary alone gives nothing', [boundary(allow('*'))], 'implicitDeny'],
  ['denied by the boundary', [policy(allow('*')), boundary([allow('*'), deny('s3:GetObject')])], 'explicitDeny'],
  [
    'a condition that holds',
    [policy(allow('*', '*', { Condition: { StringEquals: { 'aws:resourcetag/stack': ['web', 'api'] } } }))],
    'allowed',
    tagged('web'),
  ],
  [
    'a condition that does not',
    [policy(allow('*', '*', { Condition: { StringEquals: { 'aws:ResourceTag/stack': 'web' } } }))],
    'implicitDeny',
    tagged('api'),
  ],
  [
    'a condition on a key that is missing',
    [policy(allow('*', '*', { Condition: { StringEquals: { 'aws:ResourceTag/stack': 'web' } } }))],
    'implicitDeny',
  ],
  [
    'several keys must all hold',
    [policy(allow('*', '*', { Condition: { StringLike: { 'aws:ResourceTag/stack': 'w*', a: 'b' } } }))],
    'implicitDeny',
    tagged('web'),
  ],
  [
    'a variable',
    [policy(allow('*', `${BUCKET.slice(0, -6)}\${aws:PrincipalTag/home}`))],
    'allowed',
    { 'aws:PrincipalTag/home': ['bucket'] },
  ],
  ['a variable that is missing', [policy(allow('*', `arn:aws:s3:::bucket\${aws:PrincipalTag/home}`))], 'implicitDeny'],
  ['a variable with a default', [policy(allow('*', `arn:aws:s3:::\${aws:PrincipalTag/home, 'bucket'}`))], 'allowed'],
  [
    'what a variable brings is no pattern',
    [policy(allow('*', `arn:aws:s3:::\${aws:PrincipalTag/home}`))],
    'implicitDeny',
    { 'aws:PrincipalTag/home': ['*'] },
  ],
];
for (const [name, policies, wanted, context = {}] of ROWS)
  t(`${name}: ${wanted}`, () => {
    const known = new Map(Object.entries(context).map(([key, values]) => [key.toLowerCase(), values]));
    assert.is(evaluate(policies, 's3:GetObject', BUCKET, known).decision, wanted);
  });

/** Operator, wanted values, values of the request, and whether it holds; with no value, by IfExists, and negated. */
const OPERATORS: readonly [operator: string, wanted: readonly string[], has: readonly string[] | undefined, holds: boolean | undefined][] =
  [
    ['StringEquals', ['a', 'b'], ['b'], true],
    ['StringEquals', ['a'], ['A'], false],
    ['StringEquals', ['a'], undefined, false],
    ['StringEqualsIfExists', ['a'], undefined, true],
    ['StringEqualsIgnoreCase', ['a'], ['A'], true],
    ['StringNotEquals', ['a', 'b'], ['c'], true],
    ['StringNotEquals', ['a', 'b'], ['b'], false],
    ['StringNotEquals', ['a'], undefined, true],
    ['StringNotEqualsIgnoreCase', ['a'], ['A'], false],
    ['StringLike', ['a*'], ['abc'], true],
    ['StringNotLike', ['a*'], ['abc'], false],
    ['ArnLike', ['arn:aws:iam::*:role/x'], ['arn:aws:iam::1:role/x'], true],
    ['ArnEquals', ['arn:aws:*'], ['arn:aws:iam::1:role/x'], false],
    ['ArnNotLike', ['arn:aws:iam::*:role/x'], ['arn:aws:iam::1:role/x'], false],
    ['Bool', ['true'], ['True'], true],
    ['Bool', ['true'], undefined, false],
    ['NumericLessThan', ['10'], ['9'], true],
    ['NumericLessThan', ['10'], ['10'], false],
    ['NumericLessThanEquals', ['10'], ['10'], true],
    ['NumericGreaterThan', ['9'], ['10'], true],
    ['NumericNotEquals', ['1'], ['1.0'], false],
    ['DateLessThan', ['2026-01-01T00:00:00Z'], ['2025-12-31T23:59:59Z'], true],
    ['DateGreaterThan', ['1767225600'], ['2025-12-31T23:59:59Z'], false],
    ['IpAddress', ['10.0.0.0/8', '::1/128'], ['10.1.2.3'], true],
    ['IpAddress', ['10.0.0.0/8'], ['11.1.2.3'], false],
    ['NotIpAddress', ['10.0.0.0/8'], ['11.1.2.3'], true],
    ['IpAddress', ['10.0.0.1'], ['10.0.0.1'], true],
    ['Null', ['true'], undefined, true],
    ['Null', ['false'], undefined, false],
    ['Null', ['false'], ['x'], true],
    ['ForAllValues:StringEquals', ['a', 'b'], ['a', 'b'], true],
    ['ForAllValues:StringEquals', ['a'], ['a', 'b'], false],
    ['ForAllValues:StringEquals', ['a'], undefined, true],
    ['ForAnyValue:StringEquals', ['a'], ['a', 'b'], true],
    ['ForAnyValue:StringEquals', ['a'], undefined, false],
    ['ForAnyValue:StringNotEquals', ['a'], undefined, false],
    ['StringAlmost', ['a'], ['a'], undefined],
  ];
for (const [operator, wanted, has, result] of OPERATORS)
  t(`${operator} ${wanted.join()} with ${has?.join() ?? 'nothing'}`, () => assert.is(holds(operator, wanted, has), result));

t('patterns', () => {
  assert.ok(like('a*c', 'abbc'));
  assert.ok(like(`a\${*}c`, 'a*c'));
  assert.not.ok(like(`a\${*}c`, 'abc'));
  assert.not.ok(like('a?c', 'ac'));
});

t('statements stand where IAM says they do', () => {
  // Recorded of AdministratorAccess: 3:17 to 8:6.
  const administrator =
    '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "*",\n      "Resource": "*"\n    }\n  ]\n}';
  const one = evaluate([{ id: 'AdministratorAccess', type: 'IAM Policy', text: administrator }], 'sqs:CreateQueue', '*', new Map())
    .matched[0];
  assert.equal(
    [one?.start, one?.end],
    [
      { line: 3, column: 17 },
      { line: 8, column: 6 },
    ],
  );
  // Recorded of a document in one line: it begins in column 41.
  const line =
    '{"Version": "2012-10-17", "Statement": [{"Action": "s3:*", "Effect": "Allow", "Resource": "*"}, {"Action": "*", "Effect": "Deny", "Resource": "x"}]}';
  const places = evaluate([{ id: 'x', type: 'IAM Policy', text: line }], 's3:GetObject', '*', new Map()).matched;
  assert.equal(places[0]?.start, { line: 1, column: 41 });
  assert.is(line.slice(40, (places[0]?.end.column ?? 0) - 1).trim(), '{"Action": "s3:*", "Effect": "Allow", "Resource": "*"}');
  const alone = policy(allow('*'));
  const [match] = evaluate([alone], 's3:GetObject', '*', new Map()).matched;
  assert.equal(JSON.parse(alone.text.slice((match?.start.column ?? 0) - 1, (match?.end.column ?? 0) - 1)), allow('*'));
});

t('the keys that a request would have to bring', () => {
  const Condition = { StringEquals: { 'aws:ResourceTag/a': '1' }, Null: { b: 'true' } };
  const conditioned = allow('*', `arn:aws:s3:::\${aws:username}/x`, { Condition });
  assert.equal([...keysOf([policy(conditioned), policy(allow('*'))])].sort(), ['aws:ResourceTag/a', 'aws:username']);
});

t('a condition that IAM does not have, and a document that is none, are refused', () => {
  const odd = policy(allow('*', '*', { Condition: { StringAlmost: { a: 'b' } } }));
  assert.throws(() => evaluate([odd], 's3:GetObject', '*', new Map()), /Invalid Condition type : StringAlmost/);
  assert.throws(() => evaluate([{ ...odd, text: '{' }], 's3:GetObject', '*', new Map()), /Syntax errors in policy/);
});

t.run();
