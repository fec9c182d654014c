/**
 * Spec text to data with positions. Whatever the file holds, the answer is data or problems, in bounded time and stack:
 * size and encoding are checked first (`bytes.ts`), then depth, tokens and aliases are counted while the text is cut into tokens,
 * and only then a tree is built.
 *
 * YAML 1.2, core schema, with these left out on purpose: tags, merge keys, directives, several documents in one file, numbers
 * that are not plain decimal. Anchors and aliases are read, within limits. A date is text.
 */

import { Composer, CST, type Document, Lexer, Parser } from 'yaml';
import type { Problem } from '../errors.ts';
import type { Json, Position } from '../model/json.ts';
import { decodeSpec } from './bytes.ts';
import { type PathParts, parsePath } from './path.ts';
import { lineStarts, mergeProblems, oneProblem, positionAt } from './places.ts';
import { quoteValue } from './quote.ts';
import { wordSyntaxError } from './syntax.ts';
import { MAX_DEPTH, type Place, readTree, type Tree, type Written } from './tree.ts';

/** Tokens of one file, spaces and line ends included; a line of a spec has about six. Bounds the time for a hostile file to about a second. */
export const MAX_TOKENS = 100_000;
/** Anchors and aliases of one file, together. */
export const MAX_ALIASES = 64;

export interface ParsedSpec {
  readonly file: string;
  /** Absent when the text cannot be read as YAML. Values named in `guessed` are guesses. */
  readonly value: Json | undefined;
  readonly problems: readonly Problem[];
  /** Formatted paths about which a problem is already told; see `Tree`. */
  readonly guessed: ReadonlySet<string>;
  /** Where a path stands, or else the nearest thing above it: the name (`key`, the default) or the value. Never fails. */
  at(path: string | PathParts, what?: 'key' | 'value'): Position;
  /** How the value was written; absent when the path is not in the file. */
  written(path: string | PathParts): Written | undefined;
}

/** What a file of each sort begins with. */
const BEGINNINGS = { spec: 'stack: webserver', policy: 'maxDeletes: 10', environment: 'account: "123456789012"' } as const;

/** Reads one spec, or a policy. Bytes are preferred, since text has lost what was not UTF-8. */
export function parseSpec(source: string | Uint8Array, file: string, sort: keyof typeof BEGINNINGS = 'spec'): ParsedSpec {
  const { text, problems } = decodeSpec(source, file);
  if (text === undefined) return unreadable(file, problems);
  const starts = lineStarts(text);
  const position = (offset: number): Position => ({ file, ...positionAt(starts, Math.min(Math.max(offset, 0), text.length)) });
  const scan = scanTokens(text);
  const found: Problem[] = [
    ...problems,
    ...scan.findings.map(({ offset, message, hint }) => oneProblem(position(offset), '', message, hint)),
  ];
  if (scan.stopped) return unreadable(file, found);

  const document = compose(scan.tokens, text.length);
  // A character that does not belong there breaks its line in other ways too.
  const spoilt = new Set(problems.map(({ line }) => line));
  const syntax = wordErrors(document, scan, text, position).filter(({ line }) => !spoilt.has(line));
  if (syntax.length > 0 || document.errors.some(({ code }) => code !== 'TAG_RESOLVE_FAILED'))
    return unreadable(file, [...found, ...syntax]);

  const tree = readTree(document);
  for (const { offset, path, message, hint } of tree.findings) found.push(oneProblem(position(offset), path, message, hint));
  for (const { offset, first, path, name } of tree.duplicates) {
    const { line, column } = position(first);
    found.push(
      oneProblem(
        position(offset),
        path,
        `${quoteValue(name)} is set twice; the first is on line ${line}, column ${column}.`,
        'Keep one of them.',
      ),
    );
  }
  const top = wordTop(tree, sort);
  if (top !== undefined) found.push(oneProblem(position(top.offset), '', top.message, top.hint));
  return {
    file,
    value: top === undefined ? tree.value : undefined,
    problems: mergeProblems(found),
    guessed: tree.guessed,
    at: (path, what = 'key') => position(locate(tree.place, toParts(path), what)),
    written: (path) => exactPlace(tree.place, toParts(path))?.written,
  };
}

function unreadable(file: string, problems: readonly Problem[]): ParsedSpec {
  return {
    file,
    value: undefined,
    problems: mergeProblems(problems),
    guessed: new Set(),
    at: () => ({ file, line: 1, column: 1 }),
    written: () => undefined,
  };
}

interface Scan {
  readonly tokens: readonly CST.Token[];
  readonly findings: readonly { offset: number; message: string; hint: string }[];
  /** A limit was passed: no tree may be built. */
  readonly stopped: boolean;
  /** Brackets in order, to tell which one is still open at an offset; `end` of quotes, to tell where one began. */
  readonly brackets: readonly { offset: number; open: boolean }[];
  readonly quotes: ReadonlyMap<number, number>;
}

/** Cuts the text into tokens, counting while it goes, so that a bomb is left lying instead of being unpacked. */
function scanTokens(text: string): Scan {
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  const findings: { offset: number; message: string; hint: string }[] = [];
  const brackets: { offset: number; open: boolean }[] = [];
  const quotes = new Map<number, number>();
  const stop = (message: string, hint: string): Scan => ({
    tokens,
    findings: [...findings, { offset: parser.offset, message, hint }],
    stopped: true,
    brackets,
    quotes,
  });
  let count = 0;
  let names = 0;
  let documents = 0;
  let scalar = false;
  for (const lexeme of new Lexer().lex(text)) {
    if (++count > MAX_TOKENS)
      return stop(
        `the file holds more than ${MAX_TOKENS.toLocaleString('en-US')} YAML tokens and was not read further.`,
        'One file is one stack: check that this is a spec.',
      );
    const type: CST.TokenType | null = scalar ? null : CST.tokenType(lexeme);
    scalar = type === 'scalar';
    if (type === 'anchor' || type === 'alias') {
      if (++names > MAX_ALIASES)
        return stop(`the file holds more than ${MAX_ALIASES} anchors and aliases (\`&name\`, \`*name\`).`, 'Write the values out.');
    } else if (type === 'tag') {
      findings.push({ offset: parser.offset, ...wordTag(lexeme) });
    } else if (type === 'flow-map-start' || type === 'flow-seq-start') {
      brackets.push({ offset: parser.offset, open: true });
    } else if (type === 'flow-map-end' || type === 'flow-seq-end') {
      brackets.push({ offset: parser.offset, open: false });
    } else if (type === 'single-quoted-scalar' || type === 'double-quoted-scalar') {
      quotes.set(parser.offset + lexeme.length, parser.offset);
    }
    for (const token of parser.next(lexeme)) tokens.push(token);
    // Two entries of the parser's stack are the document and the value being read.
    if (parser.stack.length > MAX_DEPTH + 2)
      return stop(
        `the file is nested more than ${MAX_DEPTH} levels deep and was not read further.`,
        'Is a bracket never closed? No field of a spec is this deep.',
      );
  }
  for (const token of parser.end()) tokens.push(token);
  const first: CST.Token[] = [];
  for (const token of tokens) {
    if (token.type === 'document' && ++documents > 1) {
      findings.push({
        offset: token.offset,
        message: 'a second YAML document begins here (`---`), and one file is one stack.',
        hint: 'Put it in a file of its own, or remove the `---`.',
      });
      break;
    }
    if (token.type === 'directive' && !/^%YAML[ \t]+1\.2\s*$/.test(token.source)) {
      findings.push({ offset: token.offset, ...wordSyntaxError('BAD_DIRECTIVE', '', { line: '', token: '', spansLines: false }) });
    }
    first.push(token);
  }
  return { tokens: first, findings, stopped: false, brackets, quotes };
}

function wordTag(tag: string): { message: string; hint: string } {
  const shown = quoteValue(tag);
  if (/^!(?:Ref|Sub|GetAtt|Join|ImportValue|Select|FindInMap|Base64|Split|If)\b/.test(tag)) {
    return {
      message: `${shown} is a function of CloudFormation, and specs have no functions.`,
      hint: 'Refer to resources by their key in this file, such as `forward: web`, or write the value itself.',
    };
  }
  if (tag === '!!str') return { message: `the tag ${shown} is not read; specs have no tags.`, hint: 'Put the value in quotes instead.' };
  return {
    message: `the tag ${shown} is not read; specs have no tags.`,
    hint: 'Remove it, or put the value in quotes if the `!` is part of it.',
  };
}

/** Failsafe: every scalar stays text, and `tree.ts` decides what it means. Equal names are found there too: the parser's own check takes quadratic time. */
function compose(tokens: readonly CST.Token[], length: number): Document {
  const composer = new Composer({
    version: '1.2',
    schema: 'failsafe',
    merge: false,
    resolveKnownTags: false,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
  });
  const documents = [...composer.compose(tokens, true, length)];
  const [first] = documents;
  if (first === undefined) throw new Error('the YAML composer gave no document although one was asked for');
  return first;
}

/** Syntax errors in words, at most one per line: what follows the first on a line is usually its echo. */
function wordErrors(document: Document, scan: Scan, text: string, position: (offset: number) => Position): Problem[] {
  const problems: Problem[] = [];
  const lines = new Set<number>();
  const multiline = new Set(document.errors.filter((error) => error.code === 'MULTILINE_IMPLICIT_KEY').map((error) => error.pos[0]));
  const inBrackets = new Set(document.errors.filter((error) => error.code === 'BLOCK_IN_FLOW').map((error) => error.pos[0]));
  let unclosed = false;
  // What follows an indentation by a tab seems to be indented too little.
  let tabs = false;
  for (const error of [...document.errors].sort((a, b) => a.pos[0] - b.pos[0])) {
    const offset = error.pos[0];
    if (error.code === 'TAG_RESOLVE_FAILED' || (error.code === 'MULTILINE_IMPLICIT_KEY' && inBrackets.has(offset))) continue;
    const quote = error.message.startsWith('Missing closing') ? scan.quotes.get(offset) : undefined;
    const bracket = error.message.startsWith('Flow ') ? openBracket(scan, offset) : undefined;
    const at = position(quote ?? bracket ?? offset);
    if (tabs && error.code === 'BAD_INDENT') continue;
    tabs ||= error.code === 'TAB_AS_INDENT';
    if (unclosed && /flow-(?:map|seq)-end/.test(error.message)) continue;
    if (lines.has(at.line)) continue;
    lines.add(at.line);
    if (quote !== undefined || error.message.startsWith('Missing closing')) {
      problems.push(
        oneProblem(
          at,
          '',
          'the quote that opens here is never closed.',
          "Close it on the same line; write \\\" for a quote inside double quotes, '' for one inside single quotes.",
        ),
      );
    } else if (bracket !== undefined) {
      unclosed = true;
      const end = position(offset).line;
      lines.add(end);
      const sign = text.charAt(bracket);
      const close = sign === '[' ? ']' : '}';
      problems.push(
        oneProblem(
          at,
          '',
          `the \`${sign}\` that opens here is not closed before line ${end}.`,
          `Close it with \`${close}\`, and indent every line inside it further than its field.`,
        ),
      );
    } else {
      const lineEnd = text.indexOf('\n', offset);
      const line = text.slice(text.lastIndexOf('\n', offset - 1) + 1, lineEnd === -1 ? text.length : lineEnd);
      const { message, hint } = wordSyntaxError(error.code, error.message, {
        line: line.slice(0, 2000),
        token: text.slice(offset, offset + 20),
        spansLines: multiline.has(offset),
      });
      problems.push(oneProblem(at, '', message, hint));
    }
  }
  return problems;
}

function openBracket(scan: Scan, offset: number): number | undefined {
  const open: number[] = [];
  for (const bracket of scan.brackets) {
    if (bracket.offset >= offset) break;
    if (bracket.open) open.push(bracket.offset);
    else open.pop();
  }
  return open.at(-1);
}

function wordTop(tree: Tree, sort: keyof typeof BEGINNINGS): { offset: number; message: string; hint: string } | undefined {
  const { value, place } = tree;
  const offset = place.value;
  const hint = `A ${sort} begins with fields such as \`${BEGINNINGS[sort]}\`.`;
  if (value === null && place.written.text === '') return { offset: 0, message: 'the file is empty: it holds no field.', hint };
  if (Array.isArray(value)) return { offset, message: `the file holds a list, and a ${sort} is a mapping of fields.`, hint };
  if (typeof value === 'object' && value !== null) return undefined;
  const glued = /^[\w-]+:\S/.test(place.written.text);
  return {
    offset,
    message: `the file holds only the value ${quoteValue(value)}, and a ${sort} is a mapping of fields.`,
    hint: glued ? 'Put a space after the colon.' : hint,
  };
}

function toParts(path: string | PathParts): PathParts {
  return typeof path === 'string' ? parsePath(path) : path;
}

function step(place: Place, part: string | number): Place | undefined {
  return place.fields?.get(String(part)) ?? place.items?.[Number(part)];
}

function exactPlace(root: Place, parts: PathParts): Place | undefined {
  let place: Place | undefined = root;
  for (const part of parts) {
    place = step(place, part);
    if (place === undefined) return undefined;
  }
  return place;
}

function locate(root: Place, parts: PathParts, what: 'key' | 'value'): number {
  let place = root;
  for (const part of parts) {
    const next = step(place, part);
    if (next === undefined) return place.key ?? place.value;
    place = next;
  }
  return what === 'key' ? (place.key ?? place.value) : place.value;
}
