import * as assert from 'uvu/assert';
import type { Json } from '../../../reconciler/model/json.ts';
import type { Desired, Live, Observed, Stack } from '../../../reconciler/model/model.ts';
import type { Delta } from '../../../reconciler/plan/delta.ts';
import { diff, wantedTags } from '../../../reconciler/plan/diff.ts';
import { appliedOf, changed, idOf, type SpecData, stackOf, tutorial } from '../../support/stacks.ts';
import { suite } from '../../support/suite.ts';

const t = suite('plan/diff');

const BEFORE = stackOf(tutorial());
const deltas = (after: Stack, live: Observed = appliedOf(BEFORE)): readonly Delta[] =>
  diff({ stack: after.name, desired: after.desired, live: live.live, duplicates: live.duplicates });
const change = (edit: (spec: SpecData) => void): readonly Delta[] => deltas(stackOf(changed(edit)));
/** `replace targetGroup/web port vpc` for each. */
const shown = (list: readonly Delta[]): string[] =>
  list.map((delta) =>
    [delta.first ? `${delta.verb} first` : delta.verb, delta.address, ...delta.fields.map((field) => field.name)].join(' '),
  );
const verbs = (list: readonly Delta[]): string[] => list.map((delta) => `${delta.verb}${delta.first ? ' first' : ''} ${delta.address}`);

/** What is live, with some values of one resource different. */
const live = (address: string, values: { readonly [name: string]: Json | undefined }, more: Partial<Live> = {}): Observed => {
  const observed = appliedOf(BEFORE);
  return {
    ...observed,
    live: observed.live.map((entry) => {
      if (entry.address !== address) return entry;
      const merged = { ...entry.values, ...values };
      return {
        ...entry,
        ...more,
        values: Object.fromEntries(Object.entries(merged).filter((pair): pair is [string, Json] => pair[1] !== undefined)),
      };
    }),
  };
};

t('nothing desired, nothing live: nothing', () => assert.equal(diff({ stack: 's', desired: [], live: [], duplicates: [] }), []));

t('what is as wanted is no difference', () => assert.equal(deltas(BEFORE), []));

t('desired and not live: create, in the order of the kinds', () => {
  const list = deltas(BEFORE, { ...appliedOf(BEFORE), live: [] });
  assert.equal(new Set(list.map((delta) => delta.verb)), new Set(['create']));
  assert.equal(
    list.map((delta) => delta.address),
    [
      'vpc/main',
      'internetGateway/main',
      'subnet/a',
      'subnet/b',
      'routeTable/public',
      'securityGroup/instances',
      'securityGroup/load-balancer',
      'instance/web-1',
      'instance/web-2',
      'certificate/site',
      'targetGroup/web',
      'loadBalancer/main',
      'listener/http',
      'listener/https',
    ],
  );
  const group = list.find((delta) => delta.address === 'targetGroup/web');
  assert.is(group?.tags.set['albedo:address'], 'targetGroup/web');
  assert.is(
    group?.fields.every((field) => field.impact === 'create' && field.before === undefined),
    true,
  );
});

t('live and not desired: destroy', () => {
  const list = diff({ stack: 'webserver', desired: [], live: appliedOf(BEFORE).live, duplicates: [] });
  assert.is(list.length, BEFORE.desired.length);
  assert.equal(new Set(list.map((delta) => delta.verb)), new Set(['destroy']));
  assert.is(
    list.some((delta) => delta.first || delta.duplicate),
    false,
  );
});

for (const [name, edit, expected] of [
  [
    'a create field: replace',
    (spec) => (spec.instances['web-1'].instanceType = 't3.small'),
    ['replace instance/web-1 instanceType', 'update targetGroup/web targets'],
  ],
  ['a modify field: update', (spec) => (spec.targetGroups.web.healthCheck.path = '/x'), ['update targetGroup/web healthCheck.path']],
  ['an attribute: update', (spec) => (spec.loadBalancer.idleTimeout = 61), ['update loadBalancer/main idleTimeout']],
  ['a setter: update', (spec) => (spec.network.subnets.a.mapPublicIpOnLaunch = false), ['update subnet/a mapPublicIpOnLaunch']],
  ['a member: update', (spec) => spec.targetGroups.web.targets.pop(), ['update targetGroup/web targets']],
  [
    'two fields of two resources',
    (spec) => {
      spec.loadBalancer.http2 = false;
      spec.listeners.http.port = 8000;
    },
    ['update securityGroup/load-balancer ingress', 'update loadBalancer/main http2', 'update listener/http port'],
  ],
] as readonly (readonly [string, (spec: SpecData) => void, readonly string[]])[]) {
  t(name, () => assert.equal(shown(change(edit)), expected));
}

t('a VPC that is replaced replaces all that is in it', () => {
  assert.equal(verbs(change((spec) => (spec.network.vpc.cidrBlock = '10.0.0.0/17'))), [
    'replace vpc/main',
    'replace internetGateway/main',
    'replace subnet/a',
    'replace subnet/b',
    'replace routeTable/public',
    'replace securityGroup/instances',
    'replace securityGroup/load-balancer',
    'replace instance/web-1',
    'replace instance/web-2',
    'replace targetGroup/web',
    'replace loadBalancer/main',
    'replace listener/http',
    'replace listener/https',
  ]);
  const because = change((spec) => (spec.network.vpc.cidrBlock = '10.0.0.0/17')).find((delta) => delta.address === 'subnet/a')?.fields[0];
  assert.is(because?.because, 'vpc/main');
});

t('a target group that is replaced only repoints its listeners', () => {
  assert.equal(shown(change((spec) => (spec.targetGroups.web.protocol = 'HTTPS'))), [
    'replace targetGroup/web protocol',
    'update listener/http defaultActions',
    'update listener/https defaultActions',
  ]);
});

t('a certificate that is replaced only changes its listener', () => {
  assert.equal(shown(change((spec) => (spec.certificates.site.selfSigned.commonName = 'x.example'))), [
    'replace certificate/site commonName subjectAlternativeNames',
    'update listener/https certificate',
  ]);
});

t('a load balancer that is replaced takes its target groups along, since one serves only one', () => {
  const list = change((spec) => (spec.loadBalancer.scheme = 'internal'));
  assert.equal(shown(list), [
    'replace targetGroup/web name',
    'replace loadBalancer/main scheme',
    'replace listener/http loadBalancer defaultActions',
    'replace listener/https loadBalancer defaultActions',
  ]);
  assert.is(list[0]?.fields[0]?.because, 'loadBalancer/main');
});

t('a subnet that keeps its addresses must go first, and what stands in it', () => {
  const list = change((spec) => (spec.network.subnets.a.availabilityZone = 'us-east-1c'));
  assert.equal(verbs(list), [
    'replace first subnet/a',
    'update routeTable/public',
    'replace first instance/web-1',
    'update targetGroup/web',
    'replace first loadBalancer/main',
    'replace first listener/http',
    'replace first listener/https',
  ]);
});

t('a subnet with other addresses stands beside the old one', () => {
  const list = change((spec) => {
    spec.network.subnets.a = { availabilityZone: 'us-east-1c', cidrBlock: '10.0.9.0/24' };
  });
  assert.equal(verbs(list), [
    'replace subnet/a',
    'update routeTable/public',
    'replace instance/web-1',
    'update targetGroup/web',
    'update loadBalancer/main',
  ]);
});

t('what is in the way goes first also when nobody wants it any more', () => {
  const list = change((spec) => {
    spec.network.subnets.a.availabilityZone = 'us-east-1c';
    delete spec.instances['web-1'];
    spec.targetGroups.web.targets = ['web-2'];
  });
  assert.ok(verbs(list).includes('destroy first instance/web-1'), verbs(list).join());
});

t('a duplicate is destroyed, first when it is in the way', () => {
  const observed = appliedOf(BEFORE);
  const instance = observed.live.find((entry) => entry.address === 'instance/web-1');
  if (instance === undefined) throw new Error('no instance');
  const duplicate = { ...instance, id: 'i-twin', outputs: { id: 'i-twin' } };
  const plain = deltas(BEFORE, { ...observed, duplicates: [duplicate] });
  assert.equal(
    plain.map((delta) => [delta.verb, delta.live?.id, delta.duplicate, delta.first]),
    [['destroy', 'i-twin', true, false]],
  );
  const moved = deltas(stackOf(changed((spec) => (spec.network.subnets.a.availabilityZone = 'us-east-1c'))), {
    ...observed,
    duplicates: [duplicate],
  });
  assert.is(moved.find((delta) => delta.duplicate)?.first, true);
});

t('a field that the spec does not have is left alone', () => {
  assert.equal(deltas(BEFORE, live('instance/web-1', { keyName: 'somebody' })), []);
});

t('a field that AWS does not have is wanted', () => {
  assert.equal(shown(change((spec) => (spec.instances['web-1'].keyName = 'ops'))), [
    'replace instance/web-1 keyName',
    'update targetGroup/web targets',
  ]);
});

t('what a tag remembered and no tag remembers any more is unknown, not different', () => {
  assert.equal(deltas(BEFORE, live('instance/web-1', { image: undefined, userData: undefined })), []);
});

t('an attribute that a region lacks has its default; another is wanted', () => {
  assert.equal(deltas(BEFORE, live('loadBalancer/main', { wafFailOpen: undefined })), []);
  const wanted = stackOf(changed((spec) => (spec.loadBalancer.wafFailOpen = true)));
  assert.equal(shown(deltas(wanted, live('loadBalancer/main', { wafFailOpen: undefined }))), ['update loadBalancer/main wafFailOpen']);
  assert.equal(
    shown(deltas(BEFORE, live('subnet/a', { mapPublicIpOnLaunch: undefined }))),
    ['update subnet/a mapPublicIpOnLaunch'],
    "AWS's default is another than ours",
  );
});

t('a gateway that was detached is attached again, one on another VPC replaced', () => {
  const [delta] = deltas(BEFORE, live('internetGateway/main', { vpc: undefined }));
  assert.is(delta?.verb, 'update');
  assert.is(delta?.fields[0]?.impact, 'update');
  assert.equal(verbs(deltas(BEFORE, live('internetGateway/main', { vpc: 'vpc-other' }))).slice(0, 1), ['replace internetGateway/main']);
});

t('the said name and a hash is the said name', () => {
  assert.equal(deltas(BEFORE, live('loadBalancer/main', { name: 'webserver-01af' })), []);
  assert.ok(verbs(deltas(BEFORE, live('loadBalancer/main', { name: 'elephant' }))).includes('replace loadBalancer/main'));
});

const tagged = (tags: { readonly [key: string]: string | undefined }): Observed => {
  const before = appliedOf(BEFORE).live.find((entry) => entry.address === 'vpc/main')?.tags ?? {};
  const merged = Object.entries({ ...before, ...tags }).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return live('vpc/main', {}, { tags: Object.fromEntries(merged) });
};
const tagDelta = (spec: SpecData, observed: Observed) =>
  deltas(stackOf(spec), observed).find((delta) => delta.address === 'vpc/main')?.tags;

t('tags: those wanted are set, those of others left', () => {
  assert.equal(tagDelta(tutorial(), tagged({ other: 'x' })), undefined);
  assert.equal(tagDelta(tutorial(), tagged({ Name: 'mine' })), { set: { Name: 'webserver-main' }, remove: [] });
  assert.equal(
    tagDelta(
      changed((spec) => (spec.tags = { owner: 'us' })),
      tagged({}),
    ),
    { set: { owner: 'us', 'albedo:tags': 'owner' }, remove: [] },
  );
});

t('tags: one dropped from the spec is removed when it was ours', () => {
  const ours = tagged({ owner: 'us', 'cost center': '1', foreign: 'x', 'albedo:tags': 'cost=0020center owner' });
  assert.equal(tagDelta(tutorial(), ours), { set: {}, remove: ['cost center', 'owner', 'albedo:tags'] });
  assert.equal(
    tagDelta(
      changed((spec) => (spec.tags = { owner: 'us' })),
      ours,
    ),
    { set: { 'albedo:tags': 'owner' }, remove: ['cost center'] },
  );
  assert.equal(tagDelta(tutorial(), tagged({ 'albedo:tags': 'gone' })), { set: {}, remove: ['albedo:tags'] });
});

t('tags: what a field remembers is in a tag, and not written anew when it is gone', () => {
  const instance = BEFORE.desired.find((entry) => entry.address === 'instance/web-1') as Desired;
  const tags = wantedTags(instance, 'webserver');
  assert.is(tags['albedo:user-data'], instance.values['userData']);
  assert.match(tags['albedo:image'] ?? '', /^\/aws\/service\//);
  assert.is(tags['albedo:stack'], 'webserver');
  const without = Object.fromEntries(Object.entries(tags).filter(([key]) => key !== 'albedo:user-data'));
  assert.equal(deltas(BEFORE, live('instance/web-1', { userData: undefined }, { tags: without })), []);
});

t("the two tags of the owner win over the user's, and only EC2 has a name of its own", () => {
  const desired = { ...(BEFORE.desired[0] as Desired), tags: { 'albedo:stack': 'other', Name: 'mine' } };
  assert.is(wantedTags(desired, 'webserver')['albedo:stack'], 'webserver');
  assert.is(wantedTags(desired, 'webserver')['Name'], 'mine');
  const group = BEFORE.desired.find((entry) => entry.address === 'targetGroup/web') as Desired;
  assert.is(wantedTags(group, 'webserver')['Name'], undefined);
});

t('the order of what is desired and live means nothing', () => {
  const observed = appliedOf(BEFORE);
  const after = stackOf(changed((spec) => (spec.network.subnets.a.availabilityZone = 'us-east-1c')));
  const plain = deltas(after, observed);
  assert.equal(deltas({ ...after, desired: [...after.desired].reverse() }, { ...observed, live: [...observed.live].reverse() }), plain);
});

t('ids are those of what is live', () => {
  for (const delta of change((spec) => (spec.loadBalancer.scheme = 'internal'))) assert.is(delta.live?.id, idOf(delta.address));
});

t.run();
