/**
 * JUnit XML, which CI systems show as tests: a suite a stack, a case for each thing that was checked. The elements are those of the
 * schema of Jenkins' xUnit plugin (junit-10.xsd), which GitLab, Azure Pipelines, CircleCI and the others read. Pure.
 */

import { wordsOf } from '../../chaos/experiments.ts';
import type { ObjectiveResult } from '../../load/types.ts';
import { objectiveLabel, objectiveValue, refusalText } from '../format.ts';
import { failureText, type Report, type ReportVerdict } from '../report.ts';
import { reportFormat } from './form.ts';

/** `failure`: what was checked is not as it should be. `error`: it could not be checked. `skipped`: nobody asked. */
type Result = { readonly is: 'passed' } | { readonly is: 'failure' | 'error' | 'skipped'; readonly type: string; readonly message: string };

interface Case {
  /** What was looked at, such as `apply`; the stack goes before it. */
  readonly group: string;
  readonly name: string;
  readonly seconds: number;
  readonly result: Result;
}

const passed: Result = { is: 'passed' };

/** Verdicts that no case of its own tells: what is left when all that was checked is in order and the report still is not. */
const UNWELL: Readonly<Partial<Record<ReportVerdict, 'failure' | 'error' | 'skipped'>>> = {
  failed: 'error',
  refused: 'failure',
  missed: 'failure',
  inconclusive: 'error',
  notReached: 'skipped',
};

function casesOf(report: Report): readonly Case[] {
  const { refusals, run, checkAfter, load, probes, failure, underLoad } = report;
  const cases: Case[] = [];
  const add = (group: string, name: string, result: Result, ms = 0): void => void cases.push({ group, name, seconds: ms / 1000, result });
  for (const refusal of refusals) add('guard', refusal.address, { is: 'failure', type: 'refused', message: refusalText(refusal) });
  if (report.plan !== null && refusals.length === 0) add('guard', 'the plan is allowed', passed);
  for (const step of run?.steps ?? []) {
    const error = step.error ?? { code: 'Unknown', message: 'no message' };
    const result: Result =
      step.outcome === 'done'
        ? passed
        : step.outcome === 'failed'
          ? { is: 'error', type: error.code, message: error.message }
          : { is: 'skipped', type: step.outcome, message: 'not done, since the run ended before it' };
    add('apply', step.title, result, (step.endedAt ?? 0) - (step.startedAt ?? step.endedAt ?? 0));
  }
  if (checkAfter !== null) {
    const { changes } = checkAfter;
    const message = changes.map(({ address }) => address).join(', ');
    add('apply', 'a second plan is empty', changes.length === 0 ? passed : { is: 'failure', type: 'NotConverged', message });
  }
  for (const { name, outcome, detail, expected, got } of probes) {
    const message = expected === '' ? detail : `${detail} Expected ${expected}, got ${got}.`;
    add('probes', name, outcome === 'pass' ? passed : { is: outcome === 'failed' ? 'failure' : 'skipped', type: 'probe', message });
  }
  for (const objective of load?.objectives ?? [])
    add('objectives', objectiveLabel(objective.name, wordsOf(load?.chaos)), objectiveResult(objective));
  for (const [index, each] of (load?.experiments ?? []).entries()) {
    const group = `experiment ${index + 1} ${each.name}`;
    for (const objective of each.load?.objectives ?? [])
      add(group, objectiveLabel(objective.name, wordsOf(each.load?.chaos)), objectiveResult(objective));
    const message = each.reasons.join('\n');
    const result: Result =
      each.verdict === 'notReached' ? { is: 'skipped', type: 'notReached', message } : doubtOf(each.verdict, each.reasons);
    add(group, 'it has a result', result, each.load === null ? 0 : each.load.endedAt - each.load.startedAt);
  }
  if (load !== null) add('verify', 'the load test has a result', doubtOf(load.verdict, load.reasons), load.endedAt - load.startedAt);
  if (underLoad?.kind === 'loaded')
    for (const objective of underLoad.objectives) add('under load', objectiveLabel(objective.name), objectiveResult(objective));
  if (failure !== null && !(failure.code === 'GuardRefused' && refusals.length > 0)) {
    const is = failure.verdict === 'refused' ? 'failure' : failure.verdict === 'notReached' ? 'skipped' : 'error';
    add('run', report.headline, { is, type: failure.code, message: failureText(failure) });
  }
  const unwell = UNWELL[report.verdict];
  if (unwell !== undefined && !cases.some(({ result }) => result.is === 'failure' || result.is === 'error' || unwell === 'skipped'))
    add('run', report.headline, { is: unwell, type: report.verdict, message: report.reasons.join('\n') || report.headline });
  if (cases.length === 0) add('run', report.headline, passed);
  return cases;
}

const doubtOf = (verdict: 'pass' | 'missed' | 'inconclusive', reasons: readonly string[]): Result =>
  verdict === 'inconclusive' ? { is: 'error', type: 'inconclusive', message: reasons.join('\n') } : passed;

function objectiveResult({ result, limit, measured, unit, detail }: ObjectiveResult): Result {
  if (result === 'pass') return passed;
  if (result === 'not-evaluated') return { is: 'error', type: 'not-evaluated', message: detail };
  const figure = measured === null ? '' : `${objectiveValue(measured, unit)} is over the limit of ${objectiveValue(limit, unit)}: `;
  return { is: 'failure', type: 'missed', message: `${figure}${detail}` };
}

/** Characters that XML 1.0 has no way to write, not even escaped (section 2.2, Char), and halves of pairs. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to be shown.
const NO_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffe\uffff]|\p{Surrogate}/gu;
const ESCAPED: Readonly<Record<string, string>> = {
  ...{ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' },
  // Else a reader makes blanks of them in an attribute (section 3.3.3).
  ...{ '\n': '&#10;', '\r': '&#13;', '\t': '&#9;' },
};
const xml = (text: string): string => text.replace(NO_XML, '�').replace(/[&<>"'\n\r\t]/g, (c) => ESCAPED[c] ?? c);

function caseText(stack: string, { group, name, seconds, result }: Case): string {
  const open = `    <testcase classname="${xml(`${stack}.${group}`)}" name="${xml(name)}" time="${seconds.toFixed(3)}"`;
  if (result.is === 'passed') return `${open}/>`;
  const [first = ''] = result.message.split('\n');
  const body =
    result.is === 'skipped'
      ? `<skipped message="${xml(result.message)}"/>`
      : `<${result.is} type="${xml(result.type)}" message="${xml(first)}">${xml(result.message)}</${result.is}>`;
  return `${open}>\n      ${body}\n    </testcase>`;
}

function suiteOf(report: Report): { readonly text: string; readonly cases: readonly Case[]; readonly seconds: number } {
  const cases = casesOf(report);
  const seconds = report.timings.reduce((sum, { ms }) => sum + ms, 0) / 1000;
  const name = report.region === '' ? report.stack : `${report.stack} (${report.region})`;
  const lines = [
    `  <testsuite name="${xml(name)}" ${countsOf(cases)} time="${seconds.toFixed(3)}" timestamp="${new Date(report.createdAt).toISOString().slice(0, 19)}">`,
    '    <properties>',
    ...(['verdict', 'headline', 'region', 'account'] as const).map((key) => `      <property name="${key}" value="${xml(report[key])}"/>`),
    '    </properties>',
    ...cases.map((each) => caseText(report.stack, each)),
    '  </testsuite>',
  ];
  return { text: lines.join('\n'), cases, seconds };
}

function countsOf(cases: readonly Case[]): string {
  const number = (is: Result['is']): number => cases.filter(({ result }) => result.is === is).length;
  return `tests="${cases.length}" failures="${number('failure')}" errors="${number('error')}" skipped="${number('skipped')}"`;
}

function renderAll(reports: readonly Report[]): string {
  const suites = reports.map(suiteOf);
  const cases = suites.flatMap((each) => each.cases);
  const seconds = suites.reduce((sum, each) => sum + each.seconds, 0);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="albedo" ${countsOf(cases)} time="${seconds.toFixed(3)}">`,
    ...suites.map(({ text }) => text),
    '</testsuites>',
    '',
  ].join('\n');
}

export const junit = reportFormat({
  name: 'junit',
  extension: 'xml',
  contentType: 'application/xml; charset=utf-8',
  purpose: 'for the test view of a CI system: all checks as JUnit XML',
  prints: 'together',
  render: (report) => renderAll([report]),
  renderAll,
});
