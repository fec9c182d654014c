/**
 * What k6 complains of on standard error, which no point tells: exceptions of the script, and thresholds that were crossed. Pure; fed
 * with pieces cut anywhere. A script's own `console.error` is quoted inside `msg`, and ends with `source=console`.
 */

export interface Complaints {
  push(text: string): void;
  end(): {
    /** Iterations that an exception broke off. */
    readonly exceptions: number;
    /** First line of the last one. */
    readonly lastException: string;
    /** Metrics whose thresholds were crossed. */
    readonly thresholds: readonly string[];
  };
}

// k6 source: lib/executor/helpers.go (a stack trace for each iteration that threw) and internal/cmd/run.go (thresholds).
const EXCEPTION = /^time=\S+ level=error msg="((?:[^"\\]|\\.)*)".* source=stacktrace$/;
const CROSSED = /^time=\S+ level=error msg="thresholds on metrics '([^"]*)' have been crossed"$/;

export function complaintsOf(): Complaints {
  let rest = '';
  let exceptions = 0;
  let lastException = '';
  let thresholds: readonly string[] = [];
  const line = (text: string): void => {
    const thrown = EXCEPTION.exec(text);
    if (thrown !== null) {
      exceptions++;
      lastException = (thrown[1] ?? '').split('\\n')[0] ?? '';
    }
    const crossed = CROSSED.exec(text);
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
      return { exceptions, lastException, thresholds };
    },
  };
}
