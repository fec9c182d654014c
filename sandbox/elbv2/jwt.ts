/**
 * The action that validates JSON Web Tokens (HTTPS listeners only; stored and answered, not performed by the data plane).
 * Limits: API reference, JwtValidationActionConfig and JwtValidationActionAdditionalClaim.
 */
import type { ReadAction } from './action-kinds.ts';
import { invalidAction, validation } from './errors.ts';
import type { Input } from './input.ts';

const FORMATS = ['single-string', 'string-array', 'space-separated-values'] as const;
const MOST_CLAIMS = 10;
const MOST_VALUES = 10;
const LONGEST = 256;
/** Validated always; "you can't specify" them. */
const ALWAYS = ['exp', 'iss', 'nbf', 'iat'];

function readClaim(entry: Input): Readonly<Record<string, unknown>> {
  const format = entry.choice('Format', FORMATS);
  const name = entry.sized('Name', 1, LONGEST);
  const values = entry.texts('Values') ?? [];
  if (!entry.has('Format')) entry.violate('Format', undefined, 'Member must not be null');
  if (name === undefined) entry.violate('Name', undefined, 'Member must not be null');
  if (values.length === 0) entry.violate('Values', undefined, 'Member must not be null');
  entry.settle();
  if (ALWAYS.includes(name ?? '')) throw validation(`The claim '${name}' cannot be specified because it is validated by default`);
  if (values.length > MOST_VALUES)
    throw validation(`Up to '${MOST_VALUES}' values can be specified for claim '${name}', but '${values.length}' were specified`);
  if (format === 'single-string' && values.length > 1)
    throw validation(`Claim '${name}' has the format 'single-string' and can have one value only`);
  for (const value of values) {
    if (value === '') throw validation(`A value of claim '${name}' must be specified`);
    if ([...value].length > LONGEST) throw validation(`A value of claim '${name}' is too long; the limit is '${LONGEST}'`);
    if (format === 'space-separated-values' && /\s/.test(value))
      throw validation(`Values of claim '${name}' cannot include spaces because its format is 'space-separated-values'`);
  }
  return { Format: format, Name: name, Values: values };
}

export function readJwtValidation(action: Input): ReadAction {
  const config = action.nested('JwtValidationConfig');
  if (config === undefined)
    throw invalidAction("For actions of type 'jwt-validation', you must specify the following fields: 'JwtValidationConfig'");
  const endpoint = config.sized('JwksEndpoint', 1, LONGEST);
  const issuer = config.sized('Issuer', 1, LONGEST);
  if (endpoint === undefined) config.violate('JwksEndpoint', undefined, 'Member must not be null');
  if (issuer === undefined) config.violate('Issuer', undefined, 'Member must not be null');
  config.settle();
  if (!URL.canParse(endpoint ?? '') || new URL(endpoint ?? '').protocol !== 'https:')
    throw validation(`The JwksEndpoint '${endpoint}' must be a full URL with the HTTPS protocol`);
  const claims = (config.list('AdditionalClaims') ?? []).map(readClaim);
  if (claims.length > MOST_CLAIMS)
    throw validation(`Up to '${MOST_CLAIMS}' additional claims can be specified, but '${claims.length}' were specified`);
  const names = claims.map((claim) => claim['Name']);
  if (new Set(names).size < names.length) throw validation('A claim was specified more than once');
  const facts = { JwksEndpoint: endpoint, Issuer: issuer };
  return {
    config: { JwtValidationConfig: claims.length === 0 ? facts : { ...facts, AdditionalClaims: claims } },
    targetGroupArns: [],
    hasSecret: false,
  };
}
