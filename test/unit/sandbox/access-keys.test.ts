/** Which account an access key is of. */
import * as assert from 'uvu/assert';
import { accountOfKey, keyOfAccount } from '../../../sandbox/access-keys.ts';
import { suite } from '../../support/suite.ts';

const t = suite('access keys');

t('a key says its account, and the account its key', () => {
  for (const account of ['000000000001', '111111111111', '123456789012', '222222222222', '999999999999']) {
    const key = keyOfAccount(account);
    assert.match(key, /^AKIA[A-Z2-7]{16}$/);
    assert.is(accountOfKey(key), account);
    assert.is(accountOfKey(key.replace('AKIA', 'ASIA')), account);
  }
});

t('a key of AWS’s own documents is read as it is published', () => {
  // The key and the account of A. Steele's and T. Be'ery's articles.
  assert.is(accountOfKey('ASIAQNZGKIQY56JQ7WML'), '029608264753');
});

t('what says no account is of none', () => {
  for (const key of ['', 'sandbox', 'test', 'AKIAIOSFODNN7EXAMPLE', 'EXPIRED1', 'DENIED1', 'AROAQNZGKIQY56JQ7WML', 'akiaqnzgkiqy56jq7wml'])
    assert.is(accountOfKey(key), undefined, key);
  for (const account of ['', '1234', '1234567890123', '12345678901x']) assert.throws(() => keyOfAccount(account), /twelve digits/);
});

t.run();
