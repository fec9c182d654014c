import type { Json } from '../model/json.ts';
import { SECRET_PREFIX } from '../model/nested/authenticate.ts';
import { asObject, type Draft, type Edge } from './draft.ts';

/**
 * Puts the hash of each secret that can be read here in the place of the variable's name; the secret itself becomes a deferred value. One
 * that cannot be read stays a name: what is live is kept then, and only making the object anew needs it.
 */
export function resolveSecrets(drafts: readonly Draft[], deferred: Map<string, string>, edge: Edge): void {
  for (const draft of drafts) {
    for (const [name, value] of Object.entries(draft.values)) {
      if (Array.isArray(value)) draft.values[name] = value.map((entry: Json) => withHash(entry, draft, deferred, edge));
    }
  }
}

function withHash(action: Json, draft: Draft, deferred: Map<string, string>, edge: Edge): Json {
  const env = asObject(asObject(action)['secret'])['env'];
  // The schema says so too; here nothing else is read whatever comes by another way.
  const secret = typeof env === 'string' && env.startsWith(SECRET_PREFIX) ? edge.env(env) : undefined;
  if (secret === undefined || secret === '') return action;
  // Salted, so that the same secret elsewhere has another hash in its tag.
  const hash = edge.sha256(`albedo secret ${draft.address} ${String(asObject(action)['clientId'])} ${secret}`);
  deferred.set(`secret:${hash}`, secret);
  return { ...asObject(action), secret: { hash } };
}
