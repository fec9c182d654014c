/** Account ids: kept out of everything the action writes, unless it is told otherwise. */

export interface Mask {
  /** An id that was learned; from now on it is hidden. */
  learn(account: string): void;
  text(text: string): string;
  /** The same value with every text in it masked. */
  value<T>(value: T): T;
}

/** An ARN names the account of whoever owns the thing, which may be somebody else's (ARN format, AWS general reference). */
const IN_ARN = /(\barn:aws[\w-]*:[\w-]*:[\w-]*:)(\d{12})(?=:)/g;

export const maskedId = (account: string): string => (/^\d{12}$/.test(account) ? `••••${account.slice(-4)}` : account);

export function openMask(on: boolean): Mask {
  const known = new Set<string>();
  const text = (input: string): string => {
    if (!on) return input;
    let out = input.replace(IN_ARN, (_, before: string, account: string) => `${before}${maskedId(account)}`);
    for (const account of known) out = out.replaceAll(account, maskedId(account));
    return out;
  };
  const value = (input: unknown): unknown => {
    if (typeof input === 'string') return text(input);
    if (Array.isArray(input)) return input.map(value);
    if (typeof input === 'object' && input !== null)
      return Object.fromEntries(Object.entries(input).map(([key, each]) => [text(key), value(each)]));
    return input;
  };
  return {
    learn: (account) => void (/^\d{12}$/.test(account) && known.add(account)),
    text,
    value: <T>(input: T): T => (on ? (value(input) as T) : input),
  };
}
