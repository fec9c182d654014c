import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { readPoints, splitRow } from '../../../reconciler/load/points.ts';
import { suite } from '../../support/suite.ts';

const t = suite('points');
const HEADER = 'metric_name,timestamp,metric_value,error_code,expected_response,method,name,scenario,status,extra_tags,metadata';
const recorded = (end: number, ms: number, status: number, error = 0, instance = 'i-0a1b2c3d') =>
  `albedo_request,${end},${ms},${error},,,,load,${status},instance=${instance},`;
const trail = (end: number, blocked: number, duration: number, status: number, failed: 0 | 1, error = '') =>
  [
    ['http_reqs', 1],
    ['http_req_duration', duration],
    ['http_req_blocked', blocked],
    ['http_req_connecting', blocked / 2],
    ['http_req_sending', 0.1],
    ['http_req_waiting', duration - 0.1],
    ['http_req_failed', failed],
  ]
    .map(([metric, value]) => `${metric},${end},${value},${error},true,GET,visit,load,${status},,`)
    .join('\n');
const read = (...lines: string[]) => {
  const points = readPoints();
  points.file().push(`${[HEADER, ...lines].join('\n')}\n`);
  const end = points.end();
  return { ...end, samples: [...end.samples] };
};

t('a request began before the time k6 gives it: that is its end', () => {
  assert.equal(read(recorded(10_000, 250, 200)).samples, [
    { at: 9750, ms: 250, ok: true, status: 200, errorCode: 0, instance: 'i-0a1b2c3d' },
  ]);
});

const rows: [string, number, number, boolean][] = [
  ['200', 200, 0, true],
  ['302', 302, 0, true],
  ['404', 404, 1404, false],
  ['503', 503, 1503, false],
  ['no answer', 0, 1050, false],
  ['no answer, no code', 0, 0, false],
  ['a status, and the body broke off', 200, 1220, false],
];
for (const [what, status, error, ok] of rows) {
  t(`ok or not: ${what}`, () => assert.is(read(recorded(1000, 1, status, error)).samples[0]?.ok, ok));
}

t('status and code may be extra tags, when the script keeps its own system tags', () => {
  const { samples } = read('albedo_request,1000,5,,,,,load,,error_code=1212&instance=i-00000001&status=0,');
  assert.equal(samples, [{ at: 995, ms: 5, ok: false, status: 0, errorCode: 1212, instance: 'i-00000001' }]);
});

t('a script that records nothing is read from k6’s own rows, waiting for a connection included', () => {
  const { samples } = read(trail(5000, 100, 300, 200, 0), trail(5100, 0, 50, 503, 1, '1503'));
  assert.equal(samples, [
    { at: 4600, ms: 400, ok: true, status: 200, errorCode: 0, instance: '' },
    { at: 5050, ms: 50, ok: false, status: 503, errorCode: 1503, instance: '' },
  ]);
});

t('recorded rows are not counted twice beside k6’s own', () => {
  assert.is(read(trail(5000, 1, 2, 200, 0), recorded(5000, 3, 200)).samples.length, 1);
});

t('samples are ordered by their beginning, not by their end', () => {
  assert.equal(
    read(recorded(2000, 5, 200), recorded(3000, 2500, 200)).samples.map((each) => each.at),
    [500, 1995],
  );
});

t('dropped iterations are added up; other metrics are passed over', () => {
  const { dropped, samples } = read('dropped_iterations,1000,3,,,,,load,,,', 'dropped_iterations,2000,4,,,,,load,,,', 'vus,1000,5,,,,,,,,');
  assert.is(dropped, 7);
  assert.is(samples.length, 0);
});

t('a row cut short by the end, or out of shape, is left out and counted', () => {
  const points = readPoints();
  points
    .file()
    .push(`${HEADER}\n${recorded(1000, 1, 200)}\nalbedo_request,x,1,0,,,,load,200,,\nalbedo_request,1000\nalbedo_request,2000,1,0,,,,lo`);
  const { samples, malformed } = points.end();
  assert.is(samples.length, 1);
  assert.is(malformed, 3);
});

t('iterations are counted, and failures that the script did not record beside those that it did', () => {
  const iteration = 'iterations,1000,1,,,,,load,,,';
  const lost = trail(5000, 1, 2, 503, 1, '1503');
  const { iterations, unrecorded } = read(lost, lost, recorded(5000, 3, 503, 1503), iteration, iteration, iteration);
  assert.equal([iterations, unrecorded], [3, 1]);
  assert.is(read(lost, lost).unrecorded, 0, 'a script that records nothing is read from these rows');
});

t('several files are one load: merged to the last sample, each told of by itself', () => {
  const iteration = 'iterations,1000,1,,,,,load,,,';
  const files = [
    [recorded(2000, 5, 200), iteration, 'dropped_iterations,1000,3,,,,,load,,,'],
    // This one has only what k6 itself saw: the script broke off before it recorded.
    [trail(1000, 1, 2, 503, 1, '1503')],
    [recorded(1500, 5, 503, 1503), recorded(3000, 2500, 200), iteration, iteration],
  ];
  const points = readPoints();
  const readers = files.map((rows) => {
    const file = points.file();
    file.push(`${[HEADER, ...rows].join('\n')}\n`);
    return file;
  });
  assert.equal(points.counted(), { requests: 3, failed: 1 });
  assert.equal(
    readers.map((file) => file.told()),
    [
      { requests: 1, iterations: 1, dropped: 3, firstAt: 1995, malformed: 0 },
      { requests: 0, iterations: 0, dropped: 0, firstAt: undefined, malformed: 0 },
      { requests: 2, iterations: 2, dropped: 0, firstAt: 500, malformed: 0 },
    ],
  );
  const { samples, traffic: _, ...rest } = points.end();
  assert.equal(
    [...samples].map(({ at }) => at),
    [500, 1495, 1995],
  );
  assert.equal(rest, { dropped: 3, iterations: 3, unrecorded: 0, malformed: 0 });
});

t('quoted fields', () => {
  assert.equal(splitRow('a,"b,c",d'), ['a', 'b,c', 'd']);
  assert.equal(splitRow('"say ""no""",'), ['say "no"', '']);
});

t('property: however the file is cut into pieces, the samples are the same', () => {
  const row = fc.record({
    end: fc.integer({ min: 10_000, max: 99_999 }),
    ms: fc.integer({ min: 0, max: 5000 }),
    status: fc.constantFrom(0, 200, 503),
  });
  fc.assert(
    fc.property(
      fc.array(row, { minLength: 1, maxLength: 20 }),
      fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 }),
      (list, cuts) => {
        const text = `${[HEADER, ...list.map((each) => recorded(each.end, each.ms, each.status))].join('\r\n')}\r\n`;
        const whole = readPoints();
        whole.file().push(text);
        const counted = whole.counted();
        const pieces = readPoints();
        const file = pieces.file();
        let at = 0;
        for (let i = 0; at < text.length; i++) {
          const size = cuts[i % cuts.length] ?? 1;
          file.push(text.slice(at, at + size));
          at += size;
        }
        const expected = whole.end();
        assert.is(expected.samples.length, list.length);
        assert.is(counted.failed, list.filter((each) => each.status !== 200).length);
        const other = pieces.end();
        assert.equal([...other.samples], [...expected.samples]);
        assert.equal({ ...other, samples: [] }, { ...expected, samples: [] });
      },
    ),
  );
});

t.run();
