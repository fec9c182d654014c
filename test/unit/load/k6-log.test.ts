import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { complaintsOf } from '../../../reconciler/load/k6-log.ts';
import { suite } from '../../support/suite.ts';

const t = suite('k6-log');
// As k6 v2.2.0 wrote them.
const THROWN =
  'time="2026-11-29T20:55:24Z" level=error msg="Error: cart\\n is empty\\n\\tat default (file:///script/a.js:4:169(25))\\n" executor=constant-arrival-rate hint="script exception" scenario=load source=stacktrace';
const SAID = 'time="2026-11-29T20:55:24Z" level=error msg="source=stacktrace" source=console';
const CROSSED = `time="2026-11-29T20:55:25Z" level=error msg="thresholds on metrics 'checks, http_req_failed' have been crossed"`;
const LIED = `time="2026-11-29T20:55:25Z" level=error msg="thresholds on metrics 'checks' have been crossed" source=console`;

t('exceptions and crossed thresholds are counted, what the script prints is not', () => {
  const { exceptions, thresholds, lastException } = read(`${THROWN}\n${SAID}\n${LIED}\n${THROWN}\n${CROSSED}\n`);
  assert.is(exceptions, 2);
  assert.is(lastException, 'a.js:4:169: Error: cart');
  assert.equal(thresholds, ['checks', 'http_req_failed']);
  assert.equal(read(`${SAID}\n${LIED}\n`), { exceptions: 0, thresholds: [], lastException: '', lastError: '' });
});

t('a threshold that ends the load is named too', () => {
  const aborted = CROSSED.replace('have been crossed', 'were crossed; at least one has abortOnFail enabled, stopping test prematurely');
  assert.equal(read(`${aborted}\n`).thresholds, ['checks', 'http_req_failed']);
  assert.equal(read(`${CROSSED.replace('have been crossed', 'were checked')}\n`).thresholds, []);
});

t('property: pieces may be cut anywhere, and the last line need not end', () => {
  const text = [THROWN, SAID, CROSSED, THROWN].join('\n');
  fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1 }), (cuts) => assert.equal(read(text, cuts), read(text))));
});

function read(text: string, cuts: readonly number[] = [text.length]) {
  const complaints = complaintsOf();
  let at = 0;
  for (let n = 0; at < text.length; n++) {
    const size = cuts[n % cuts.length] ?? 1;
    complaints.push(text.slice(at, at + size));
    at += size;
  }
  return complaints.end();
}

t.run();
