import type { Marks } from './mark.ts';
import { escapeMarkdown } from './markdown.ts';

/** For a terminal: every criterion with what was found, and what to do next where it is not right. */
export function marksText({ title, marks, points, of, exercise }: Marks): string {
  const lines = marks.flatMap((mark) => [
    `  ${mark.right ? '✔' : '✘'} ${mark.title} (${mark.right ? mark.points : 0} of ${mark.points})`,
    `      ${mark.found}`,
    ...(mark.right ? [] : [`      → ${mark.next}`]),
  ]);
  return [`${exercise}: ${title}`, ...lines, `${points === of ? '✔' : '✘'} ${points} of ${of} points`].join('\n');
}

const cell = (text: string): string => escapeMarkdown(text.slice(0, 300));

/** For a comment: a table, and below it what is missing. What was found may hold text of a student: it is escaped. */
export function marksMarkdown(all: readonly Marks[]): string {
  const rows = all.map(
    ({ exercise, title, points, of }) => `| ${points === of ? '✅' : '❌'} | \`${exercise}\` | ${title} | ${points} of ${of} |`,
  );
  const missing = all.flatMap(({ exercise, marks }) =>
    marks.filter(({ right }) => !right).map(({ title, found, next }) => `- \`${exercise}\` ${title}: ${cell(found)}. ${next}`),
  );
  const [points, of] = [all.reduce((sum, each) => sum + each.points, 0), all.reduce((sum, each) => sum + each.of, 0)];
  return [
    `### Exercises: ${points} of ${of} points`,
    '',
    '| | Exercise | Title | Points |',
    '| --- | --- | --- | --- |',
    ...rows,
    ...(missing.length === 0 ? [] : ['', '**Missing**', '', ...missing]),
    '',
  ].join('\n');
}

/** What a teacher collects: a row for each student, a column for each exercise. */
export interface ClassRow {
  readonly student: string;
  readonly marks: readonly Marks[];
}

export function classCsv(rows: readonly ClassRow[]): string {
  const names = [...new Set(rows.flatMap(({ marks }) => marks.map(({ exercise }) => exercise)))];
  // A spreadsheet takes a cell that begins with one of these signs for a formula.
  const safe = (text: string) => `"${text.replace(/^[=+\-@\t\r]/, "'$&").replaceAll('"', '""')}"`;
  const line = ({ student, marks }: ClassRow) => {
    const points = names.map((name) => marks.find(({ exercise }) => exercise === name)?.points ?? '');
    return [safe(student), ...points, marks.reduce((sum, each) => sum + each.points, 0)].join(',');
  };
  return `${[['student', ...names, 'total'].join(','), ...rows.map(line)].join('\n')}\n`;
}

export function classMarkdown(rows: readonly ClassRow[]): string {
  const names = [...new Set(rows.flatMap(({ marks }) => marks.map(({ exercise }) => exercise)))];
  const lines = rows.map(({ student, marks }) => {
    const points = names.map((name) => {
      const found = marks.find(({ exercise }) => exercise === name);
      return found === undefined ? 'not handed in' : `${found.points} of ${found.of}`;
    });
    return `| ${cell(student)} | ${points.join(' | ')} | ${marks.reduce((sum, each) => sum + each.points, 0)} |`;
  });
  return [`| Student | ${names.join(' | ')} | Total |`, `| --- |${names.map(() => ' --- |').join('')} --- |`, ...lines, ''].join('\n');
}
