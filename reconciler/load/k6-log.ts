/**
 * What k6 complains of on standard error, which no point tells: exceptions of the script, thresholds that were crossed, and why it could not
 * begin. Pure; fed with pieces cut anywhere. A script's own `console.error` is quoted inside `msg`, and ends with `source=console`.
 */

export interface Complaints {
  push(text: string): void;
  end(): {
    /** Iterations that an exception broke off. */
    readonly exceptions: number;
    /** The last one: where in the script, and its first line. */
    readonly lastException: string;
    /** What k6 said last of what went wrong, with the place in the script; empty for nothing. */
    readonly lastError: string;
    /** Metrics whose thresholds were crossed. */
    readonly thresholds: readonly string[];
  };
}

// k6 source: lib/executor/helpers.go (a stack trace for each iteration that threw) and internal/cmd/run.go (thresholds).
const ERROR = /^time=\S+ level=error msg=(?:"((?:[^"\\]|\\.)*)"|(\S+))(.*)$/;
/** The second ending: one with `abortOnFail` ended the load. */
const CROSSED = /^thresholds on metrics '([^']*)' (?:have been crossed|were crossed; at least one has abortOnFail enabled\b.*)$/;
/** Before what is wrong, k6 says which file it was loading, once or twice (k6 source: internal/cmd/test_load.go). */
const PREFACE = /^(could not [^':]+ '[^']*': )+/;
const NOT_FOUND = /^The moduleSpecifier "([^"]*)" (couldn't be [^.]*)/;
const SCRIPT = 'file:///script/';
const SYNTAX = /file:\/\/\/script\/(\S+?):? Line (\d+:\d+) (.*)/s;
const FRAME = /file:\/\/\/script\/([^\s():]+):(\d+:\d+)/g;
/** What a sentence of k6 ends with that a list follows, an item a line (k6 source: internal/cmd/config.go, consolidateErrorMessage). */
const LIST = /^[^\n]*:(\n\t- [^\n]*)+/;
/** More than this is no sentence. */
const LONGEST = 400;

/** The folder of the script, which k6 knows as `/script` (k6-archive.ts). */
export interface ScriptPlace {
  /** From the folder albedo runs in. */
  readonly folder: string;
  /** Name and line of the file in it that imports this, such as `lib/cart.ts:3`; empty where none does. */
  readonly importing: (specifier: string) => string;
}

const NOWHERE: ScriptPlace = { folder: '.', importing: () => '' };

export function complaintsOf(place: ScriptPlace = NOWHERE): Complaints {
  let rest = '';
  let exceptions = 0;
  let lastException = '';
  let lastError = '';
  let thresholds: readonly string[] = [];
  const line = (text: string): void => {
    const [, quoted, bare, after = ''] = ERROR.exec(text) ?? [];
    const message = quoted === undefined ? bare : unquoted(quoted);
    if (message === undefined || / source=console$/.test(after)) return;
    lastError = placed(message, place);
    if (/ source=stacktrace$/.test(after)) {
      exceptions++;
      lastException = lastError;
    }
    const crossed = CROSSED.exec(message);
    if (crossed !== null) thresholds = (crossed[1] ?? '').split(', ');
  };
  return {
    push(text) {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const each of lines) line(each.trimEnd());
    },
    end() {
      if (rest !== '') line(rest.trimEnd());
      rest = '';
      return { exceptions, lastException, lastError, thresholds };
    },
  };
}

/** A quoted text of Go's strconv.Quote, as logrus writes it; escapes other than these stay. */
const unquoted = (text: string): string => text.replace(/\\(["\\nt])/g, (_, letter: string) => ({ n: '\n', t: '\t' })[letter] ?? letter);

/** `cart.ts:4:16: Error: no cart`: the first line of a message, after the first place in the script that it names. */
function placed(message: string, { folder, importing }: ScriptPlace): string {
  const below = folder === '.' ? '' : `${folder}/`;
  const all = message.replace(PREFACE, '').replace(LIST, (list) => list.replace('\n\t- ', ' ').replaceAll('\n\t- ', '; '));
  const syntax = SYNTAX.exec(all);
  if (syntax !== null) return short(`${below}${syntax[1]}:${syntax[2]}: ${syntax[3]}`);
  const missing = NOT_FOUND.exec(all);
  if (missing !== null) {
    const from = importing(missing[1] ?? '');
    return short(`${from === '' ? '' : `${below}${from}: `}the module "${missing[1]}" ${missing[2]}`);
  }
  const first = (all.split('\n')[0] ?? '').replaceAll(SCRIPT, below);
  const frame = [...all.matchAll(FRAME)].find(([, name]) => !name?.startsWith('albedo-'));
  return short(frame === undefined ? first : `${below}${frame[1]}:${frame[2]}: ${first.replace(/ (at \w+ )?\(\S+:\d+:\d+\(\d+\)\)$/, '')}`);
}

const short = (text: string): string => {
  const line = text.split('\n')[0] ?? '';
  return line.length <= LONGEST ? line : `${line.slice(0, LONGEST)}…`;
};
