/** Tables of mistakes in a spec: each with its exact place and words, and the nearest thing that is right. */

import * as assert from 'uvu/assert';
import { GOOD, swap } from './spec-text.ts';
import { problemsOf } from './stacks.ts';
import type { Test } from './suite.ts';

export interface Row {
  readonly name: string;
  readonly replace: string;
  /** The mistake. */
  readonly by: string;
  /** `line:column path: message | hint`, all of them. */
  readonly told: readonly string[];
  /** The nearest thing that is right. */
  readonly duplicate: string;
}

/** Rows that need a third subnet to choose. */
const base = (row: Row): string =>
  row.by.includes('[a, b, c]') ? swap('    b: {', '    c: { availabilityZone: us-east-1a, cidrBlock: 10.0.3.0/24 }\n    b: {') : GOOD;

export const told = (text: string): string[] =>
  problemsOf(text).map(({ line, column, path, message, hint }) => `${line}:${column} ${path}: ${message} | ${hint}`);

/** Tries each row: the mistake is told, as a sentence at its place, and its duplicate has none. */
export function tryRows(t: Test, rows: readonly Row[]): void {
  for (const row of rows) {
    t(row.name, () => {
      const text = swap(row.replace, row.by, base(row));
      assert.equal(told(text), row.told);
      for (const problem of problemsOf(text)) {
        assert.match(problem.message, /^[A-Z`].*\.$/s);
        if (problem.hint !== undefined) assert.match(problem.hint, /^[A-Z].*[.?]$/s);
        assert.equal([problem.file, problem.severity], ['web.yaml', 'error']);
      }
    });
    t(`${row.name}: its duplicate is right`, () => assert.equal(told(swap(row.replace, row.duplicate, base(row))), []));
  }
}
