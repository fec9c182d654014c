/**
 * What a plain (unquoted) word of YAML means. The core schema of YAML 1.2 (1.2.2, section 10.3.2), but strict: a number that another
 * reader would take differently (`080`, `0x1F`, `1_000`) is refused instead of guessed.
 */

import { quoteValue } from './quote.ts';

export interface Resolved {
  /** The best guess where `problem` is set, so that the rest of the file can still be checked. */
  readonly value: null | boolean | number | string;
  readonly problem?: { readonly message: string; readonly hint: string };
}

const INTEGER = /^[-+]?(?:0|[1-9]\d*)$/;
const FLOAT = /^[-+]?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?$/;
const LEADING_ZERO = /^[-+]?0\d+(?:\.\d*)?(?:[eE][-+]?\d+)?$/;
const BASED = /^[-+]?0(?:[oO][0-7]+|[xX][\da-fA-F]+|[bB][01]+)$/;
const UNDERSCORED = /^[-+]?\d+(?:_\d+)+(?:\.\d+)?$/;
const NOT_FINITE = /^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;

export function resolvePlain(source: string): Resolved {
  switch (source) {
    case '':
    case '~':
    case 'null':
    case 'Null':
    case 'NULL':
      return { value: null };
    case 'true':
    case 'True':
    case 'TRUE':
      return { value: true };
    case 'false':
    case 'False':
    case 'FALSE':
      return { value: false };
    default:
      return /^[-+.\d]/.test(source) ? resolveNumber(source) : { value: source };
  }
}

function resolveNumber(source: string): Resolved {
  const shown = quoteValue(source);
  if (INTEGER.test(source)) {
    const value = Number(source);
    if (Number.isSafeInteger(value)) return { value: value === 0 ? 0 : value };
    return {
      value,
      problem: {
        message: `the number ${shown} is too large to be stored exactly.`,
        hint: `If it is an id, put it in quotes: "${cut(source)}".`,
      },
    };
  }
  if (FLOAT.test(source)) {
    const value = Number(source);
    if (Number.isFinite(value)) return { value: value === 0 ? 0 : value };
    return {
      value: 0,
      problem: { message: `the number ${shown} is too large.`, hint: 'Write a smaller one, or put it in quotes if it is text.' },
    };
  }
  if (LEADING_ZERO.test(source)) {
    const value = Number(source);
    return {
      value,
      problem: {
        message: `the number ${shown} begins with a zero, which some YAML readers take as octal.`,
        hint: `Write ${value} for the number, or "${cut(source)}" in quotes for the text.`,
      },
    };
  }
  if (BASED.test(source)) {
    const value = Number(source.replace(/^[-+]/, '').toLowerCase()) * (source.startsWith('-') ? -1 : 1);
    return {
      value,
      problem: {
        message: `the number ${shown} is not decimal; a spec may have decimal numbers only.`,
        hint: `Write ${value}, or "${cut(source)}" in quotes for the text.`,
      },
    };
  }
  if (UNDERSCORED.test(source)) {
    const value = Number(source.replaceAll('_', ''));
    return {
      value,
      problem: {
        message: `the number ${shown} holds underscores, which YAML 1.2 reads as text.`,
        hint: `Write ${value}, or "${cut(source)}" in quotes for the text.`,
      },
    };
  }
  if (NOT_FINITE.test(source))
    return {
      value: 0,
      problem: {
        message: `${shown} is not a number that a spec may have.`,
        hint: 'Write a finite number, or put it in quotes if it is text.',
      },
    };
  return { value: source };
}

function cut(source: string): string {
  return source.length > 40 ? `${source.slice(0, 40)}…` : source;
}
