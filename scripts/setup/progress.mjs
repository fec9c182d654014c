const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const FRAME_MS = 100;
/** Where there is no terminal, a long step says so this often (milliseconds), so that a log does not look stuck. */
const REMINDER_MS = 30_000;
const NAME_WIDTH = 9;

const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(1)} s`;

/** `62.1 MB`, `840 kB`. */
export function size(bytes) {
  return bytes >= 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${Math.ceil(bytes / 1e3)} kB`;
}

/**
 * Progress lines on `out`: what is being done, where, and how long it took. On a terminal one more line shows what runs
 * right now; elsewhere only whole lines are written.
 */
export function makeProgress(out = process.stderr, env = process.env) {
  const live = Boolean(out.isTTY) && env.TERM !== 'dumb' && !env.CI;
  const colour = live && !env.NO_COLOR;
  const paint = (code, text) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
  const running = new Map();
  let frame = 0;
  let timer;

  const clear = () => live && out.write('\r\u001b[2K');
  const draw = () => {
    if (!live || running.size === 0) return;
    const text = [...running].map(([name, { note, since }]) => `${name} ${note ? `${note} ` : ''}${seconds(since)}`).join(' · ');
    out.write(`\r\u001b[2K${paint(36, FRAMES[frame++ % FRAMES.length])} ${text.slice(0, (out.columns || 80) - 3)}`);
  };
  const line = (text) => {
    clear();
    out.write(`${text}\n`);
    draw();
  };
  const remind = () => {
    for (const [name, { note, since }] of running) {
      line(`  ${name.padEnd(NAME_WIDTH)} still at it${note ? `, ${note}` : ''}, ${seconds(since)}`);
    }
  };
  const watch = () => {
    if (timer) return;
    timer = live ? setInterval(draw, FRAME_MS) : setInterval(remind, REMINDER_MS);
    timer.unref();
  };
  const end = (name) => {
    const since = running.get(name)?.since;
    running.delete(name);
    if (running.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
    return since === undefined ? '' : `, ${seconds(since)}`;
  };

  return {
    line,
    /** `what` is a sentence's middle: `building v2.2.0 into ~/.cache/albedo/k6/v2.2.0`. */
    start(name, what) {
      if (!running.has(name)) running.set(name, { since: Date.now() });
      line(`  ${name.padEnd(NAME_WIDTH)} ${what}`);
      watch();
    },
    /** A few words on how far a step is; shown where there is a terminal. */
    note(name, note) {
      const entry = running.get(name);
      if (entry) entry.note = note;
    },
    done(name, text) {
      const took = end(name);
      line(`${paint(32, '✓')} ${name.padEnd(NAME_WIDTH)} ${text}${took}`);
    },
    fail(name, text) {
      const took = end(name);
      line(`${paint(31, '✗')} ${name.padEnd(NAME_WIDTH)} ${text}${took}`);
    },
    /** Ends the live line, however the run ended. */
    close() {
      clearInterval(timer);
      timer = undefined;
      running.clear();
      clear();
    },
  };
}
