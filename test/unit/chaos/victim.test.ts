/** A victim of several members: by name, by id, one by one. */
import * as assert from 'uvu/assert';
import { experimentNamed } from '../../../reconciler/chaos/experiments.ts';
import type { Victim } from '../../../reconciler/chaos/types.ts';
import { eachOf, idsOf, membersOf, namesOf, titleOf } from '../../../reconciler/chaos/victim.ts';
import { suite } from '../../support/suite.ts';

const t = suite('victim');
const member = (n: number) => ({ instanceId: `i-${n}`, name: n === 2 ? 'i-2' : `web-${n}`, zone: 'a', port: 8080 });
const one: Victim = { ...member(1), experiment: 'stopShare', group: 'web', groupArn: 'a', seed: 's' };
const several = (count: number): Victim => ({ ...one, others: Array.from({ length: count - 1 }, (_, i) => member(i + 2)) });

t('names and titles hold the first three, and how many there are besides', () => {
  assert.is(titleOf(one), 'web-1 (i-1)');
  assert.is(titleOf(several(3)), 'web-1 (i-1), i-2, web-3 (i-3)');
  assert.is(titleOf(several(5)), 'web-1 (i-1), i-2, web-3 (i-3) and 2 more');
  assert.is(namesOf(one), 'web-1');
  assert.is(namesOf(several(3)), 'web-1, i-2, web-3');
  assert.is(namesOf(several(4)), 'web-1, i-2, web-3 and 1 more');
});

t('one by one, each with the zone it is registered for and no other', () => {
  assert.equal(eachOf(one), [one]);
  const [first, second] = eachOf({ ...several(2), registeredZone: 'all' });
  assert.equal([first?.registeredZone, second?.registeredZone], ['all', undefined]);
  assert.equal([first?.others, second?.instanceId], [undefined, 'i-2']);
  const { others = [], ...rest } = several(2);
  const [, zoned] = eachOf({ ...rest, others: others.map((each) => ({ ...each, registeredZone: 'b' })) });
  assert.is(zoned?.registeredZone, 'b');
});

t('an instance that is registered at two ports is one instance', () => {
  const twice: Victim = { ...one, others: [{ ...member(1), port: 8081 }] };
  assert.is(membersOf(twice).length, 2);
  assert.equal(idsOf(twice), ['i-1']);
});

t('a detail that is none is refused before it gets to a shell or a call', () => {
  for (const name of ['closeRule', 'killProcess', 'slowTarget', 'failRequests']) {
    const { undo } = experimentNamed(name);
    const about = { seen: null, seconds: 0, own: {}, healthPath: '/' };
    for (const detail of ['', '; reboot', '$(reboot)', '-x', 'sg-1:sgr-1:1-2; x'])
      assert.throws(() => undo.input({ ...one, detail }, about), /is not (a rule|the name)/, `${name} ${detail}`);
  }
});

t('slowTarget: a pause that is longer than the timeout of the check can be found, and a shorter one is not', () => {
  const { predict } = experimentNamed('slowTarget');
  const check = { intervalSeconds: 10, timeoutSeconds: 2, healthyThreshold: 3, unhealthyThreshold: 2 };
  const long = predict(check, { pause: '3000ms' });
  assert.match(long.detection.sentence, 'longer than the timeout');
  assert.equal([long.recovery.from, long.recovery.to], [0, 32]);
  const short = predict(check, { pause: '500ms' });
  assert.match(short.detection.sentence, 'checks still pass');
  assert.is(short.recovery.to, 0);
});

t('killProcess: one check is one check', () => {
  const { predict } = experimentNamed('killProcess');
  const once = predict({ intervalSeconds: 10, timeoutSeconds: 2, healthyThreshold: 1, unhealthyThreshold: 1 });
  assert.match(`${once.detection.sentence} ${once.recovery.sentence}`, /by 1 failed check 10 s apart.*1 passing check 10 s apart/);
});

t.run();
