/** A terminal as an animated SVG: what was printed, when it was printed, with waits cut short. Pure. */

import wrapAnsi from 'wrap-ansi';

export interface Chunk {
  /** Milliseconds since the program began. */
  readonly at: number;
  readonly text: string;
}

interface Line {
  /** Milliseconds in the recording. */
  readonly at: number;
  readonly text: string;
}

const ROWS = 30;
const COLUMNS = 130;
const ROW = 18;
const PAD = 16;
/** Milliseconds: no wait is longer, and no line comes sooner after the one before. */
const LONGEST = 1500;
const SHORTEST = 60;
const ESC = String.fromCharCode(27);

const COLORS: Readonly<Record<string, string>> = {
  '2': '#8b949e',
  '31': '#ff7b72',
  '32': '#3fb950',
  '33': '#d29922',
  '35': '#bc8cff',
  '36': '#39c5cf',
  '90': '#8b949e',
};

const escapeXml = (text: string): string => text.replace(/[&<>]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[sign] ?? sign);

/** The lines with the times at which they are shown. A line that came in pieces is there when its last piece is. */
export function linesOf(chunks: readonly Chunk[], command: string): readonly Line[] {
  const lines: { at: number; text: string }[] = [{ at: 0, text: `$ ${command}` }];
  let open = '';
  for (const { at, text } of chunks) {
    const parts = (open + text).split('\n');
    open = parts.pop() ?? '';
    for (const part of parts)
      for (const text of wrapAnsi(part.replace(/\r/g, '').trimEnd(), COLUMNS, { hard: true, trim: false }).split('\n'))
        lines.push({ at, text });
  }
  if (open !== '') lines.push({ at: chunks.at(-1)?.at ?? 0, text: open });
  let [before, shown] = [0, 0];
  return lines.map(({ at, text }, index) => {
    shown += index === 0 ? 0 : Math.min(LONGEST, Math.max(SHORTEST, at - before));
    before = at;
    return { at: shown, text };
  });
}

/** One line as `tspan`s, with the colours of its escape codes. */
function spans(text: string): string {
  let fill = '';
  let bold = false;
  return text
    .split(ESC)
    .map((part, index) => {
      if (index === 0) return escapeXml(part);
      const found = /^\[([\d;]*)m([\s\S]*)$/.exec(part);
      if (found === null) return '';
      for (const code of (found[1] ?? '').split(';')) {
        if (code === '1') bold = true;
        else if (code === '22' || code === '0' || code === '') [bold, fill] = [false, code === '22' && fill !== COLORS['2'] ? fill : ''];
        else if (code === '39') fill = '';
        else fill = COLORS[code] ?? fill;
      }
      const style = `${fill === '' ? '' : ` fill="${fill}"`}${bold ? ' font-weight="700"' : ''}`;
      return style === '' ? escapeXml(found[2] ?? '') : `<tspan${style}>${escapeXml(found[2] ?? '')}</tspan>`;
    })
    .join('');
}

/** Without animation, as some readers want it, the end is shown. */
export function terminalSvg(lines: readonly Line[], title: string): string {
  const total = (lines.at(-1)?.at ?? 0) + 1;
  const width = COLUMNS * 7.9 + 2 * PAD;
  const height = ROWS * ROW + 2 * PAD;
  const scrolled = (count: number) => -Math.max(0, count - ROWS) * ROW;
  const steps = lines.flatMap(({ at }, index) =>
    index + 1 > ROWS ? [`${((at / total) * 100).toFixed(3)}% { transform: translateY(${scrolled(index + 1)}px) }`] : [],
  );
  const rows = lines.map(
    ({ at, text }, index) =>
      `<text class="l" x="${PAD}" y="${PAD + 14 + index * ROW}" style="animation-delay:${(at / 1000).toFixed(2)}s">${spans(text)}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${Math.round(width)} ${height}" role="img" aria-label="${escapeXml(title).replaceAll('"', '&quot;')}">
<title>${escapeXml(title)}</title>
<style>
text { font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; fill: #e6edf3; white-space: pre; }
.l { opacity: 0; animation: show 1ms linear forwards; }
@keyframes show { to { opacity: 1 } }
@keyframes scroll { ${steps.join(' ')} to { transform: translateY(${scrolled(lines.length)}px) } }
#all { animation: scroll ${(total / 1000).toFixed(2)}s step-end forwards; }
@media (prefers-reduced-motion: reduce) { .l { opacity: 1; animation: none } #all { animation: none; transform: translateY(${scrolled(lines.length)}px) } }
</style>
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
<svg y="${PAD / 2}" width="100%" height="${height - PAD}"><g id="all">
${rows.join('\n')}
</g></svg>
</svg>
`;
}
