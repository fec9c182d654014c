import { createHash } from 'node:crypto';
import { letterOf } from './grade.ts';
import type { Question } from './question.ts';

const STYLE = `
:root { color-scheme: light dark; --line: light-dark(#6b7280, #9ca3af); --good: light-dark(#166534, #86efac); --bad: light-dark(#991b1b, #fca5a5); }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 46rem; margin: 0 auto; padding: 1rem; background: light-dark(#fff, #111827); color: light-dark(#111827, #f3f4f6); }
fieldset { border: 1px solid var(--line); border-radius: .5rem; margin: 1rem 0; padding: .5rem 1rem; min-width: 0; }
legend { font-weight: 600; padding: 0 .25rem; }
label { display: block; padding: .25rem 0; }
code { overflow-wrap: anywhere; }
.good { color: var(--good); } .bad { color: var(--bad); }
button { font: inherit; padding: .5rem 1rem; }
[hidden] { display: none; }
`;

/** Runs in the page: marks an answer as soon as it is chosen, and counts. */
const SCRIPT = `
const score = document.getElementById('score');
const count = () => {
  const done = [...document.querySelectorAll('fieldset[data-done]')];
  const right = done.filter((each) => each.dataset.done === 'right').length;
  score.textContent = right + ' right of ' + done.length + ' answered, ' + document.querySelectorAll('fieldset').length + ' questions';
};
for (const set of document.querySelectorAll('fieldset')) {
  set.addEventListener('change', (event) => {
    const good = event.target.value === set.dataset.right;
    set.dataset.done = good ? 'right' : 'wrong';
    const verdict = set.querySelector('.verdict');
    verdict.textContent = good ? 'Right. ' : 'Not right. ';
    verdict.className = 'verdict ' + (good ? 'good' : 'bad');
    set.querySelector('.why').hidden = false;
    count();
  });
}
document.getElementById('again').addEventListener('click', () => {
  document.querySelector('form').reset();
  for (const set of document.querySelectorAll('fieldset')) {
    delete set.dataset.done;
    set.querySelector('.why').hidden = true;
  }
  count();
});
count();
`;

const escapeHtml = (text: string): string =>
  text.replace(/[&<>"]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign] ?? sign);
const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

function fieldset(question: Question, number: number): string {
  const { id, answers, right, why, tryIt } = question;
  const options = answers.map(
    (answer, index) => `<label><input type="radio" name="${escapeHtml(id)}" value="${letterOf(index)}"> ${escapeHtml(answer)}</label>`,
  );
  const see = tryIt === undefined ? '' : ` See it happen: <code>albedo quiz --try ${escapeHtml(tryIt)}</code>`;
  return `<fieldset data-right="${letterOf(right)}"><legend>${number}. ${escapeHtml(question.question)}</legend>
${options.join('\n')}
<p class="why" role="status" hidden><strong class="verdict"></strong>${escapeHtml(`${letterOf(right)}) ${answers[right]}. ${why}`)}${see}</p>
</fieldset>`;
}

/** All questions as one file that needs no network: nothing but its own style and script may run. */
export function quizPage(questions: readonly Question[]): string {
  const chapters = [...new Set(questions.map(({ chapter }) => chapter))];
  const numbers = new Map(questions.map((each, index) => [each.id, index + 1]));
  const body = chapters.map(
    (chapter) =>
      `<h2>Chapter ${chapter}</h2>\n${questions
        .filter((each) => each.chapter === chapter)
        .map((each) => fieldset(each, numbers.get(each.id) ?? 0))
        .join('\n')}`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src ${hash(STYLE)}; script-src ${hash(SCRIPT)}; base-uri 'none'; form-action 'none'">
<title>Load balancing: self-check</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>Load balancing: self-check</h1>
<p>Choose an answer to see whether it is right, and why.</p>
<p id="score" role="status"></p>
<form>
${body.join('\n')}
<p><button type="button" id="again">Begin again</button></p>
</form>
</main>
<script>${SCRIPT}</script>
</body>
</html>
`;
}
