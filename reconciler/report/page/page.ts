/** The page around what is shown: one file, its style and its script inline, and nothing fetched from anywhere. Pure. */

import { html } from '../escape.ts';
import { STYLE } from '../html-style.ts';
import { SCRIPT, SCRIPT_DIGEST } from './script.ts';

/** What a browser may do with the page: its own style, the one script, and where it is live, a connection to its own server. */
export const policyOf = (live: boolean): string =>
  `default-src 'none'; style-src 'unsafe-inline'; script-src '${SCRIPT_DIGEST}'; ${live ? "connect-src 'self'; " : ''}base-uri 'none'; form-action 'none'`;

export interface PageInput {
  readonly title: string;
  /** Markup of the body. */
  readonly body: string;
  readonly live: boolean;
  /** Put into the page as JSON, for programs. */
  readonly data?: unknown;
}

export function pageHtml({ title, body, live, data }: PageInput): string {
  // Within a script element only `<` could end it.
  const json =
    data === undefined ? '' : `<script type="application/json" id="report">${JSON.stringify(data).replace(/</g, '\\u003c')}</script>\n`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policyOf(live)}">
<meta name="referrer" content="no-referrer">
<title>${html(title)}</title>
<style>${STYLE}</style>
</head>
<body${live ? ' data-live' : ''}>
<main>
${body}
</main>
${json}<script>${SCRIPT}</script>
</body>
</html>
`;
}
