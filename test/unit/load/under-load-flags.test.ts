import * as assert from 'uvu/assert';
import { readUnderLoad, type UnderLoadFlags } from '../../../reconciler/cli/under-load.ts';
import { judgeApply } from '../../../reconciler/load/judge-apply.ts';
import type { UnderLoadReport } from '../../../reconciler/load/under-load-types.ts';
import { buildReport } from '../../../reconciler/report/report.ts';
import { suite } from '../../support/suite.ts';
import { plan, run } from '../report/fixture.ts';

const t = suite('under load: flags');

/** As commander hands it over: the default stands in `specs` when none was given. */
const read = (existing: readonly string[], flags: UnderLoadFlags) => {
  const { specs, flags: said } = readUnderLoad(existing.length === 0 ? ['environments'] : existing, existing.length, flags);
  return [specs, said.underLoad];
};

t('a rate, or none', () => {
  assert.equal(read(['a.yaml'], { underLoad: '200' }), [['a.yaml'], '200']);
  assert.equal(read(['a.yaml'], { underLoad: '200/s' }), [['a.yaml'], '200/s']);
  assert.equal(read(['a.yaml'], { underLoad: true }), [['a.yaml'], true]);
  assert.equal(read(['a.yaml'], {}), [['a.yaml'], undefined]);
});

t('what follows the flag and is no rate is a spec', () => {
  assert.equal(read([], { underLoad: 'a.yaml' }), [['a.yaml'], true], 'in the place of the default');
  assert.equal(read(['b.yaml'], { underLoad: 'a.yaml' }), [['a.yaml', 'b.yaml'], true]);
  assert.equal(read([], { underLoad: '200' }), [['environments'], '200']);
});

t('what cannot be is refused before anything is called', () => {
  assert.throws(() => read(['a.yaml'], { underLoad: '0' }), /0 requests per second/);
  assert.throws(() => read(['a.yaml'], { loadPath: '/x' }), /--load-path/);
  assert.throws(() => read(['a.yaml'], { underLoad: true, loadPath: 'x' }), /not a path/);
  assert.throws(() => read(['a.yaml'], { underLoad: true, loadPath: '/a b' }), /not a path/);
  assert.equal(read(['a.yaml'], { underLoad: true, loadPath: '/x?y=1' }), [['a.yaml'], true]);
});

t('a load that fails too much, or cannot tell, is the verdict of the report', () => {
  const load = (ok: boolean, dropped = 0) =>
    judgeApply({
      run: {
        outcome: 'done',
        exitCode: 0,
        version: '2.2.0',
        startedAt: 0,
        endedAt: 10,
        samples: [{ at: 1, ms: 1, ok, status: 200, errorCode: 0, instance: '' }],
        ...{ dropped, iterations: 1, exceptions: 0, unrecorded: 0, thresholds: [] },
        said: '',
        traffic: { bytesSent: 0, bytesReceived: 0, connections: 0, users: 0 },
        log: [],
        shards: [],
      },
      steps: [],
      url: 'http://a/',
      listener: 'http',
      rate: 1,
      objectives: {},
    });
  const none = { kind: 'not-loaded', because: 'there is nothing to do' } as const;
  const verdict = (underLoad: UnderLoadReport) =>
    buildReport({ stack: 'a', account: '', region: '', createdAt: 0, plan, run, underLoad }).verdict;
  assert.equal([none, load(true), load(false), load(true, 5)].map(verdict), ['applied', 'applied', 'missed', 'inconclusive']);
});

t.run();
