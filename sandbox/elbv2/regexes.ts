/**
 * Regular expressions of conditions and transforms. Application Load Balancers guide, "Listener rules": no lookaheads,
 * lookbehinds, backreferences, atomic groups, possessive quantifiers, subroutines, recursion or Unicode character classes.
 */

/** What is looked for, outside of character classes unless said; escapes were taken away before. */
const UNSUPPORTED: readonly (readonly [RegExp, string])[] = [
  [/\(\?<?[=!]/, 'lookaheads and lookbehinds'],
  [/\(\?>/, 'atomic groups'],
  [/\(\?(R|[0-9]+|[+-][0-9]+|&|P[>=])/, 'subroutines, recursion and backreferences by name'],
  [/[*+?}]\+/, 'possessive quantifiers'],
];

/** What is wrong with the pattern, in words that follow "is not a valid regular expression: "; undefined when it is legal. */
export function regexProblem(pattern: string): string | undefined {
  // A backslash with what it takes away from is looked at here; what is left over has no escapes.
  for (const [, escaped = ''] of pattern.matchAll(/\\([\s\S])/g)) {
    if (/[1-9k]/.test(escaped)) return 'backreferences are not supported';
    if (/[pPX]/.test(escaped)) return 'Unicode character classes are not supported';
    if (escaped === 'g') return 'subroutines and backreferences are not supported';
  }
  const bare = pattern.replace(/\\[\s\S]/g, 'e').replace(/\[\^?\]?[^\]]*\]/g, 'c');
  for (const [found, words] of UNSUPPORTED) if (found.test(bare)) return `${words} are not supported`;
  try {
    // PCRE has flags and comments in the pattern and another way to name groups, which JavaScript does not know.
    new RegExp(pattern.replace(/(?<!\\)\(\?(?:#[^)]*|[imsx]+)\)/g, '').replace(/(?<!\\)\(\?P</g, '(?<'));
    return undefined;
  } catch {
    return 'it does not compile';
  }
}
