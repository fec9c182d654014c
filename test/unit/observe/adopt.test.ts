/** Whose an object is: tags first, then the spec's own word; and what came of each line of `adopt`. */

import * as assert from 'uvu/assert';
import type { Address } from '../../../reconciler/model/json.ts';
import { kindOf } from '../../../reconciler/model/kinds.ts';
import type { Stack } from '../../../reconciler/model/model.ts';
import { checkAdopted, judgeAdoption, ownershipOf, preferSpecAddress } from '../../../reconciler/observe/adopt.ts';
import { NOTHING, stackOf, tutorial } from '../../support/stacks.ts';
import { suite } from '../../support/suite.ts';

const t = suite('observe/adopt');

const group = kindOf('targetGroup');
const position = { file: 'web.yaml', line: 7, column: 3 };
const line = (address: string, id: string) => ({ address: address as Address, id, position });
const stack: Stack = { ...stackOf(tutorial()), adopt: [line('targetGroup/web', 'theirs')] };
const object = (id: string) => ({ TargetGroupArn: id });
const tagged = (owner: string, address = 'targetGroup/web') => ({ 'albedo:stack': owner, 'albedo:address': address });
const raw = (id: string, tags: Readonly<Record<string, string>> = {}) => ({
  kind: group,
  object: object(id),
  tags,
  address: 'targetGroup/web' as Address,
});

t('tags decide; what has none is ours where the spec names it', () => {
  const { own, names, claimed } = ownershipOf(stack, true);
  assert.is(own(group, object('ours'), tagged('webserver', 'targetGroup/green'))[0]?.address, 'targetGroup/green');
  assert.is(own(group, object('theirs'), {})[0]?.address, 'targetGroup/web');
  assert.equal(own(group, object('others'), {}), []);
  assert.equal(own(kindOf('loadBalancer'), { LoadBalancerArn: 'theirs' }, {}), [], 'an address of another kind');
  assert.equal([names(group, object('theirs')), names(group, object('others'))], [true, false]);
  assert.equal(claimed, []);
});

t('what another stack has is claimed, unless that stack is allowed', () => {
  const strict = ownershipOf(stack, true);
  assert.equal(strict.own(group, object('theirs'), tagged('other')), []);
  assert.equal(strict.claimed, [{ address: 'targetGroup/web', id: 'theirs', owner: 'other' }]);
  const allowed = ownershipOf(stack, true, ['other']);
  assert.is(allowed.own(group, object('theirs'), tagged('other')).length, 1);
  assert.equal(allowed.claimed, []);
});

t('nothing is adopted while destroying', () => {
  assert.equal(ownershipOf(stack, false).own(group, object('theirs'), {}), []);
});

t('an address has one object: ours before the one to adopt', () => {
  const [ours, theirs, second] = [raw('ours', tagged('webserver')), raw('theirs'), raw('ours-2', tagged('webserver'))];
  assert.equal(preferSpecAddress([ours, theirs], stack), [ours]);
  assert.equal(preferSpecAddress([theirs], stack), [theirs]);
  assert.equal(preferSpecAddress([ours, second], stack), [ours, second], 'duplicates of ours are for settle to choose from');
});

t('a line that did its work says nothing; one that cannot is noted or told', () => {
  const lines = [line('targetGroup/web', 'theirs')];
  assert.equal(judgeAdoption(lines, [raw('theirs')], []), { notes: [], absent: [] });
  const { notes, absent } = judgeAdoption(lines, [raw('ours', tagged('webserver'))], []);
  assert.is(notes.length, 1);
  assert.match(notes[0]?.text ?? '', /adopt lists theirs, but ours is already targetGroup\/web/);
  assert.equal(absent, []);
  const moved = judgeAdoption(lines, [{ ...raw('theirs', tagged('webserver')), address: 'targetGroup/green' }], []);
  assert.match(moved.notes[0]?.text ?? '', /already belongs to this stack, as targetGroup\/green/);
  assert.equal(judgeAdoption(lines, [], []).absent, lines);
  assert.equal(judgeAdoption(lines, [], [{ address: 'targetGroup/web', id: 'theirs', owner: 'other' }]), { notes: [], absent: [] });
});

t('what stands on something that is not there is not told beside it', () => {
  const lines = [line('rule/http.a', 'r'), line('listener/http', 'l'), line('loadBalancer/main', 'b')];
  assert.equal(
    judgeAdoption(lines, [], []).absent.map(({ address }) => address),
    ['loadBalancer/main'],
  );
  const claimed = [{ address: 'loadBalancer/main' as Address, id: 'b', owner: 'other' }];
  assert.equal(judgeAdoption(lines, [], claimed).absent, []);
});

t('what is not there is a mistake of the spec, where it says so', () => {
  const found = checkAdopted(stack, { ...NOTHING, absent: stack.adopt });
  assert.is(found.length, 1);
  assert.equal([found[0]?.line, found[0]?.path, found[0]?.severity], [7, 'adopt.targetGroup/web', 'error']);
  assert.match(found[0]?.message ?? '', /no target group `theirs` in us-east-1/);
  assert.equal(checkAdopted(stack, NOTHING), []);
});

t.run();
