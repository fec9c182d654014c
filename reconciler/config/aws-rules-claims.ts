/** Claims of JSON Web Tokens (JwtValidationActionAdditionalClaim, ELBv2 API reference). */

import { asList } from '../model/json.ts';
import type { AwsRule } from './aws-rule.ts';
import { placesOf } from './aws-rules-forward.ts';
import { asObject } from './draft.ts';

export const CLAIM_RULES: readonly AwsRule[] = [
  {
    name: 'claims',
    check: ({ built, tell }) => {
      for (const { path, entry } of placesOf(built.stack.spec)) {
        const seen = new Set<string>();
        for (const [index, said] of asList(asObject(entry['jwtValidation'])['claims']).entries()) {
          const { name, format, values } = asObject(said);
          const place = [...path, 'jwtValidation', 'claims', index];
          if (seen.has(String(name)))
            tell([...place, 'name'], `The claim \`${String(name)}\` is listed twice.`, 'Put all its values into one entry.');
          seen.add(String(name));
          const texts = asList(values).map(String);
          if (format === 'single-string' && texts.length > 1)
            tell(
              [...place, 'values', 1],
              `A claim with \`format: single-string\` takes one value; this one has ${texts.length}.`,
              'Keep one value, or set the format that your tokens use for several values.',
            );
          const spaced = texts.findIndex((text) => /\s/.test(text));
          if (format === 'space-separated-values' && spaced >= 0)
            tell(
              [...place, 'values', spaced],
              'With `format: space-separated-values`, a value cannot contain a space.',
              'Write each word as a separate value.',
            );
        }
      }
    },
  },
];
