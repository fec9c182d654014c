/** What a load needs in capacity units: by the formulas of the price page, each dimension, and honest about what was not measured. */
import * as assert from 'uvu/assert';
import { readPoints } from '../../../reconciler/load/points.ts';
import type { LoadReport, Traffic } from '../../../reconciler/load/types.ts';
import { costOf, costText, costUnderLoad } from '../../../reconciler/report/cost.ts';
import { lcuOf, lcuText } from '../../../reconciler/report/lcu.ts';
import { changed, type SpecData, stackOf, tutorial } from '../../support/stacks.ts';
import { suite } from '../../support/suite.ts';
import { reportOf, load as usual } from './fixture.ts';

const t = suite('capacity units');

/** A load of 100 s with so many requests. */
const load = (traffic: Partial<Traffic>, count = 1000): LoadReport => ({
  ...usual,
  ...{ startedAt: 0, endedAt: 100_000, overall: { ...usual.overall, count } },
  traffic: { bytesSent: 1, bytesReceived: 0, connections: 0, users: 0, ...traffic },
});
const lcu = (traffic: Partial<Traffic>, count?: number, rules?: number) => {
  const estimate = lcuOf(load(traffic, count), rules);
  assert.ok(estimate !== null);
  return estimate;
};

// As in the examples of the price page: 25 new connections a second, 3,000 active ones, 1 GB an hour, 1,000 evaluations a second are one unit each.
t('each dimension by its formula, and the largest is paid', () => {
  const one = lcu({ connections: 2500 });
  assert.equal([one.lcu, one.paidFor, one.hourly, Math.round(one.monthly * 100) / 100], [1, 'new connections', 0.008, 5.84]);
  assert.equal([lcu({ users: 6000 }).lcu, lcu({ users: 6000 }).paidFor], [2, 'active connections']);
  // A gigabyte in an hour are 27.8 MB in 100 s, in both directions together.
  const bytes = lcu({ bytesSent: 1e9 / 72, bytesReceived: 1e9 / 72 });
  assert.equal([Math.round(bytes.lcu * 1e6) / 1e6, bytes.paidFor], [1, 'processed bytes']);
  // 20 rules, 10 of them free, and 1,000 requests a second: 10,000 evaluations a second.
  const rules = lcu({}, 100_000, 20);
  assert.equal([rules.lcu, rules.paidFor], [10, 'rule evaluations']);
  assert.is(lcu({}, 100_000, 10).dimensions.find(({ name }) => name === 'rule evaluations')?.lcu, 0);
});

t('says which dimension was not measured', () => {
  const estimated = lcu({})
    .dimensions.filter(({ estimate }) => estimate !== '')
    .map(({ name }) => name);
  assert.equal(estimated, ['active connections', 'processed bytes', 'rule evaluations']);
  assert.match(
    lcuText(load({ connections: 2500 })),
    'Capacity: 1 LCU, for new connections: under $0.01 an hour, or $5.84 a month if this load went on. In LCU: new connections 1, ',
  );
  assert.match(lcuText(load({ connections: 2500 })), 'rule evaluations 0 (estimated). Prices of us-east-1, 2025-01.');
});

t('no estimate for a report without figures, or with figures that cannot be', () => {
  const { traffic: _, ...without } = load({});
  for (const each of [
    without as LoadReport,
    { ...load({}), endedAt: 0 },
    load({}, 0),
    load({ bytesSent: 0 }),
    load({ users: Number.NaN }),
    load({ users: '7' as never }),
    load({ bytesSent: -5 }),
  ])
    assert.is(lcuText(each), '');
});

t('k6 counts: bytes both ways, connections that were made, the most users of each process', () => {
  const points = readPoints();
  const head = 'metric_name,timestamp,metric_value,status,error_code,extra_tags\n';
  const rows = (...all: readonly (readonly [string, number])[]): string =>
    all.map(([name, value]) => `${name},1000,${value},,,\n`).join('');
  points
    .file()
    .push(
      head +
        rows(
          ['data_sent', 100],
          ['data_received', 900],
          ['http_req_connecting', 0.4],
          ['http_req_connecting', 0],
          ['vus', 3],
          ['vus', 5],
          ['vus', 1],
        ),
    );
  points
    .file()
    .push(head + rows(['data_sent', 50], ['data_received', -1], ['data_received', Number.NaN], ['http_req_connecting', 2], ['vus', 4]));
  assert.equal(points.end().traffic, { bytesSent: 150, bytesReceived: 900, connections: 2, users: 9 });
});

t('`cost --report`: the newest load test of the stack, with the rules of its spec', () => {
  const stack = stackOf(
    changed((spec: SpecData) => {
      const rules = Array.from({ length: 14 }, (_, n) => [`r${n}`, { if: { path: [`/r${n}`] }, forward: 'web' }]);
      spec.listeners.http.rules = { ...spec.listeners.http.rules, ...Object.fromEntries(rules) };
    }),
  );
  const cost = costOf(stack);
  const at = (createdAt: number, more: object = {}) => ({
    file: `${createdAt}.json`,
    report: { ...reportOf({ load: load({ connections: 2500 }, 100_000) }), stack: stack.name, region: stack.region, createdAt, ...more },
  });
  const under = costUnderLoad(cost, stack, [at(2), at(3), at(9, { stack: 'other' }), at(1)]).underLoad;
  const evaluated = under?.dimensions.find(({ name }) => name === 'rule evaluations');
  const rules = stack.desired.filter(({ kind, values }) => kind === 'rule' && JSON.stringify(values['listener']).includes('http')).length;
  assert.equal([under?.file, under?.measuredAt], ['3.json', 3]);
  assert.is(evaluated?.used, 1000 * (rules - 10));
  assert.ok(rules > 10);
  assert.match(
    costText(costUnderLoad(cost, stack, [at(3)])),
    /Under the load measured at 1970-01-01 00:00:00 UTC \(3\.json\): .* LCU, for /,
  );
  assert.equal(costUnderLoad(cost, stack, [at(3, { load: null })]), cost);
  assert.not.match(costText(costOf(stackOf(tutorial()))), 'Under the load');
});

t.run();
