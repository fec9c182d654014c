/** JUnit XML as a CI system reads it: well-formed whatever is in it, counted right, a case for each thing that was checked. */

import fc from 'fast-check';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import * as assert from 'uvu/assert';
import { judge } from '../../../reconciler/load/judge.ts';
import { junit } from '../../../reconciler/report/formats/junit.ts';
import { buildReport, REPORT_VERDICTS, type Report } from '../../../reconciler/report/report.ts';
import { suite } from '../../support/suite.ts';
import { judgeInput, usual } from '../load/samples.ts';
import { changes, objectives, reportOf } from './fixture.ts';

const t = suite('junit');

interface Node {
  readonly [key: string]: unknown;
}
interface CaseNode {
  readonly classname: string;
  readonly name: string;
  readonly failure?: Node;
  readonly error?: Node;
  readonly skipped?: Node;
}
interface SuiteNode {
  readonly name: string;
  readonly tests: string;
  readonly failures: string;
  readonly errors: string;
  readonly skipped: string;
  readonly testcase: readonly CaseNode[];
}

function read(text: string): readonly SuiteNode[] {
  assert.is(XMLValidator.validate(text), true, text);
  const parser = new XMLParser({
    ...{ ignoreAttributes: false, attributeNamePrefix: '', processEntities: true, htmlEntities: true, parseAttributeValue: false },
    isArray: (name) => name === 'testsuite' || name === 'testcase',
  });
  return (parser.parse(text) as { testsuites: { testsuite: readonly SuiteNode[] } }).testsuites.testsuite;
}
const casesOf = (report: Report): readonly CaseNode[] => read(junit.render(report)).flatMap((each) => each.testcase);
const bad = (cases: readonly CaseNode[]) => cases.filter((each) => each.failure !== undefined || each.error !== undefined);
const names = (cases: readonly CaseNode[]) => cases.map(({ classname, name }) => `${classname}: ${name}`);

t('a pass: guard, each step, the second plan, each probe and each objective are cases, and none is bad', () => {
  const report = reportOf();
  const cases = casesOf(report);
  assert.equal(bad(cases), []);
  for (const step of report.run?.steps ?? []) assert.ok(names(cases).includes(`webserver.apply: ${step.title}`));
  for (const probe of report.probes) assert.ok(names(cases).includes(`webserver.probes: ${probe.name}`));
  assert.is(names(cases).filter((name) => name.startsWith('webserver.objectives: ')).length, Object.keys(objectives).length);
});

t('an objective that was missed is a failure with figure and limit; one that was not evaluated is an error', () => {
  const missed = casesOf(reportOf({ load: judge(judgeInput(usual, { objectives: { errorRate: 0 } })) }));
  assert.equal(
    bad(missed).map(({ name, failure }) => [name, failure?.['type']]),
    [['errors', 'missed']],
  );
  assert.match(String(bad(missed)[0]?.failure?.['message']), /% is over the limit of 0\.00 %/);
  const blind = judge(judgeInput(usual, { objectives: { recovery: 5 }, disruption: null, victim: null, refusal: 'one target only' }));
  const told = bad(casesOf(reportOf({ load: blind, victim: null })));
  assert.ok(told.some(({ error }) => error?.['type'] === 'not-evaluated'));
  assert.ok(told.some(({ error }) => String(error?.['#text'] ?? error?.['message']).includes('one target only')));
});

t('what guard refuses, one by one, with what would allow it', () => {
  const refusals = ['listener/http', 'targetGroup/web'].map((address) => ({
    ...{ address, label: 'it', reason: 'it would lose requests', remedy: `Say --allow-drop ${address}` },
  })) as never as Report['refusals'];
  const cases = casesOf(reportOf({ run: null, checkAfter: null, load: null, victim: null, probes: [], refusals }));
  assert.equal(
    bad(cases).map(({ name }) => name),
    ['listener/http', 'targetGroup/web'],
  );
  assert.match(String(bad(cases)[0]?.failure?.['message']), '--allow-drop listener/http');
});

t('a second plan that is not empty, a failed probe and a failed step are bad; a step that never began is skipped', () => {
  const { run } = reportOf();
  assert.ok(run);
  const [first, second] = run.steps;
  assert.ok(first && second);
  const steps = [
    { ...first, outcome: 'failed' as const, error: { code: 'AccessDenied', message: 'no <way>' } },
    { ...second, outcome: 'cancelled' as const },
  ];
  const report = reportOf({
    run: { ...run, outcome: 'failed', steps },
    checkAfter: { changes },
    load: null,
    probes: [{ name: 'http: answers', outcome: 'failed', detail: 'No.', expected: '200', got: '503' }],
  });
  const cases = casesOf(report);
  assert.equal(
    bad(cases).map((each) => [each.name, (each.failure ?? each.error)?.['type']]),
    [
      [first.title, 'AccessDenied'],
      ['a second plan is empty', 'NotConverged'],
      ['http: answers', 'probe'],
    ],
  );
  assert.is(cases.filter(({ skipped }) => skipped !== undefined).length, 1);
});

t('no verdict but a good one comes without a bad or skipped case', () => {
  const good = ['changes', 'pass', 'applied', 'destroyed', 'glanced', 'unchanged'];
  const blank = { stack: 'web', account: '', region: 'us-east-1', createdAt: 0 };
  for (const verdict of REPORT_VERDICTS) {
    const report: Report = { ...buildReport(blank), verdict, headline: `it is ${verdict}` };
    const cases = casesOf(report);
    const quiet = cases.every((each) => each.failure === undefined && each.error === undefined && each.skipped === undefined);
    assert.is(quiet, good.includes(verdict), verdict);
    assert.ok(cases.length > 0);
  }
});

t('an error that ended a stack early is one case with what to do', () => {
  const failure = { verdict: 'failed' as const, code: 'AwsRefused', message: 'AWS said no', hint: 'Ask again.' };
  const cases = casesOf(buildReport({ stack: 'web', account: '', region: 'us-east-1', createdAt: 0, failure }));
  assert.is(bad(cases).length, 1);
  assert.match(String(bad(cases)[0]?.error?.['message']), 'AWS said no. Ask again.');
});

t('several stacks are one document, with a suite for each', () => {
  const text = junit.renderAll([reportOf(), reportOf({ stack: 'shop', region: 'eu-west-1' })]);
  assert.equal(
    read(text).map(({ name }) => name),
    [`webserver (${reportOf().region})`, 'shop (eu-west-1)'],
  );
  assert.is(text.match(/<\?xml/g)?.length, 1);
});

t('whatever text comes in, it is well-formed, counts agree, and reads back as the text it was', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 30 }), (word) => {
      const evil = `${word}<&>"']]>\u0000\u001b[31m\ud800\uffff<!ENTITY x "y">\n&#0;`;
      const report = reportOf({
        ...{ stack: evil, region: evil, account: evil },
        probes: [{ name: evil, outcome: 'failed', detail: evil, expected: evil, got: evil }],
        failure: { verdict: 'failed', code: 'Internal', message: evil, hint: evil },
      });
      const text = junit.render(report);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: those that XML 1.0 cannot hold.
      assert.not.match(text, /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/);
      assert.not.match(text, /\p{Surrogate}/u);
      const [only] = read(text);
      assert.ok(only);
      const of = (key: 'failure' | 'error' | 'skipped') => String(only.testcase.filter((each) => each[key] !== undefined).length);
      assert.equal(
        [only.tests, only.failures, only.errors, only.skipped],
        [String(only.testcase.length), ...(['failure', 'error', 'skipped'] as const).map(of)],
      );
      assert.ok(only.testcase.some(({ name }) => name.includes(`<&>"']]>`) && name.includes('<!ENTITY x "y">')));
    }),
    { numRuns: 20 },
  );
});

t.run();
