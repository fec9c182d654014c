/** Every form of the report, whatever there is: unlike names, files and media types, and a text of every report. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { FORMATS, formatNamed, PRINTED, REPORT_FILES } from '../../../reconciler/report/formats.ts';
import { writeReport } from '../../../reconciler/run/report-files.ts';
import { suite } from '../../support/suite.ts';
import { load, reportOf } from './fixture.ts';

const t = suite('report formats');
const root = new URL('../../../', import.meta.url).pathname;
const reports = [
  reportOf(),
  reportOf({ load: null, victim: null, probes: [] }),
  reportOf({ plan: null, run: null, calls: null, checkAfter: null, load, probes: [] }),
  reportOf({ plan: null, run: null, failure: { verdict: 'failed', code: 'AwsRefused', message: 'no answer', hint: 'Try again.' } }),
];

t('each file of the folder is in the list, under its own name', () => {
  const files = readdirSync(join(root, 'reconciler/report/formats')).filter((file) => file !== 'form.ts');
  assert.equal(files.sort(), FORMATS.map(({ name }) => `${name}.ts`).sort());
});

t('names and files are unlike, and each has a media type and a purpose', () => {
  assert.is(new Set(FORMATS.map(({ name }) => name)).size, FORMATS.length);
  assert.is(new Set(REPORT_FILES.map(({ file }) => file)).size, REPORT_FILES.length);
  for (const { contentType, purpose } of FORMATS) {
    assert.match(contentType, /^[a-z]+\/[a-z+-]+(; charset=utf-8)?$/);
    assert.ok(purpose.length > 5);
  }
  assert.is(formatNamed('text'), FORMATS[0]);
  assert.throws(() => formatNamed('pdf'), 'pdf');
  assert.ok(PRINTED.every(({ prints }) => prints !== 'nothing') && PRINTED.length < FORMATS.length);
});

for (const format of FORMATS)
  t(`${format.name}: every report has a text that names its stack, the same each time`, () => {
    for (const report of reports) {
      const text = format.render(report);
      assert.match(text, report.stack);
      assert.is(format.render(report), text);
      if ('renderAll' in format) assert.match(format.renderAll([report, { ...report, stack: 'another' }]), 'another');
      if ('overview' in format) {
        const none = (word: string): string => word;
        const palette = new Proxy({}, { get: () => none }) as never;
        assert.match(format.overview([{ report, ms: 5 }], palette), report.stack);
      }
    }
  });

t('a folder of reports holds a file for each that has one, and no other', () => {
  const folder = mkdtempSync(join(tmpdir(), 'albedo-report-'));
  try {
    writeReport(join(folder, 'web'), reportOf());
    assert.equal(readdirSync(join(folder, 'web')).sort(), REPORT_FILES.map(({ file }) => file).sort());
    for (const { file, format } of REPORT_FILES) assert.is(readFileSync(join(folder, 'web', file), 'utf8'), format.render(reportOf()));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

t.run();
