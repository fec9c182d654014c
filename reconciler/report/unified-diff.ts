const AROUND = 3;

/** What separates two texts, as `diff -u` writes it; empty when nothing does. Lines are compared whole, line ends too. */
export function unifiedDiff(file: string, before: string, after: string): string {
  if (before === after) return '';
  const rows = compareLines(linesOf(before), linesOf(after));
  const hunks: string[] = [];
  for (let at = 0; at < rows.length; ) {
    const first = rows.findIndex((row, index) => index >= at && row.mark !== ' ');
    if (first < 0) break;
    let last = first;
    for (let next = first; next < rows.length && next - last <= 2 * AROUND; next++) if (rows[next]?.mark !== ' ') last = next;
    hunks.push(hunkOf(rows, Math.max(0, first - AROUND), Math.min(rows.length, last + AROUND + 1)));
    at = last + 1;
  }
  return `--- ${file}\n+++ ${file}\n${hunks.join('')}`;
}

interface Row {
  readonly mark: ' ' | '-' | '+';
  readonly line: string;
}

const linesOf = (text: string): readonly string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];

function hunkOf(rows: readonly Row[], from: number, to: number): string {
  const count = (part: readonly Row[], mark: '-' | '+'): number => part.filter((row) => row.mark === ' ' || row.mark === mark).length;
  const [head, part] = [rows.slice(0, from), rows.slice(from, to)];
  const range = (mark: '-' | '+'): string => {
    const length = count(part, mark);
    return `${mark}${count(head, mark) + (length === 0 ? 0 : 1)},${length}`;
  };
  const body = part.map(({ mark, line }) => (line.endsWith('\n') ? `${mark}${line}` : `${mark}${line}\n\\ No newline at end of file\n`));
  return `@@ ${range('-')} ${range('+')} @@\n${body.join('')}`;
}

/** By the longest common subsequence of what is left when the same beginning and end are taken off. */
function compareLines(old: readonly string[], now: readonly string[]): readonly Row[] {
  let start = 0;
  while (start < old.length && start < now.length && old[start] === now[start]) start++;
  let end = 0;
  while (end < old.length - start && end < now.length - start && old.at(-1 - end) === now.at(-1 - end)) end++;
  const [a, b] = [old.slice(start, old.length - end), now.slice(start, now.length - end)];
  const width = b.length + 1;
  const longest = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number): number => longest[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      longest[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const same = (line: string): Row => ({ mark: ' ', line });
  const rows: Row[] = old.slice(0, start).map(same);
  for (let i = 0, j = 0; i < a.length || j < b.length; ) {
    const [left, right] = [a[i], b[j]];
    if (left !== undefined && left === right) {
      rows.push(same(left));
      i++;
      j++;
    } else if (left !== undefined && (right === undefined || at(i + 1, j) >= at(i, j + 1))) {
      rows.push({ mark: '-', line: left });
      i++;
    } else if (right !== undefined) {
      rows.push({ mark: '+', line: right });
      j++;
    }
  }
  return [...rows, ...old.slice(old.length - end).map(same)];
}
