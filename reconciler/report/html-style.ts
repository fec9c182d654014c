/** The page's look. One string, since the page must stand alone; colours by role, for light and dark. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --line: #dfe3e8; --ink: #1b2128; --soft: #5c6773; --faint: #626d78;
  --good: #14703f; --good-back: #e3f5ea; --bad: #c4322b; --bad-back: #fdeceb; --doubt: #8a6100; --doubt-back: #fdf3d8;
  --change: #8f5a00; --replace: #8a3fb0; --latency: #2563c9; --error: #d6453d; --fault: #f3a61f22; --fault-line: #c98a16;
  --s0: #3b7dd8; --s1: #e08a3c; --s2: #3fa37a; --s3: #a26bc9; --s4: #c9587f; --s5: #7a8691;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0e1217; --card: #161c23; --line: #2a323c; --ink: #e6ebf0; --soft: #9aa6b2; --faint: #8f9aa6;
    --good: #4cc38a; --good-back: #12301f; --bad: #ff7b72; --bad-back: #3a1a1a; --doubt: #e3b341; --doubt-back: #332a10;
    --change: #e0a64a; --replace: #c792ea; --latency: #6ca6ff; --error: #ff7b72; --fault: #f3a61f26; --fault-line: #d9a136;
    --s0: #5b9bf3; --s1: #eda05a; --s2: #57bd94; --s3: #b98be0; --s4: #e07a9c; --s5: #8b97a3;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", sans-serif; }
main { max-width: 1040px; margin: 0 auto; padding: 32px 20px 48px; }
h1 { font-size: 26px; line-height: 1.25; margin: 10px 0 6px; letter-spacing: -0.01em; }
h1 .stack { font-weight: 700; } h1 .said { font-weight: 400; }
h2 { font-size: 16px; margin: 0; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 20px 22px; margin-top: 18px; }
section > p { margin: 8px 0 0; }
.soft { color: var(--soft); } .small { font-size: 13px; }
.facts { color: var(--soft); font-size: 13.5px; margin: 0; overflow-wrap: anywhere; }
.badge { display: inline-block; font-size: 12.5px; font-weight: 650; letter-spacing: .05em; text-transform: uppercase; padding: 4px 11px; border-radius: 999px; }
.good { color: var(--good); } .bad { color: var(--bad); } .doubt { color: var(--doubt); }
.badge.good { background: var(--good-back); } .badge.bad { background: var(--bad-back); } .badge.doubt { background: var(--doubt-back); }
.reasons { margin: 16px 0 0; padding: 12px 16px 12px 34px; border-radius: 10px; overflow-wrap: anywhere; }
.reasons.bad { background: var(--bad-back); } .reasons.doubt { background: var(--doubt-back); } .reasons.good { background: var(--good-back); }
.reasons li { color: var(--ink); } .reasons li + li { margin-top: 4px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(148px, 1fr)); gap: 12px; margin-top: 18px; }
.tile { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 13px 16px 12px; }
.tile .what { color: var(--soft); font-size: 13px; } .tile .much { font-size: 23px; font-weight: 650; letter-spacing: -0.01em; font-variant-numeric: tabular-nums; white-space: nowrap; }
.tile .limit { font-size: 12.5px; color: var(--soft); } .tile .mark { font-weight: 650; }
.scroll { overflow-x: auto; margin: 12px -22px 0; padding: 0 22px; }
table { border-collapse: collapse; width: 100%; font-size: 14px; font-variant-numeric: tabular-nums; }
thead th { text-align: left; font-weight: 600; color: var(--soft); font-size: 12.5px; padding: 6px 14px 6px 0; border-bottom: 1px solid var(--line); white-space: nowrap; }
td, tbody th { padding: 8px 14px 8px 0; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: break-word; }
tbody th { text-align: left; font-weight: 400; } tbody th.number { text-align: right; white-space: nowrap; }
tr:last-child td, tr:last-child th[scope=row] { border-bottom: 0; } th:last-child, td:last-child { padding-right: 0; }
td.number, th.number { text-align: right; white-space: nowrap; } td.keep { white-space: nowrap; }
td:first-child, tbody th { min-width: 7.5em; } tbody th.number { min-width: 0; } th.who { min-width: 10.5em; } th.who .note { overflow-wrap: anywhere; }
td .note, th .note { display: block; color: var(--soft); font-size: 12.5px; }
code, .mono { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: .92em; }
.chart { display: block; width: 100%; height: auto; margin-top: 12px; overflow: visible; }
.chart.narrow { display: none; } .chart text { fill: var(--soft); font-size: 12px; font-family: inherit; } .chart .grid { stroke: var(--line); stroke-width: 1; }
.chart .fault { fill: var(--fault); } .chart .event { stroke: var(--fault-line); stroke-width: 1.3; stroke-dasharray: 4 3; }
.chart.over .event { stroke: var(--ink); opacity: .55; } .chart .pin { fill: var(--card); stroke: var(--fault-line); stroke-width: 1.4; } .chart .pin-text { fill: var(--fault-line); font-weight: 700; text-anchor: middle; }
.chart .latency { fill: none; stroke: var(--latency); stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; } .chart .under { fill: var(--latency); opacity: .1; }
.chart .error { fill: var(--error); } .chart .limit { stroke: var(--bad); stroke-width: 1.2; stroke-dasharray: 2 4; } .chart text.limit-text { fill: var(--bad); stroke: none; }
.chart .phase { font-size: 11.5px; letter-spacing: .06em; text-transform: uppercase; text-anchor: middle; }
.legend { display: flex; flex-wrap: wrap; gap: 6px 18px; list-style: none; margin: 10px 0 0; padding: 0; font-size: 13px; color: var(--soft); }
.legend i { display: inline-block; width: 11px; height: 11px; border-radius: 3px; margin-right: 6px; vertical-align: -1px; }
.legend b { display: inline-block; min-width: 18px; height: 18px; line-height: 16px; border: 1.4px solid var(--fault-line); color: var(--fault-line); border-radius: 9px; text-align: center; font-size: 11.5px; margin-right: 6px; }
.path { display: flex; flex-wrap: wrap; gap: 4px 6px; align-items: center; } .path span { border: 1px solid var(--line); border-radius: 6px; padding: 0 7px; font-size: 12.5px; white-space: nowrap; }
.path .good { border-color: var(--good); } .path .bad { border-color: var(--bad); } .path .doubt { border-color: var(--doubt); }
.tag { border-radius: 6px; padding: 1px 7px; font-size: 12px; background: var(--doubt-back); color: var(--doubt); white-space: nowrap; }
.bar { height: 6px; border-radius: 3px; background: var(--line); margin-top: 5px; min-width: 70px; } .bar i { display: block; height: 6px; border-radius: 3px; }
tr:has(+ tr.below) > * { border-bottom: 0; padding-bottom: 2px; } tr.below td { padding-top: 0; }
details summary { cursor: pointer; font-weight: 600; font-size: 16px; } details[open] summary { margin-bottom: 4px; }
.change { border-top: 1px solid var(--line); padding: 10px 0 8px; } .change:first-of-type { border-top: 0; }
.change .title { font-weight: 600; overflow-wrap: anywhere; } .create .sign, .create .name { color: var(--good); } .update .sign, .update .name { color: var(--change); } .replace .sign, .replace .name { color: var(--replace); } .destroy .sign, .destroy .name { color: var(--bad); }
.where { color: var(--soft); font-size: 12.5px; font-weight: 400; margin-left: 4px; } .sign { display: inline-block; min-width: 36px; font-family: ui-monospace, Menlo, Consolas, monospace; } .fields { margin: 4px 0 0 36px; font-size: 13.5px; overflow-wrap: anywhere; } .fields div { padding: 1px 0; }
.fields .before { color: var(--bad); text-decoration: line-through; text-decoration-thickness: 1px; } .fields .after { color: var(--good); }
footer { color: var(--faint); font-size: 13px; margin-top: 22px; overflow-wrap: anywhere; } footer a, .facts a { color: var(--latency); }
[tabindex]:focus-visible, button:focus-visible, select:focus-visible, input:focus-visible, summary:focus-visible { outline: 2px solid var(--latency); outline-offset: 2px; }
.plot { border-radius: 8px; } .readout { min-height: 1.5em; margin: 6px 0 0; font-size: 13px; color: var(--ink); font-variant-numeric: tabular-nums; }
.chart .cursor { stroke: var(--ink); stroke-width: 1.2; opacity: .7; pointer-events: none; }
.scroll.tall { max-height: 420px; overflow-y: auto; } .values { margin-top: 12px; } details.values summary { font-size: 13.5px; font-weight: 500; color: var(--soft); }
.stage .zone { fill: none; stroke: var(--line); stroke-dasharray: 4 4; } .stage .node { fill: var(--card); stroke: var(--line); stroke-width: 1.3; }
.stage .node.good { stroke: var(--good); } .stage .node.bad { stroke: var(--bad); stroke-dasharray: 5 4; } .stage .node.doubt { stroke: var(--doubt); } .stage .front { stroke: var(--latency); }
.stage .flow { fill: none; stroke-dasharray: 12 8; opacity: .8; } .stage .flow.none { stroke: var(--line) !important; stroke-dasharray: none; }
.chart.stage text.name { fill: var(--ink); font-weight: 650; font-size: 13.5px; } .chart.stage text.state { font-weight: 650; } .chart.stage text.state.good { fill: var(--good); } .chart.stage text.state.bad { fill: var(--bad); } .chart.stage text.state.doubt { fill: var(--doubt); } .chart.stage text.rate { fill: var(--ink); font-variant-numeric: tabular-nums; }
[data-part=result]:not(:empty) { margin-top: 22px; } .filters, .controls { display: flex; flex-wrap: wrap; gap: 8px 14px; margin-top: 12px; align-items: center; font-size: 13.5px; color: var(--soft); }
button, select, input { font: inherit; color: var(--ink); background: var(--card); border: 1px solid var(--soft); border-radius: 8px; padding: 5px 12px; max-width: 100%; } button { cursor: pointer; } button:disabled { color: var(--soft); border-color: var(--line); cursor: default; } input { width: 6.5em; }
@media (max-width: 640px) {
  .fit { table-layout: fixed; } .fit th, .fit td, .fit th.number, .fit td.number { white-space: normal; min-width: 0; overflow-wrap: anywhere; padding-right: 6px; } .fit th.who { min-width: 0; width: 30%; } .fit .bar { min-width: 0; }
  main { padding: 20px 12px 36px; } section { padding: 16px 14px; border-radius: 10px; } h1 { font-size: 21px; }
  .scroll { margin: 10px -14px 0; padding: 0 14px; } .tiles { grid-template-columns: repeat(2, 1fr); gap: 8px; } .tile { padding: 10px 12px; } .tile .much { font-size: 19px; }
  .chart.wide { display: none; } .chart.narrow { display: block; }
  table { font-size: 13px; } td, th { padding-right: 10px; } .path { min-width: 150px; } .bar { min-width: 44px; } td:first-child, tbody th { min-width: 5em; }
  .tight table { font-size: 12.5px; } .tight td, .tight th { padding-right: 6px; } .tight tbody th { min-width: 62px; } .tight td .note { font-size: 11px; white-space: normal; }
}
.trends { display: grid; grid-template-columns: repeat(auto-fill, minmax(220px, 1fr)); gap: 14px; margin-top: 12px; } figure { margin: 0; } figcaption { font-size: 13px; color: var(--soft); } .trend { margin-top: 4px; }
@media print {
  :root { color-scheme: light; --page: #fff; --card: #fff; --line: #c9ced4; --ink: #000; --soft: #444; --faint: #555; --good: #14663c; --bad: #a82822; --doubt: #6d4d00; --latency: #1d4fa3; --fault-line: #8a5d08; --good-back: #fff; --bad-back: #fff; --doubt-back: #fff; }
  section, .tile { break-inside: avoid; } .controls, .filters, .readout, .values { display: none; } .scroll.tall { max-height: none; overflow: visible; } .scroll { overflow: visible; }
}
`;
