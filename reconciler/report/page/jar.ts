/** What the sticky-session probe found: each request, who answered it, and the cookie jar that went along. Pure. */

import { html } from '../escape.ts';
import { count, moment } from '../format.ts';
import { scroll } from '../html-load.ts';

export interface JarCookie {
  readonly name: string;
  readonly value: string;
  /** Milliseconds since the epoch; null: until the browser closes. */
  readonly expires: number | null;
}

export interface JarView {
  readonly path: string;
  readonly answers: readonly {
    /** Names of the cookies that were sent. */
    readonly sent: readonly string[];
    /** Names of those that the answer set. */
    readonly set: readonly string[];
    /** Who answered; empty: not told, or nobody. */
    readonly target: string;
    readonly status: number;
    /** Empty when there was an answer. */
    readonly error: string;
  }[];
  readonly cookies: readonly JarCookie[];
}

/** Whether all that carried a cookie went to one target, in a sentence. */
export function jarSentence({ answers }: JarView): string {
  const held = answers.filter(({ sent, error }) => sent.length > 0 && error === '');
  const targets = [...new Set(held.map(({ target }) => target))];
  if (held.length === 0) return 'No request carried a cookie yet: the first answer may set one.';
  if (targets.includes('')) return 'The answers do not show which target sent them.';
  return targets.length === 1
    ? `${held.length === 1 ? 'One request' : `${count(held.length)} requests`} with the cookie went to ${targets[0]}: the session is sticky.`
    : `${count(held.length)} requests with a cookie went to ${targets.length} targets (${targets.join(', ')}): the session is not sticky.`;
}

export function jarHtml(view: JarView | null): string {
  if (view === null)
    return '<p class="soft">No request sent yet. Each press sends ten requests, like one browser, with the cookies that it received before.</p>';
  const cookies = view.cookies.map(
    ({ name, value, expires }) =>
      `<tr><th scope="row" class="mono">${html(name)}</th><td class="mono" style="overflow-wrap:anywhere">${html(value)}</td><td>${expires === null ? 'with the session' : moment(expires)}</td></tr>`,
  );
  const answers = view.answers.map(
    ({ sent, set, target, status, error }, index) =>
      `<tr><td class="number">${index + 1}</td><td>${html(sent.join(', ') || 'none')}</td><td>${error === '' ? html(target || 'not known') : `<span class="bad">${html(error)}</span>`}</td><td class="number">${status === 0 ? '–' : status}</td><td>${html(set.join(', ') || '–')}</td></tr>`,
  );
  const jar =
    cookies.length === 0
      ? '<p class="soft">The jar is empty.</p>'
      : scroll(
          'Cookie jar',
          `<table class="fit"><thead><tr><th scope="col">cookie</th><th scope="col">value</th><th scope="col">ends</th></tr></thead><tbody>${cookies.join('')}</tbody></table>`,
        );
  return `<p>${html(jarSentence(view))}</p>${jar}${scroll('Requests of the probe', `<table class="fit"><thead><tr><th scope="col" class="number">request</th><th scope="col">cookies sent</th><th scope="col">answered by</th><th scope="col" class="number">status</th><th scope="col">cookies set</th></tr></thead><tbody>${answers.join('')}</tbody></table>`, 'tall')}`;
}
