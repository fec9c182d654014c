/** The ledger's parts that need no moto: time, instance states, blocks, filters, interfaces. */

import * as assert from 'uvu/assert';
import { createClock } from '../../../sandbox/clock.ts';
import { canonicalise, readBlock } from '../../../sandbox/ledger/cidr.ts';
import { matches, passes, takeFilters } from '../../../sandbox/ledger/filters.ts';
import { createInterfaces } from '../../../sandbox/ledger/interfaces.ts';
import { createLifeCycle } from '../../../sandbox/ledger/life-cycle.ts';
import { createMirror } from '../../../sandbox/ledger/mirror.ts';
import { withTimings } from '../../../sandbox/timings.ts';
import { ApiRefusal } from '../../../sandbox/wire.ts';
import { buildXml, items, parseXml, text } from '../../../sandbox/xml.ts';
import { suite } from '../../support/suite.ts';

const t = suite('sandbox ledger parts');
const ID = 'i-0123456789abcdef0';

function code(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof ApiRefusal) return error.code;
    throw error;
  }
  return 'accepted';
}

t('a manual clock runs what falls due, in order, each at its own moment', () => {
  const clock = createClock({ manual: true, start: 1000 });
  const seen: [string, number][] = [];
  clock.after(20, () => seen.push(['late', clock.now()]));
  clock.after(10, () => {
    seen.push(['early', clock.now()]);
    clock.after(5, () => seen.push(['nested', clock.now()]));
  });
  const cancel = clock.after(12, () => seen.push(['cancelled', clock.now()]));
  cancel();
  clock.advance(19);
  assert.equal(seen, [
    ['early', 1010],
    ['nested', 1015],
  ]);
  clock.advance(1);
  assert.equal(seen.at(-1), ['late', 1020]);
  assert.is(clock.now(), 1020);
  assert.throws(() => clock.advance(-1), /only moves forward/);
});

t('a running clock can be pushed', () => {
  const clock = createClock();
  let ran = false;
  clock.after(3_600_000, () => {
    ran = true;
  });
  clock.advance(3_599_000);
  assert.not.ok(ran);
  clock.advance(2000);
  assert.ok(ran);
});

t('what moto has is read over all its pages: it lists a hundred reservations at a time', async () => {
  const asked: string[] = [];
  const page = (id: string, next: string): string =>
    `<DescribeSubnetsResponse><subnetSet><item><subnetId>${id}</subnetId></item></subnetSet>${next}</DescribeSubnetsResponse>`;
  const mirror = createMirror({
    send: async ({ body }: { readonly body: string }) => {
      asked.push(body);
      const second = new URLSearchParams(body).get('NextToken') === 'a+b=';
      return {
        status: 200,
        contentType: 'text/xml',
        body: second ? page('subnet-2', '') : page('subnet-1', '<nextToken>a+b=</nextToken>'),
      };
    },
  } as never);
  await mirror.refresh('us-east-1', ['subnets']);
  assert.equal([...mirror.region('us-east-1').subnets.keys()], ['subnet-1', 'subnet-2']);
  assert.is(asked.length, 2);
  const putBack = mirror.leaveOut('us-east-1', 'subnets', 'subnet-1');
  assert.equal([...mirror.region('us-east-1').subnets.keys()], ['subnet-2']);
  putBack();
  assert.is(mirror.region('us-east-1').subnets.size, 2);
});

t('unknown timings and durations that are none are refused', () => {
  assert.throws(() => withTimings({ instancePnding: 1 } as never), /instancePnding.*instancePending/);
  assert.throws(() => withTimings({ callDelay: -1 }), /callDelay/);
  assert.is(withTimings({ callDelay: 7 }).callDelay, 7);
});

function lives() {
  const clock = createClock({ manual: true });
  let changes = 0;
  const timings = withTimings({ instancePending: 100, instanceStopping: 200, instanceShuttingDown: 300 });
  const cycle = createLifeCycle({ clock, timings, onChange: () => changes++ });
  return { clock, cycle, changes: () => changes };
}

t('an instance moves through its states by the clock', () => {
  const { clock, cycle, changes } = lives();
  cycle.born(ID, { userData: '', clientToken: '' });
  assert.is(cycle.state(ID), 'pending');
  clock.advance(99);
  assert.is(cycle.state(ID), 'pending');
  clock.advance(1);
  assert.is(cycle.state(ID), 'running');
  assert.ok(changes() > 0, 'watchers were told');
  assert.equal(cycle.move(ID, 'stopping'), { id: ID, previous: 'running', current: 'stopping' });
  clock.advance(200);
  assert.is(cycle.state(ID), 'stopped');
  cycle.move(ID, 'pending');
  clock.advance(100);
  assert.is(cycle.state(ID), 'running');
  cycle.move(ID, 'shutting-down');
  clock.advance(300);
  assert.is(cycle.state(ID), 'terminated');
});

t('a terminated instance is listed for an hour and then unknown', () => {
  const { clock, cycle } = lives();
  cycle.born(ID, { userData: '', clientToken: '' });
  cycle.move(ID, 'shutting-down');
  clock.advance(300);
  clock.advance(3_599_999);
  assert.is(cycle.state(ID), 'terminated');
  clock.advance(1);
  assert.is(cycle.state(ID), undefined);
  assert.is(
    code(() => cycle.demand(ID)),
    'InvalidInstanceID.NotFound',
  );
});

t('a transition under way is given up for the next one', () => {
  const { clock, cycle } = lives();
  cycle.born(ID, { userData: '', clientToken: '' });
  cycle.move(ID, 'shutting-down');
  clock.advance(150);
  assert.is(cycle.state(ID), 'shutting-down', 'it did not come up in between');
});

t('start and stop are refused where AWS refuses them', () => {
  const { clock, cycle } = lives();
  cycle.born(ID, { userData: '', clientToken: '' });
  assert.is(
    code(() => cycle.mayStop(ID)),
    'IncorrectInstanceState',
    'never ran',
  );
  assert.is(cycle.mayStart(ID), false);
  clock.advance(100);
  assert.is(cycle.mayStart(ID), false);
  assert.is(cycle.mayStop(ID), true);
  cycle.move(ID, 'stopping');
  assert.is(cycle.mayStop(ID), false);
  assert.is(
    code(() => cycle.mayStart(ID)),
    'IncorrectInstanceState',
  );
  clock.advance(200);
  assert.is(cycle.mayStart(ID), true);
  cycle.move(ID, 'pending');
  assert.is(cycle.mayStop(ID), true, 'pending for the second time');
  cycle.move(ID, 'shutting-down');
  assert.is(cycle.mayTerminate(ID), false);
  assert.is(
    code(() => cycle.mayStart(ID)),
    'IncorrectInstanceState',
  );
  assert.is(
    code(() => cycle.mayStop(ID)),
    'IncorrectInstanceState',
  );
  assert.is(
    code(() => cycle.mayStop('i-zork')),
    'InvalidInstanceID.Malformed',
  );
  assert.is(
    code(() => cycle.mayStop('i-00000000')),
    'InvalidInstanceID.NotFound',
  );
});

t('blocks become canonical and protocols names', () => {
  assert.is(readBlock('100.68.0.18/18')?.cidr, '100.68.0.0/18');
  assert.is(readBlock('255.255.255.255/0')?.cidr, '0.0.0.0/0');
  for (const bad of ['10.0.0.0', '10.0.0.0/33', '10.0.0.256/8', 'x/8', '10.0.0/8', '']) assert.is(readBlock(bad), undefined, bad);
  const changed = canonicalise({
    'IpPermissions.1.IpProtocol': '-1',
    'IpPermissions.1.FromPort': '1',
    'IpPermissions.1.ToPort': '2',
    'IpPermissions.2.IpProtocol': '6',
    'IpPermissions.2.FromPort': '80',
    'IpPermissions.2.IpRanges.1.CidrIp': '10.1.2.3/8',
    CidrBlock: 'nonsense',
  });
  assert.equal(changed, {
    'IpPermissions.1.IpProtocol': '-1',
    'IpPermissions.2.IpProtocol': 'tcp',
    'IpPermissions.2.FromPort': '80',
    'IpPermissions.2.IpRanges.1.CidrIp': '10.0.0.0/8',
    CidrBlock: 'nonsense',
  });
});

t('filters know wildcards, tags and escapes, and refuse unknown names', () => {
  assert.ok(matches('ELB app/*', 'ELB app/web/1'));
  assert.ok(matches('a?c', 'abc'));
  assert.not.ok(matches('a.c', 'abc'));
  assert.not.ok(matches('a\\*', 'ab'));
  assert.ok(matches('a\\*', 'a*'));
  const node = { tagSet: { item: [{ key: 'Name', value: 'web' }] } };
  assert.ok(
    passes(
      node,
      [
        { name: 'tag:Name', values: ['x', 'w*'] },
        { name: 'tag-key', values: ['Name'] },
      ],
      {},
    ),
  );
  assert.not.ok(passes(node, [{ name: 'tag:name', values: ['web'] }], {}));
  assert.is(
    code(() => passes(node, [{ name: 'toString', values: ['x'] }], {})),
    'InvalidParameterValue',
  );
});

t('filters taken out leave the others numbered without a gap', () => {
  const params = {
    'Filter.1.Name': 'a',
    'Filter.1.Value.1': '1',
    'Filter.2.Name': 'b',
    'Filter.2.Value.1': '2',
    'Filter.2.Value.2': '3',
    X: 'y',
  };
  const { filters, rest } = takeFilters(params, (name) => name === 'a');
  assert.equal(filters, [{ name: 'a', values: ['1'] }]);
  assert.equal(rest, { X: 'y', 'Filter.1.Name': 'b', 'Filter.1.Value.1': '2', 'Filter.1.Value.2': '3' });
});

t('XML comes out as it went in, lists of one included', () => {
  const source =
    '<?xml version="1.0" encoding="utf-8"?><R xmlns="http://x/"><set><item><k>a&amp;b &lt;c&gt;</k><none/></item></set><n>007</n></R>';
  const document = parseXml(source);
  assert.is(buildXml(document), source);
  const root = document['R'] as Record<string, never>;
  assert.is(items(root, 'set').length, 1);
  assert.is(text(items(root, 'set')[0] ?? {}, 'k'), 'a&b <c>');
  assert.is(text(root, 'n'), '007');
});

t("a load balancer's interfaces follow its subnets and linger after it", () => {
  const clock = createClock({ manual: true });
  const interfaces = createInterfaces({ clock, lingerMs: 1000, onChange: () => undefined });
  const subnet = (id: string) => ({ id, vpcId: 'vpc-1', availabilityZone: 'us-east-1a', cidrBlock: '10.0.0.0/28', freeAddresses: 11 });
  const arn = 'arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/web/1';
  interfaces.attach({ arn, name: 'web', id: '1', scheme: 'internet-facing', groupIds: ['sg-1'] }, [subnet('subnet-a'), subnet('subnet-b')]);
  assert.equal(
    interfaces.all().map((one) => one.description),
    ['ELB app/web/1', 'ELB app/web/1'],
  );
  interfaces.update(arn, [subnet('subnet-b'), subnet('subnet-c')], ['sg-2']);
  const shown = () => interfaces.all().map((one) => `${one.subnet.id} ${one.groupIds.join()} ${one.released}`);
  assert.equal(shown(), ['subnet-a sg-2 true', 'subnet-b sg-2 false', 'subnet-c sg-2 false']);
  clock.advance(1000);
  assert.is(interfaces.all().length, 2);
  interfaces.detach(arn);
  clock.advance(999);
  assert.is(interfaces.all().length, 2);
  clock.advance(1);
  assert.is(interfaces.all().length, 0);
});

t.run();
