import * as assert from 'uvu/assert';
import { courseOf, loadText, peakRate, plannedRequests } from '../../../reconciler/load/profile.ts';
import { PROFILES } from '../../../reconciler/load/types.ts';
import { suite } from '../../support/suite.ts';

const t = suite('load profiles');

t('every course lasts as long as the load and stays between its lowest and its peak', () => {
  for (const profile of PROFILES)
    for (const duration of [5, 7, 60, 601, 3600])
      for (const rate of [1, 3, 50, 999]) {
        const load = { rate, duration, profile };
        const course = courseOf(load);
        const planned = plannedRequests(load);
        assert.ok(planned >= 0 && planned <= peakRate(load) * duration, JSON.stringify(load));
        if (course === undefined) {
          assert.is(planned, rate * duration);
          continue;
        }
        assert.is(
          course.stages.reduce((sum, { seconds }) => sum + seconds, 0),
          duration,
          JSON.stringify(load),
        );
        for (const { rate: each, seconds } of course.stages)
          assert.ok(Number.isInteger(each) && each > 0 && each <= peakRate(load) && seconds >= 0, JSON.stringify(load));
      }
});

t('what is planned is the area under the course', () => {
  assert.is(plannedRequests({ rate: 50, duration: 60 }), 3000);
  assert.is(plannedRequests({ rate: 50, duration: 600, profile: 'soak' }), 30_000);
  // From 5 to 50 in 30 s, then 50 for 30 s.
  assert.is(plannedRequests({ rate: 50, duration: 60, profile: 'ramp' }), 825 + 1500);
  // 24 s and 24 s at 50, 12 s at 150.
  assert.is(plannedRequests({ rate: 50, duration: 60, profile: 'spike' }), 2400 + 1800);
  assert.is(plannedRequests({ rate: 50, duration: 60, profile: 'spike', peak: 100 }), 2400 + 1200);
  assert.is(plannedRequests({ rate: 10, duration: 10, profile: 'breakpoint', peak: 90 }), 500);
});

t('the peak is what a policy bounds, and what people are told', () => {
  assert.equal(
    [
      { rate: 50, duration: 9 },
      { rate: 50, duration: 9, profile: 'ramp' as const },
      { rate: 50, duration: 9, profile: 'breakpoint' as const },
    ].map(peakRate),
    [50, 50, 500],
  );
  assert.is(loadText({ rate: 50, duration: 9 }), '50 requests/s');
  assert.is(loadText({ rate: 50, duration: 9, profile: 'spike' }), '50 to 150 requests/s (spike)');
  assert.is(loadText({ rate: 50, duration: 9, profile: 'soak' }), '50 requests/s (soak)');
});

t.run();
