/** A wrong name or value in a row does not compile: what stands below `@ts-expect-error` must be an error of `tsc`, or the check fails. */

import * as assert from 'uvu/assert';
import type { InputOf, WrongNames } from '../../../reconciler/aws/wire-names.ts';
import { flag, integer, oneOf, text } from '../../../reconciler/model/codec.ts';
import { create, modify, REQUIRED } from '../../../reconciler/model/field.ts';
import { listener } from '../../../reconciler/model/kinds/listener.ts';
import { loadBalancer } from '../../../reconciler/model/kinds/load-balancer.ts';
import { targetGroup } from '../../../reconciler/model/kinds/target-group.ts';
import { key, object } from '../../../reconciler/model/rows.ts';
import { kind, type Values, valuesOf } from '../../../reconciler/model/values.ts';
import { suite } from '../../support/suite.ts';

const t = suite('aws/wire-names');

/** Compiles only where no place is wrong. */
const none = <T extends never>(): readonly T[] => [];
/** Compiles only where these very places are wrong. */
const wrong = <T extends string>(...places: readonly [T, ...T[]]): readonly T[] => places;

const typo = kind({ ...loadBalancer, fields: { name: create('LoadBalancerNaem', text(), REQUIRED, 'A name.') } });
const member = kind({
  ...listener,
  fields: { mutual: modify('MutualAuthentication', object({ mode: key('Mod', text(), REQUIRED, 'How.') }), REQUIRED, 'How.') },
});
const value = kind({ ...listener, fields: { protocol: modify('Protocol', oneOf('HTTP', 'HTPPS'), REQUIRED, 'Which.') } });
const type = kind({ ...targetGroup, fields: { port: create('Port', text(), REQUIRED, 'Which.') } });
const unchangeable = kind({ ...targetGroup, fields: { port: modify('Port', integer(1, 2), REQUIRED, 'Which.') } });
const deep = kind({ ...targetGroup, fields: { check: { code: modify('Matcher.HttpCod', text(), REQUIRED, 'Which.') } } });
const right = kind({ ...targetGroup, fields: { enabled: modify('HealthCheckEnabled', flag(), true, 'Whether.') } });

t('a right row fits', () => {
  assert.equal(none<WrongNames<typeof right>>(), []);
});

t('a wrong name of a parameter, a member or a value is an error of the compiler, with its place', () => {
  // @ts-expect-error: LoadBalancerNaem is no parameter of CreateLoadBalancer.
  none<WrongNames<typeof typo>>();
  wrong<WrongNames<typeof typo>>('elbv2:CreateLoadBalancer.LoadBalancerNaem');
  // @ts-expect-error: the member is called Mode.
  none<WrongNames<typeof member>>();
  wrong<WrongNames<typeof member>>('elbv2:CreateListener.MutualAuthentication.Mod', 'elbv2:ModifyListener.MutualAuthentication.Mod');
  // @ts-expect-error: there is no such protocol.
  none<WrongNames<typeof value>>();
  // @ts-expect-error: a port is a number.
  none<WrongNames<typeof type>>();
  // @ts-expect-error: ModifyTargetGroup takes no port.
  none<WrongNames<typeof unchangeable>>();
  wrong<WrongNames<typeof unchangeable>>('elbv2:ModifyTargetGroup.Port');
  // @ts-expect-error: the member is called HttpCode.
  none<WrongNames<typeof deep>>();
});

t('an operation has the input of its command', () => {
  const input: InputOf<'elbv2:CreateRule'> = { ListenerArn: 'arn', Conditions: [], Actions: [], Priority: 1 };
  assert.is(input.Priority, 1);
  // @ts-expect-error: there is no such operation.
  const other: InputOf<'elbv2:CreateRules'> = {};
  assert.equal(other, {});
});

t('values of a resource have the types of its rows', () => {
  const values: Values<typeof listener> = { port: 80, defaultActions: [{ type: 'forward', targetGroup: 'arn' }] };
  assert.is(values.port, 80);
  // @ts-expect-error: there is no such field.
  assert.is(values.prot, undefined);
  // @ts-expect-error: a port is a number.
  const text: Values<typeof listener> = { port: '80' };
  // @ts-expect-error: there is no such action.
  const action: Values<typeof listener> = { defaultActions: [{ type: 'teleport' }] };
  assert.ok(text !== action);
  const seconds: number | undefined = valuesOf(targetGroup, { values: { 'healthCheck.interval': 5 } })['healthCheck.interval'];
  assert.is(seconds, 5);
});

t.run();
