/** Names for what has none: legal, telling, and each only once. */

import * as assert from 'uvu/assert';
import { legalName, takeName, wishForCertificate, wishForListener, wishForRule, wishForSubnet } from '../../../reconciler/import/names.ts';
import type { Json } from '../../../reconciler/model/json.ts';
import { suite } from '../../support/suite.ts';

const t = suite('import/names');

const LEGAL = /^[a-z][a-z0-9-]{0,62}$/;

t('any text becomes a legal name or none', () => {
  for (const [text, name] of [
    ['Shop_Web', 'shop-web'],
    ['9-canary', 'canary'],
    ['*.shop.example', 'shop-example'],
    ['k8s-default-web-0123456789abcdef0123456789abcdef', 'k8s-default-web-0123456789abcdef01234567'],
    ['a--b__', 'a-b'],
    ['/*', ''],
    ['123', ''],
    ['Größe', 'gr-e'],
  ] as const) {
    assert.is(legalName(text), name, text);
    assert.ok(name === '' || LEGAL.test(name));
  }
});

t('a name is given once, the first wish that is one', () => {
  const taken = new Set<string>();
  assert.equal(
    [['', 'Web'], ['web'], ['WEB'], ['7'], ['*', '?']].map((wishes) => takeName(wishes, taken)),
    ['web', 'web-2', 'web-3', 'unnamed', 'unnamed-2'],
  );
});

t('listeners by protocol, with the port where it is not the usual one, or by their Name tag', () => {
  const name = (Protocol: string, Port: number, tags = {}) => takeName(wishForListener({ Protocol, Port }, tags), new Set());
  assert.equal(
    [name('HTTP', 80), name('HTTPS', 443), name('HTTP', 443), name('HTTPS', 8443), name('HTTP', 80, { Name: 'Front door' })],
    ['http', 'https', 'http-443', 'https-8443', 'front-door'],
  );
});

t('rules by what they match', () => {
  const name = (...Conditions: readonly Json[]) => takeName(wishForRule({ Conditions, Priority: '7' }, {}), new Set());
  const path = (...Values: readonly string[]): Json => ({ Field: 'path-pattern', PathPatternConfig: { Values } });
  assert.is(name(path('/api/*', '/v1/*')), 'api');
  assert.is(name({ Field: 'host-header', HostHeaderConfig: { Values: ['*.shop.example'] } }, path('/a/b')), 'shop-example-a-b');
  assert.is(name({ Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'X-Beta', RegexValues: ['^yes$'] } }), 'x-beta-yes');
  assert.is(name({ Field: 'query-string', QueryStringConfig: { Values: [{ Key: 'v', Value: '2' }] } }), 'v-2');
  assert.is(name({ Field: 'http-request-method', HttpRequestMethodConfig: { Values: ['POST'] } }), 'post');
  assert.is(name({ Field: 'source-ip', SourceIpConfig: { Values: ['10.0.0.0/8'] } }), 'rule-7');
  assert.is(name(path('/*')), 'rule-7');
  assert.is(takeName(wishForRule({ Conditions: [path('/api/*')] }, { Name: 'The API' }), new Set()), 'the-api');
});

t('subnets by the letter of the zone, certificates by name or the beginning of their id', () => {
  assert.is(takeName(wishForSubnet('us-east-1b', 'us-east-1'), new Set()), 'b');
  assert.is(takeName(wishForSubnet('us-east-1-bos-1a', 'us-east-1'), new Set()), 'us-east-1-bos-1a');
  assert.is(takeName(wishForCertificate('arn:aws:iam::123456789012:server-certificate/a/b/Shop.example'), new Set()), 'shop-example');
  assert.is(
    takeName(wishForCertificate('arn:aws:acm:us-east-1:123456789012:certificate/0123abcd-aaaa-bbbb-cccc-0123456789ab'), new Set()),
    'acm-0123abcd',
  );
});

t.run();
