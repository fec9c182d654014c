/**
 * One comment for all stacks of a run: the verdict of the whole in its first line, a line for each stack, then what there is to say of
 * each, folded, the worst first, as far as there is room. Pure.
 */

import { appliedOf, bodyOf, type CommentContent, historyOf, titleOf, trust, YES } from './comment.ts';
import { type CommentState, type Marker, markerLine } from './comment-marker.ts';
import { code, link, markdown } from './escape.ts';
import { RISK_ORDER, riskText } from './format.ts';
import { fitted, SIZE_LIMIT, signOf } from './markdown.ts';
import { fold } from './markdown-blocks.ts';

/** In place of a stack in the marker of such a comment. It has no region, so no stack is called so. */
export const TOGETHER = 'stacks';

/** Worst first: the state of the whole is the first that some stack is in. */
const WORST: readonly CommentState[] = [
  ...(['failed', 'refused', 'cancelled', 'applying', 'verifying', 'drifted', 'planned'] as const),
  ...(['applied', 'verified', 'destroyed', 'unchanged'] as const),
];
const SIGNS: Readonly<Partial<Record<CommentState, string>>> = {
  ...{ failed: '❌', refused: '❌', cancelled: '⚪', applying: '⏳', verifying: '⏳', drifted: '🟠', planned: '🟠' },
};
const WORDS: Readonly<Record<CommentState, string>> = {
  ...{ failed: 'failed', refused: 'refused', cancelled: 'cancelled', applying: 'under way', verifying: 'under load', drifted: 'drifted' },
  ...{ planned: 'with changes', applied: 'applied', verified: 'load-tested', destroyed: 'destroyed', unchanged: 'unchanged' },
};

export const stateOfAll = (all: readonly Pick<CommentContent, 'state'>[]): CommentState =>
  WORST.find((state) => all.some((each) => each.state === state)) ?? 'unchanged';

/** `3 with changes, 17 unchanged` */
export const sumOf = (all: readonly Pick<CommentContent, 'state'>[]): string =>
  WORST.flatMap((state) => {
    const count = all.filter((each) => each.state === state).length;
    return count === 0 ? [] : [`${count} ${WORDS[state]}`];
  }).join(', ');

/** At most `SIZE_LIMIT` characters. Ends with the marker. */
export function renderTogether(all: readonly CommentContent[], marker: Marker): string {
  const [first] = all;
  if (first === undefined) throw new Error('a comment without a stack');
  const sorted = [...all].sort((a, b) => WORST.indexOf(a.state) - WORST.indexOf(b.state));
  const history = historyOf({ ...first, marker });
  const end = markerLine(marker);
  const head = [headline(sorted, first), trust(first), lines(sorted, first), appliedOf({ ...first, marker })];
  const used = [...head, history, end].reduce((sum, part) => sum + part.length + 2, 0);
  const detailed = sorted.filter(({ state }) => state !== 'unchanged');
  // So much for each at least: a head and some changes. What does not fit is counted.
  const each = Math.max(2000, Math.floor((SIZE_LIMIT - used - 200) / Math.max(1, detailed.length)) - 200);
  const details = detailed.map((content) =>
    fold(`${signed(content)} ${markdown(content.report.stack)}`, bodyOf(content, each).trimEnd(), false),
  );
  const body = fitted([...head, ...details], SIZE_LIMIT - history.length - end.length - 8, `see ${link('the run', first.runUrl)}`);
  return `${[body.trimEnd(), history, end].filter((part) => part !== '').join('\n\n')}\n`;
}

function headline(all: readonly CommentContent[], { report, approval, untrusted }: CommentContent): string {
  const planned = all.filter(({ state }) => state === 'planned');
  const worst = RISK_ORDER.find((risk) => planned.some((each) => each.report.plan?.summary.risk === risk));
  const state = stateOfAll(all);
  const risk = planned.length === 0 || worst === undefined ? '' : `, ${riskText(worst)}`;
  const yes = state === 'planned' && !untrusted ? `; ${YES[approval]}` : '';
  const facts = report.links.map(({ text, url }) => link(text, url)).join(' · ');
  return `### ${SIGNS[state] ?? '✅'} ${all.length} stack${all.length === 1 ? '' : 's'}: ${sumOf(all)}${risk}${yes}\n${facts}`;
}

const signed = (content: CommentContent): string => titleOf(content).sign ?? signOf(content.report);

/** The list of all may use so much; beyond it has names and signs alone. */
const LIST_LIMIT = 24_000;

function lines(all: readonly CommentContent[], { runUrl }: CommentContent): string {
  const names = all.map(({ report }) => report.stack);
  const shown = all.slice(0, 200);
  const line = (content: CommentContent, whole: boolean): string => {
    const { stack, region, plan } = content.report;
    const name = names.filter((other) => other === stack).length > 1 ? `${region}/${stack}` : stack;
    const risk = content.state === 'planned' && plan !== null && plan.changes.length > 0 ? `, ${riskText(plan.summary.risk)}` : '';
    return `- ${signed(content)} ${code(name)}: ${whole ? `${markdown(titleOf(content).headline.slice(0, 160))}${risk}` : WORDS[content.state]}`;
  };
  const whole = shown.map((content) => line(content, true)).join('\n');
  const more = all.length > shown.length ? `\n- and ${all.length - shown.length} more: see ${link('the run', runUrl)}` : '';
  return `${whole.length <= LIST_LIMIT ? whole : shown.map((content) => line(content, false)).join('\n')}${more}`;
}
