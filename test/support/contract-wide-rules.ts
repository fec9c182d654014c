/** Trials of rules: their place, when they apply, what they rewrite, and what they answer by themselves. */
import type { Json } from '../../reconciler/model/json.ts';
import type { Edit } from './contract-trials.ts';
import type { WideTrial } from './contract-wide-run.ts';

const condition = (
  name: string,
  first: Json,
  second: Json,
  shows: NonNullable<WideTrial['shows']>,
  existing?: readonly Edit[],
): [string, WideTrial] => [
  `rule if ${name}`,
  { on: 'https.one', at: `if/${name.split('.')[0]}`, values: [first, second], shows, ...(existing === undefined ? {} : { existing }) },
];
const rewrite = (kind: string, part: string, last: string): [string, WideTrial] => {
  const first = kind === 'host' ? { regex: '^old\\.(.*)', replace: 'new.$1' } : { regex: '^/old/(.*)', replace: '/$1' };
  const path = [
    'Transforms',
    0,
    kind === 'host' ? 'HostHeaderRewriteConfig' : 'UrlRewriteConfig',
    'Rewrites',
    0,
    part === 'regex' ? 'Regex' : 'Replace',
  ];
  return [
    `rule rewrite ${kind}.${part}`,
    { on: 'https.one', at: `rewrite/${kind}`, values: [[first], [{ ...first, [part]: last }]], shows: [path, last] },
  ];
};

const redirected = (key: string, value: Json): [string, WideTrial] => [
  `rule actions redirect.${key}`,
  {
    on: 'https.one',
    existing: [['listeners/https/rules/one', { if: { path: ['/one'] }, redirect: { host: 'www.example', statusCode: 'HTTP_301' } }]],
    values: [value],
    shows: [['Actions', 0, 'RedirectConfig', `${key[0]?.toUpperCase()}${key.slice(1)}`], value],
  },
];
const answered = (key: string, value: Json): [string, WideTrial] => [
  `rule actions fixedResponse.${key}`,
  {
    on: 'https.one',
    existing: [['listeners/https/rules/one', { if: { path: ['/one'] }, fixedResponse: { statusCode: '404' } }]],
    values: [value],
    shows: [['Actions', 0, 'FixedResponseConfig', `${key[0]?.toUpperCase()}${key.slice(1)}`], value],
  },
];

export const RULE_TRIALS: Readonly<Record<string, WideTrial>> = {
  'rule priority': { on: 'https.one', values: [5, 7], stays: true, shows: [['Priority'], '7'] },
  ...Object.fromEntries([
    condition('host', ['a.example'], ['b.example', '*.a.example'], [['Conditions', 'length'], 2]),
    condition('hostRegex', ['^a\\.'], ['^b\\.'], [['Conditions', 'length'], 2]),
    condition('path', ['/two'], ['/three', '/four/*'], [['Conditions', 0, 'PathPatternConfig', 'Values', 'length'], 2]),
    condition('pathRegex', ['^/a'], ['^/b'], [['Conditions', 'length'], 2], [['listeners/https/rules/one/if', { method: ['GET'] }]]),
    condition('method', ['GET'], ['GET', 'POST'], [['Conditions', 'length'], 2]),
    condition('sourceIp', ['10.0.0.0/8'], ['2001:DB8::/32'], [['Conditions', 'length'], 2]),
    condition('headers', { 'X-Who': ['a*'] }, { 'X-Who': ['b*'] }, [['Conditions', 'length'], 2]),
    condition('headersRegex', { 'X-Who': ['^a'] }, { 'X-Who': ['^b'] }, [['Conditions', 'length'], 2]),
    condition('query.key', [{ key: 'a', value: '1' }], [{ key: 'b', value: '1' }], [['Conditions', 'length'], 2]),
    condition('query.value', [{ value: '1' }], [{ value: '2' }], [['Conditions', 'length'], 2]),
    condition(
      'and.headers',
      [{ headers: { 'X-Who': ['a*'] } }],
      [{ headers: { 'X-Who': ['a*'] } }, { headers: { 'X-Who': ['*b'] } }],
      [['Conditions', 'length'], 3],
    ),
    condition(
      'and.headersRegex',
      [{ headersRegex: { 'X-Who': ['^a'] } }],
      [{ headersRegex: { 'X-Who': ['^b'] } }],
      [['Conditions', 'length'], 2],
    ),
    condition(
      'and.query.key',
      [{ query: [{ key: 'a', value: '1' }] }],
      [{ query: [{ key: 'a', value: '1' }] }, { query: [{ key: 'b', value: '1' }] }],
      [['Conditions', 'length'], 3],
    ),
    condition('and.query.value', [{ query: [{ value: '1' }] }], [{ query: [{ value: '2' }] }], [['Conditions', 'length'], 2]),
    rewrite('host', 'regex', '^older\\.(.*)'),
    rewrite('host', 'replace', 'newer.$1'),
    rewrite('url', 'regex', '^/older/(.*)'),
    rewrite('url', 'replace', '/newer/$1'),
    redirected('protocol', 'HTTPS'),
    redirected('host', 'other.example'),
    redirected('port', '8443'),
    redirected('path', '/new/#{path}'),
    redirected('query', 'from=old'),
    redirected('statusCode', 'HTTP_302'),
    answered('statusCode', '503'),
    answered('contentType', 'text/html'),
    answered('messageBody', 'Back soon'),
  ]),
};
