/** What real accounts answered, read by the rows: nothing is unknown, nothing lost, and what it is can be said and comes back. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { sayValue } from '../../../reconciler/config/say.ts';
import { canonical, sameValue } from '../../../reconciler/model/codec.ts';
import { asList, isObject, type Json } from '../../../reconciler/model/json.ts';
import { fieldsOf, kindOf } from '../../../reconciler/model/kinds.ts';
import { unknownIn } from '../../../reconciler/model/unknown.ts';
import { decode } from '../../../reconciler/observe/decode.ts';
import { isRecorded, RECORDED } from '../../support/recordings.ts';
import { suite } from '../../support/suite.ts';

const t = suite('model/recorded');

const FILES = [
  ['elbv2.DescribeListeners.json', 'Listeners', 'listener', ['defaultActions', 'certificate', 'mutualAuthentication']],
  ['elbv2.DescribeRules.json', 'Rules', 'rule', ['if', 'actions', 'rewrite']],
  ['elbv2.DescribeTargetHealth.json', 'TargetHealthDescriptions', 'targetGroup', ['targets']],
] as const;

/** Ids that were shortened when they were published are none any more. */
const textOf = (path: string): string => readFileSync(path, 'utf8').replace(/"i-[0-9a-f]{1,7}"/g, '"i-0123456789abcdef0"');

/** Every list of that name in a file of recordings, however it is wrapped. */
function listsIn(value: Json, name: string): readonly Json[] {
  if (Array.isArray(value)) return value.flatMap((each: Json) => listsIn(each, name));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, each]) => (key === name ? asList(each) : listsIn(each, name)));
}

for (const [file, list, kind, names] of FILES) {
  const path = join(RECORDED, file);
  if (!existsSync(path)) {
    process.stdout.write(`recordings are not here, not tried: ${file}\n`);
    continue;
  }
  t(`${file}: every value is known, is said, and comes back`, () => {
    const found = listsIn(JSON.parse(textOf(path)) as Json, list);
    assert.ok(found.length > 0, 'there are recordings');
    for (const one of found) {
      const object = kind === 'targetGroup' ? { TargetHealthDescriptions: [one] } : one;
      const { values } = decode({ kind: kindOf(kind), address: `${kind}/x`, object, tags: {} }, { refer: (id) => id });
      for (const [name, field] of fieldsOf(kindOf(kind)).filter(([each]) => (names as readonly string[]).includes(each))) {
        const value = values[name];
        if (value === undefined) continue;
        const where = `${name} of ${canonical(one)}`;
        assert.equal(unknownIn(value), [], where);
        const said = sayValue(field, value);
        assert.ok(said !== undefined, `can be said: ${where}`);
        assert.ok(
          sameValue(field.codec, field.codec.read(field.codec.write(value), { refer: (id) => id }) ?? value, value) || name === 'targets',
          where,
        );
      }
    }
  });
}

if (!isRecorded) t(`skipped: there are no recordings at ${RECORDED}`, () => assert.not(isRecorded));

t.run();
