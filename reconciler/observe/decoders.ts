import type { Json } from '../model/json.ts';
import { valueAt } from '../model/paths.ts';
import { renewalOf } from './certificate-expiry.ts';
import type { Raw } from './decode.ts';
import { decodeCertificate } from './x509.ts';

/** What takes apart a text that AWS keeps whole, by the name that a kind says (`Read.decoded`). */
const DECODERS = { x509: decodeCertificate } as const;

/**
 * The object with what is inside its text beside it, and whether its end is near: `now` is in milliseconds since the epoch, `said` what
 * the spec says of it.
 */
export function takeApart(raw: Raw, said: Readonly<Record<string, Json>>, now: number | undefined): Raw {
  const { decoded } = raw.kind.read;
  const text = decoded === undefined ? undefined : valueAt(raw.object, decoded.from);
  if (decoded === undefined || typeof text !== 'string') return raw;
  const parts = DECODERS[decoded.by](text, String(valueAt(raw.object, decoded.chain) ?? ''));
  const renewal = renewalOf(parts[decoded.due.end], said[decoded.due.days], now);
  const object = { ...(raw.object as { readonly [key: string]: Json }), [decoded.as]: { ...parts, renewal: renewal.state } };
  return { ...raw, object, ...(renewal.reason === undefined ? {} : { reasons: { renewal: renewal.reason } }) };
}
