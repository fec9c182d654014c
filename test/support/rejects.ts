import * as assert from 'uvu/assert';

/**
 * Awaits what `act` answers and gives back what it rejected with, after checking it. uvu's `assert.throws` never awaits, so
 * a rejection passes unseen there. `expected` is a class, a pattern the message has to match, or a check that throws or
 * answers false.
 */
export async function rejects<E = Error>(
  act: Promise<unknown> | (() => unknown),
  expected?: (new (...args: never[]) => E) | RegExp | ((error: unknown) => unknown),
): Promise<E> {
  let value: unknown;
  try {
    value = await (typeof act === 'function' ? act() : act);
  } catch (error) {
    check(error, expected);
    return error as E;
  }
  assert.unreachable(`expected a rejection, got ${describe(value)}`);
  throw new Error('unreachable');
}

function check(error: unknown, expected: unknown): void {
  if (expected === undefined) return;
  if (expected instanceof RegExp) {
    assert.match(error instanceof Error ? error.message : String(error), expected);
    return;
  }
  if (isClass(expected)) {
    const shown = error instanceof Error ? `${error.name}: ${error.message}` : describe(error);
    assert.ok(error instanceof expected, `expected a rejection with ${expected.name}, got ${shown}`);
    return;
  }
  if (typeof expected === 'function') assert.is.not(expected(error), false, `the rejection is not the one expected: ${String(error)}`);
}

/** Arrow functions have no prototype; the classes and functions that make errors have one that is an Error's or a class's. */
function isClass(value: unknown): value is new (...args: never[]) => unknown {
  return typeof value === 'function' && (value === Error || value.prototype instanceof Error || /^class\b/.test(String(value)));
}

function describe(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}
