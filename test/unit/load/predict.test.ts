import * as assert from 'uvu/assert';
import { predictStop } from '../../../reconciler/chaos/means/stopping.ts';
import { deadWithin } from '../../../reconciler/load/predict.ts';
import { suite } from '../../support/suite.ts';

const t = suite('predict');
const check = { intervalSeconds: 10, timeoutSeconds: 5, healthyThreshold: 3, unhealthyThreshold: 2 };

t('a dead process: between one interval less than the threshold and all of them with the last timeout', () => {
  assert.equal(deadWithin(check), { from: 10, to: 25 });
  const [dead] = predictStop(check).besides;
  assert.is(dead?.from, 10);
  assert.is(dead?.to, 25);
  assert.match(dead?.sentence ?? '', '2 failed checks 10 s apart: between 10 s and 25 s');
});

t('a stopped instance: at once, and never later than the health check', () => {
  assert.is(predictStop(check).detection.from, 0);
  assert.is(predictStop(check).detection.to, 25);
});

t('recovery: boot and the checks', () => {
  const { recovery } = predictStop(check, { from: 5, to: 20 });
  assert.is(recovery.from, 5);
  assert.is(recovery.to, 55);
});

t.run();
