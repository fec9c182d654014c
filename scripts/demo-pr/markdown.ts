/**
 * GitHub's Markdown as a page, as much of it as a comment of albedo has: headings, paragraphs, alerts, folds, fences, tables, lists.
 * For showing our own comments on this machine only: HTML that is in them goes through as it is.
 */

const escaped = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');

function inline(text: string): string {
  return text
    .replace(/`([^`]+)`/g, (_, code: string) => `<code>${escaped(code)}</code>`)
    .replace(/\*\*([^*]+)\*\*/g, '<b>$1</b>')
    .replace(/\[([^\]]*)\]\((https?:[^)\s]+)\)/g, '<a href="$2">$1</a>')
    .replace(/\\([\\`*_{}[\]()#+.!|<>~-])/g, '$1');
}

const cells = (line: string): string[] =>
  line
    .replace(/^\||\|$/g, '')
    .split(/(?<!\\)\|/)
    .map((cell) => inline(cell.trim()));

const ALERTS: Readonly<Record<string, string>> = {
  TIP: 'Tip',
  NOTE: 'Note',
  WARNING: 'Warning',
  CAUTION: 'Caution',
  IMPORTANT: 'Important',
};

function fence(language: string, lines: readonly string[]): string {
  if (language === 'mermaid')
    return `<details><summary>A chart, which GitHub draws</summary><pre>${escaped(lines.join('\n'))}</pre></details>`;
  if (language !== 'diff') return `<pre class="${escaped(language)}">${escaped(lines.join('\n'))}</pre>`;
  const tone = (line: string): string => ({ '+': 'new', '-': 'old', '!': 'changed', '#': 'quiet', '@': 'quiet' })[line.slice(0, 1)] ?? '';
  return `<pre>${lines.map((line) => `<span class="${tone(line)}">${escaped(line)}</span>`).join('\n')}</pre>`;
}

/** The body of a page. */
export function renderPage(markdown: string): string {
  const lines = markdown.replace(/<!--[\s\S]*?-->/g, '').split('\n');
  const out: string[] = [];
  const takeWhile = (from: number, test: (line: string) => boolean): string[] => {
    let to = from;
    while (to < lines.length && test(lines[to] ?? '')) to++;
    return lines.slice(from, to);
  };
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    const [, marks, language = ''] = /^(`{3,})(\S*)\s*$/.exec(line) ?? [];
    if (marks !== undefined) {
      const inside = takeWhile(at + 1, (each) => each.trim() !== marks);
      out.push(fence(language, inside));
      at += inside.length + 1;
    } else if (line.startsWith('>')) {
      const quote = takeWhile(at, (each) => each.startsWith('>'));
      const [, kind = ''] = /^> \[!(\w+)\]/.exec(line) ?? [];
      const text = quote.slice(kind === '' ? 0 : 1).map((each) => inline(each.replace(/^> ?/, '')));
      out.push(`<blockquote class="${kind.toLowerCase()}"><b>${ALERTS[kind] ?? ''}</b><p>${text.join('<br>')}</p></blockquote>`);
      at += quote.length - 1;
    } else if (line.startsWith('|') && /^\|[\s:|-]+\|$/.test(lines[at + 1] ?? '')) {
      const [head = '', , ...rows] = takeWhile(at, (each) => each.startsWith('|'));
      const row = (tag: string, text: string): string =>
        `<tr>${cells(text)
          .map((cell) => `<${tag}>${cell}</${tag}>`)
          .join('')}</tr>`;
      out.push(`<table>${row('th', head)}${rows.map((each) => row('td', each)).join('')}</table>`);
      at += rows.length + 1;
    } else if (/^[-*] /.test(line)) {
      const items = takeWhile(at, (each) => /^[-*] /.test(each));
      out.push(`<ul>${items.map((each) => `<li>${inline(each.slice(2))}</li>`).join('')}</ul>`);
      at += items.length - 1;
    } else if (/^#{1,4} /.test(line)) out.push(`<h3>${inline(line.replace(/^#+ /, ''))}</h3>`);
    else if (/^<\/?(details|summary|sub)/.test(line)) out.push(inline(line));
    else if (line.trim() !== '') out.push(`<p>${inline(line)}</p>`);
  }
  return out.join('\n');
}
