import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { predict } from '../../../reconciler/load/predict.ts';

const t = suite('predict');
const check = { intervalSeconds: 10, timeoutSeconds: 5, healthyThreshold: 3, unhealthyThreshold: 2 };

t('a dead process: between one interval less than the threshold and all of them with the last timeout', () => {
  const { detectionDead } = predict(check);
  assert.is(detectionDead.from, 10);
  assert.is(detectionDead.to, 25);
  assert.match(detectionDead.sentence, '2 failed checks 10 s apart: between 10 s and 25 s');
});

t('a stopped instance: at once, and never later than the health check', () => {
  assert.is(predict(check).detectionStopped.from, 0);
  assert.is(predict(check).detectionStopped.to, 25);
});

t('recovery: boot and the checks', () => {
  const { recovery } = predict(check, { from: 5, to: 20 });
  assert.is(recovery.from, 5);
  assert.is(recovery.to, 55);
});

t.run();
