/**
 * The account is part of an access key's id: after the prefix, the number without its last bit stands as five bytes in base 32, and the
 * last bit is in the character that follows. Seen in AWS's keys (A. Steele, "AWS Access Key ID formats", 2020; T. Be'ery, "A short note on
 * AWS KEY ID", 2023), not documented; moto draws its keys the same way. STS GetAccessKeyInfo answers the account of any key.
 */
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const KEY = /^(?:AKIA|ASIA)([A-Z2-7]{8})([A-Z2-7])[A-Z2-7]{7}$/;
/** Keys that say their account begin with Q: the 40 bits begin with 1. Older ones say nothing. */
const OFFSET = 2 ** 39;

/** Undefined for what is no such key. */
export function accountOfKey(accessKey: string): string | undefined {
  const [, digits = '', last = ''] = KEY.exec(accessKey) ?? [];
  if (digits === '') return undefined;
  let value = 0;
  for (const digit of digits) value = value * 32 + ALPHABET.indexOf(digit);
  if (value < OFFSET) return undefined;
  const account = (value - OFFSET) * 2 + (ALPHABET.indexOf(last) >= 16 ? 1 : 0);
  return account < 1e12 ? String(account).padStart(12, '0') : undefined;
}

/** A key of an account's administrator, the same one each time. `account`: twelve digits. */
export function keyOfAccount(account: string): string {
  if (!/^\d{12}$/.test(account)) throw new RangeError(`an account has twelve digits, not ${JSON.stringify(account)}`);
  let value = Math.floor(Number(account) / 2) + OFFSET;
  let digits = '';
  for (let place = 0; place < 8; place++) {
    digits = (ALPHABET[value % 32] ?? '') + digits;
    value = Math.floor(value / 32);
  }
  return `AKIA${digits}${Number(account) % 2 === 1 ? 'Q' : 'A'}SANDBOX`;
}
