import { canonical } from '../model/codec.ts';
import type { Json } from '../model/json.ts';
import type { Live } from '../model/model.ts';
import { refsIn } from '../model/paths.ts';

/** Whether a live value names this object: by its address, unless that is another one's too (a duplicate), or by its id or ARN. */
export function pointsTo(value: Json, target: { readonly live: Live; readonly duplicate: boolean }): boolean {
  if (!target.duplicate && refsIn(value).some((ref) => ref.address === target.live.address)) return true;
  const text = canonical(value);
  return [target.live.outputs['id'], target.live.outputs['arn']].some((name) => name !== undefined && text.includes(JSON.stringify(name)));
}
