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
          if (seen.has(String(name))) tell([...place, 'name'], `The claim \`${String(name)}\` stands there twice.`, 'Join their values.');
          seen.add(String(name));
          const texts = asList(values).map(String);
          if (format === 'single-string' && texts.length > 1)
            tell(
              [...place, 'values', 1],
              `A claim of \`format: single-string\` has one value, and this one has ${texts.length}.`,
              'Keep one, or write the format in which tokens hold several.',
            );
          const spaced = texts.findIndex((text) => /\s/.test(text));
          if (format === 'space-separated-values' && spaced >= 0)
            tell(
              [...place, 'values', spaced],
              'A value of `format: space-separated-values` cannot have a space.',
              'Write each word as a value of its own.',
            );
        }
      }
    },
  },
];
