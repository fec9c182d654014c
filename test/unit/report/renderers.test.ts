import { createHash } from 'node:crypto';
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { failedRequests } from '../../../reconciler/load/failed.ts';
import { judge } from '../../../reconciler/load/judge.ts';
import type { Change } from '../../../reconciler/plan/types.ts';
import { code, fence, html, link, markdown } from '../../../reconciler/report/escape.ts';
import { renderHtml } from '../../../reconciler/report/html.ts';
import { renderMarkdown, SIZE_LIMIT } from '../../../reconciler/report/markdown.ts';
import { type Palette, PLAIN, renderPlan, renderText } from '../../../reconciler/report/text.ts';
import { suite } from '../../support/suite.ts';
import { group, judgeInput, runOf, usual } from '../load/samples.ts';
import { changes, load, plan, probes, reportOf } from './fixture.ts';

const t = suite('renderers');

const ESC = '\u001b';
const COLOUR = new RegExp(`${ESC}\\[\\d+m`, 'g');

/** Each thing that could do harm, from a spec, a tag, a server or AWS. */
const EVIL =
  '</td><script>alert(1)</script>@team `x` ```` | **b** [l](http://evil) #12 $x$ \u001b[31m ::error::x ##[error]x\n::stop-commands::t';
const evilChange: Change = {
  address: `targetGroup/${EVIL}` as Change['address'],
  label: 'target group',
  verb: 'update',
  fields: [{ field: 'healthCheck.path', before: EVIL, after: `${EVIL}!`, impact: 'update', risk: 'drop', reason: EVIL }],
  impact: 'update',
  risk: 'drop',
  position: { file: EVIL, line: 1, column: 1 },
};
const evilReport = () => {
  const target = group.targets[0];
  assert.ok(target);
  const load = judge(
    judgeInput(usual, {
      group: { ...group, targets: [{ ...target, name: EVIL, zone: EVIL }, ...group.targets.slice(1)] },
      refusal: EVIL,
      objectives: { errorRate: 0 },
    }),
  );
  return reportOf({
    stack: EVIL,
    account: EVIL,
    region: EVIL,
    plan: { ...plan, changes: [evilChange], notes: [{ kind: 'warning', text: EVIL }] },
    load,
    probes: [{ name: EVIL, outcome: 'failed', detail: EVIL, expected: EVIL, got: EVIL }],
    victim: { experiment: 'stopInstance', instanceId: EVIL, name: EVIL, zone: EVIL, port: 1, group: EVIL, groupArn: EVIL, seed: EVIL },
    links: [
      { text: EVIL, url: 'javascript:alert(1)' },
      { text: EVIL, url: 'https://x.example/)<script>' },
    ],
    timings: [{ name: EVIL, ms: 1 }],
  });
};
/** What is not in a fence. */
const prose = (text: string): string => text.replace(/^(`{3,})[a-z]*\n[\s\S]*?^\1$/gm, '');

t('text: the whole report of a good run, without colours', () => {
  const text = renderText(reportOf());
  for (const expected of [
    '✔ webserver: survived losing web-1, 1 of 2 instances',
    '2.53 % (38 of 1,500)',
    'healthy → unused +1.5 s',
    '51 AWS calls (22 writes)',
    'http: stickiness',
  ])
    assert.match(text, expected);
  assert.not.match(text, ESC);
});

t('text: a plan has signs, places, values before and after, counts and the short digest', () => {
  const text = renderPlan(plan, plan);
  const lines = text.split('\n');
  assert.match(
    lines[2] ?? '',
    '  -/+  load balancer   main   environments/sandbox/webserver.yaml:35  replaced, new ARN and DNS name  traffic at risk',
  );
  assert.match(text, /stickiness\.duration {2}1d → 1h +\(sessions may move to another instance\)/);
  assert.match(text, '  +    instance        web-1  environments/sandbox/webserver.yaml:12');
  assert.match(text, '1 to create, 1 to update, 1 to replace, 1 to destroy, 14 unchanged');
  assert.match(text, 'digest 9f3c21a7be04\n');
  assert.match(text, 'accessLogs is left as it is');
  assert.ok(
    lines.every((line) => line === line.trimEnd()),
    'no blanks at line ends',
  );
  assert.match(renderPlan(plan, { ...plan, changes: [] }), 'No changes');
});

t('text: colours change nothing but colours', () => {
  const paint = (n: number) => (text: string) => `\u001b[${n}m${text}\u001b[0m`;
  const names = Object.keys(PLAIN) as (keyof Palette)[];
  const palette = Object.fromEntries(names.map((name, n) => [name, paint(30 + n)])) as unknown as Palette;
  for (const render of [(some: Palette) => renderText(reportOf(), some), (some: Palette) => renderPlan(plan, plan, some)]) {
    const painted = render(palette);
    assert.match(painted, ESC);
    const bare = painted
      .replaceAll(COLOUR, '')
      .split('\n')
      .map((line) => line.trimEnd());
    assert.equal(
      bare,
      render(PLAIN)
        .split('\n')
        .map((line) => line.trimEnd()),
    );
  }
});

t('text: nothing from outside reaches the terminal as a control character', () => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for.
  assert.not.match(renderText(evilReport()), /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  const only = reportOf({ plan: { ...plan, changes: [evilChange] }, run: null, load: null });
  assert.not.match(renderText(only), ESC);
});

t('markdown: verdict first, then objectives, chart, instances, diff', () => {
  const text = renderMarkdown(reportOf());
  assert.ok(text.startsWith('### ✅ <code>webserver</code>: survived losing web-1, 1 of 2 instances\n'));
  const order = [
    '- **errors**: limit',
    'xychart-beta',
    '- **web-1 ',
    '```diff',
    'Real requests',
    'Timeline (15 events)',
    '<sub>plan 900 ms',
  ].map((part) => text.indexOf(part));
  assert.ok(
    order.every((index, n) => index > (order[n - 1] ?? 0)),
    String(order),
  );
  assert.match(
    text,
    '- **errors**: limit ≤ 5.00 % · whole run 1.27 % (38 of 3,000) · before 0.00 % (0 of 1,000) · during 2.53 % (38 of 1,500) · after 0.00 % (0 of 500) · ✅ 75 % left',
  );
});

t('markdown: only a plan opens its diff; a miss is shown at once', () => {
  assert.match(renderMarkdown(reportOf({ run: null, load: null, probes: [] })), '<details open><summary>Diff (4 changes');
  assert.match(
    renderMarkdown(reportOf({ load: judge(judgeInput(usual, { objectives: { errorRate: 0 } })) })),
    '> [!CAUTION]\n> - objective errorRate missed',
  );
});

t('markdown: what comes from outside is text and nothing else', () => {
  const text = prose(renderMarkdown(evilReport()));
  for (const harm of [
    '<script',
    '@team',
    '](http',
    '](javascript',
    '**b**',
    '```',
    '::error',
    '::stop',
    '##[',
    ' #12',
    '&#35;12',
    '&#64;team',
    '\u001b',
  ])
    assert.not.match(text, harm);
  const columns = text
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) => line.split('|').length);
  assert.equal(
    [...new Set(columns)].sort(),
    [4, 6, 7, 8, 9].filter((n) => columns.includes(n)),
  );
});

t('markdown: no line is a workflow command, in fences too', () => {
  for (const line of renderMarkdown(evilReport()).split('\n')) {
    assert.not.match(line, /^\s*::/);
    assert.not.match(line, /##\[/);
  }
});

t('markdown: a fence cannot be ended from inside', () => {
  const text = fence('diff', ['a ````` b', '```', '::set-output::x']);
  assert.ok(text.startsWith('``````diff\n') && text.endsWith('\n``````'));
  assert.is(text.split('\n').length, 5);
});

t('markdown: links are web addresses or no links', () => {
  assert.is(link('a', 'https://x.example/1?b=c#d'), '[a](https://x.example/1?b=c#d)');
  for (const url of ['javascript:x', 'https://x.example/a) b', 'data:text/html,x', '']) assert.is(link('a', url), 'a');
});

t('property: escaped Markdown holds none of the characters that mean something', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.not.match(markdown(text), /[<>|`*_~[\]\\$@\n]|::|:\/\//);
      assert.not.match(code(text).slice(6, -7), /[<>|`\n]/);
      assert.not.match(html(text), /[<>"'\n]/);
    }),
  );
});

const many = (count: number): Change[] =>
  Array.from({ length: count }, (_, n) => ({ ...(changes[1] as Change), address: `targetGroup/group-${n}` as const }));

t('markdown: a diff that is too long is cut between changes and says how many are left', () => {
  const text = renderMarkdown(reportOf({ plan: { ...plan, changes: many(500) }, run: null, load: null, probes: [] }));
  const shown = [...text.matchAll(/^! ~ target group group-\d+ /gm)].length;
  const fields = [...text.matchAll(/^! {5}stickiness.duration/gm)].length;
  assert.ok(shown > 50 && shown < 500);
  assert.is(fields, shown, 'each change is whole');
  assert.match(text, `# and ${500 - shown} more changes: see the full plan\n\`\`\``);
});

t('markdown: never over the limit, cut between sections, and every fold and fence closed', () => {
  const huge = reportOf({
    plan: { ...plan, changes: many(500), notes: Array.from({ length: 300 }, () => ({ kind: 'warning', text: EVIL.repeat(3) }) as const) },
    probes: Array.from(
      { length: 200 },
      (_, n) => ({ name: `probe ${n}`, outcome: 'failed', detail: EVIL, expected: 'a', got: 'b' }) as const,
    ),
  });
  const limits = [2000, 5000, 20_000, SIZE_LIMIT];
  const sizes = limits.map((limit) => {
    const text = renderMarkdown(huge, limit);
    assert.ok(text.length <= limit, `${text.length} of ${limit}`);
    assert.is(text.split('<details').length, text.split('</details>').length);
    assert.is(prose(text).includes('```'), false);
    assert.ok(text.startsWith('### ❌'));
    return text.length;
  });
  assert.match(renderMarkdown(huge, 5000), /sections? left out for length/);
  assert.equal(
    [...sizes].sort((a, b) => a - b),
    sizes,
  );
});

/** What a reader sees: without the page's own script, its data, and the values that charts carry for the script. */
const seen = (page: string): string => page.replace(/<script[^>]*>[^<]*<\/script>/g, '').replace(/ data-plot="[^"]*"/g, '');

t('html: it runs its one script and nothing else, and its data is in it', () => {
  const page = renderHtml(reportOf());
  const scripts = [...page.matchAll(/<script([^>]*)>([^<]*)<\/script>/g)];
  assert.is(page.split('<script').length - 1, 2);
  assert.equal(
    scripts.map(([, how]) => how),
    [' type="application/json" id="report"', ''],
  );
  assert.equal(JSON.parse(scripts[0]?.[2] ?? ''), JSON.parse(JSON.stringify(reportOf())));
  const digest = createHash('sha256')
    .update(scripts[1]?.[2] ?? '')
    .digest('base64');
  assert.match(page, `script-src 'sha256-${digest}'; base-uri 'none'`);
});

t('html: a value of the report cannot end the element that its data is in', () => {
  const page = renderHtml(reportOf({ links: [{ text: '</script><script>alert(1)</script><!--', url: 'x' }] }));
  assert.is(page.split('<script').length - 1, 2);
  assert.is(page.split('</script').length - 1, 2);
});

t('html: failed requests are listed with time, target, status and error, of very many evenly spread ones', () => {
  const page = renderHtml(reportOf());
  const rows = [...page.matchAll(/<tr data-error="([^"]*)" data-target="([^"]*)" data-phase="([^"]*)">/g)];
  assert.is(rows.length, load.lost.failed);
  assert.ok(rows.length > 0);
  for (const [, error, target, phase] of rows) assert.ok(error !== '' && target !== '' && phase !== '');
  const many = Array.from({ length: 1700 }, (_, n) => ({ at: 1000 + n, ms: 1, ok: false, status: 503, errorCode: 0, instance: '' }));
  const spread = failedRequests(many, 1000);
  assert.is(spread.length, 500);
  assert.ok((spread.at(-1)?.second ?? 0) > 1.68 && spread[0]?.second === 0);
});

t('html: stands alone, asks nobody', () => {
  const page = seen(renderHtml(reportOf()));
  assert.match(page, `<meta http-equiv="Content-Security-Policy" content="default-src 'none'`);
  for (const harm of [/<script/i, /<link/i, /<img/i, /<iframe/i, / on[a-z]+=/i, /url\(/i, /@import/i]) assert.not.match(page, harm);
  for (const expected of [
    'survived losing web-1',
    'logarithmic',
    'class="fault"',
    'polyline',
    'prefers-color-scheme: dark',
    'StopInstances',
    'create VPC main',
  ])
    assert.match(page, expected);
});

t('html: what comes from outside is text and nothing else', () => {
  const page = seen(renderHtml(evilReport()));
  for (const harm of ['<script', 'href="javascript', '\u001b']) assert.not.match(page, harm);
  assert.match(page, '&lt;/td&gt;&lt;script&gt;');
});

t('html: charts have no NaN, whatever the run was like', () => {
  const none = judgeInput(usual, { run: runOf([]), victim: null, disruption: null, chaos: null });
  const short = judgeInput(usual, {
    run: runOf([...judgeInput(usual).run.samples].slice(0, 1)),
    victim: null,
    disruption: null,
    chaos: null,
  });
  const anonymous = judgeInput(usual, { run: runOf([...judgeInput(usual).run.samples].map((sample) => ({ ...sample, instance: '' }))) });
  const instant = judgeInput(usual, { run: runOf([...judgeInput(usual).run.samples].map((sample) => ({ ...sample, ms: 0 }))) });
  for (const input of [none, short, anonymous, instant]) {
    const page = seen(renderHtml(reportOf({ load: judge(input) })));
    assert.not.match(page, /NaN|Infinity|undefined|null/);
    assert.not.match(renderMarkdown(reportOf({ load: judge(input) })), /NaN|Infinity|undefined/);
    assert.not.match(renderText(reportOf({ load: judge(input) })), /NaN|Infinity|undefined/);
  }
});

t('a report with nothing but a stack can be rendered', () => {
  const empty = reportOf({
    plan: null,
    run: null,
    calls: null,
    checkAfter: null,
    load: null,
    victim: null,
    probes: [],
    timings: [],
    links: [],
  });
  for (const text of [renderHtml(empty), renderMarkdown(empty), renderText(empty)]) assert.match(text, 'webserver');
});

t('the fixture has what the tests above rest on', () => assert.ok(probes.length > 0 && changes.length === 4));

t.run();
