/** The pull request as a page, in the manner of GitHub's: what happened, and the comment as it was each time. */
import { renderPage } from './markdown.ts';

export interface Moment {
  readonly title: string;
  /** Markdown of the comment; none where only something happened. */
  readonly comment?: string;
}

const STYLE = `
body { margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #1f2328; background: #fff; font: 14px/1.5 system-ui, sans-serif; }
h1 { font-weight: 400; font-size: 1.6rem; } h1 span { color: #59636e; }
.event { color: #59636e; margin: 1rem 0 1rem 1.2rem; }
.comment { border: 1px solid #d1d9e0; border-radius: 6px; margin: 1rem 0; }
.comment > header { background: #f6f8fa; border-bottom: 1px solid #d1d9e0; padding: .5rem 1rem; color: #59636e; }
.comment > div { padding: .2rem 1rem 1rem; overflow-wrap: anywhere; }
pre, code { font: 12px/1.45 ui-monospace, monospace; background: #f0f2f4; border-radius: 6px; } code { padding: .15em .4em; }
pre { padding: 1rem; overflow: auto; background: #f6f8fa; }
.new { color: #116329; background: #dafbe1; } .old { color: #82071e; background: #ffebe9; } .changed { color: #7d4e00; background: #fff8c5; }
.quiet { color: #59636e; }
table { border-collapse: collapse; } th, td { border: 1px solid #d1d9e0; padding: .3rem .7rem; text-align: left; }
blockquote { margin: 1rem 0; padding: .1rem 1rem; border-left: .25rem solid #59636e; } blockquote.tip { border-color: #1a7f37; }
blockquote.warning { border-color: #9a6700; } blockquote.caution { border-color: #cf222e; }
@media (prefers-color-scheme: dark) { body { background: #0d1117; color: #d1d7e0; } .comment > header, pre, code { background: #151b23; }
.new { color: #aff5b4; background: #033a16; } .old { color: #ffdcd7; background: #67060c; } .changed { color: #ffdfb6; background: #5a1e02; } }
`;

export function pullRequestPage(title: string, moments: readonly Moment[]): string {
  const body = moments.map((moment) =>
    moment.comment === undefined
      ? `<p class="event">● ${moment.title}</p>`
      : `<section class="comment"><header>${moment.title}</header><div>${renderPage(moment.comment)}</div></section>`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title><style>${STYLE}</style></head>
<body><h1>${title} <span>#1</span></h1>
${body.join('\n')}
</body></html>
`;
}
