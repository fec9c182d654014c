import * as assert from 'uvu/assert';
import { fieldPlaces } from '../../../reconciler/cli/explain.ts';
import { type Field, listFields } from '../../../reconciler/model/field.ts';
import { fieldsOf, kindOf } from '../../../reconciler/model/kinds.ts';
import { LINTS } from '../../../reconciler/model/lints.ts';
import { SECTIONS } from '../../../reconciler/model/sections.ts';
import { changeCell, defaultCell, meaningCell, wireCell } from '../../../scripts/generate/cells.ts';
import { partsOf, wireNamesOf } from '../../../scripts/generate/nested.ts';
import { renderReference } from '../../../scripts/generate/reference.ts';
import { suite } from '../../support/suite.ts';

const t = suite('reference');
const reference = renderReference();

/** The text between the heading of a section and the next one of its level. */
function sectionOf(title: string): string {
  const start = reference.indexOf(`\n## \`${title}\`\n`);
  assert.ok(start >= 0, title);
  const end = reference.indexOf('\n## ', start + 4);
  return reference.slice(start, end < 0 ? undefined : end);
}

function field(kind: string, name: string): Field {
  const found = listFields(kindOf(kind).fields).find(([path]) => path === name)?.[1];
  if (found === undefined) throw new Error(`no field ${name}`);
  return found;
}

t('every field that a spec can say has its line; none that only albedo sets', () => {
  for (const section of SECTIONS) {
    const text = sectionOf(`${section.path.join('.').replaceAll('*', '<name>')}${section.single === undefined ? '.<name>' : ''}`);
    for (const [name, { internal, spread, codec }] of fieldsOf(kindOf(section.kind))) {
      // What stands under "Also" is said beside the fields, and may have the name of one that albedo makes of it.
      for (const key of spread ? Object.keys(codec.schema['properties'] as object) : [name])
        assert.is(text.split('\nAlso')[0]?.includes(`\n| \`${key}\` | `), internal !== true, `${section.kind} ${key}`);
    }
  }
});

t('every field of the schema has a line, those of the extra keys of a section too', () => {
  const missing = fieldPlaces().filter(({ path }) => {
    const key = path.split('.').at(-1)?.replaceAll('[]', '') ?? '';
    if (key === '' || key.includes('<')) return false;
    // A line of its own, the heading of a section, or a group in front of its fields.
    return !new RegExp(`\\n(\\| \`([^\`|]*[.\\]])?${key}(\\[\\])?[.\`]|## \`?([^\`\\n]*\\.)?${key}\\b|Fields of \`${key}\`)`).test(
      reference,
    );
  });
  assert.equal(
    missing.map(({ path }) => path),
    [],
  );
  for (const key of ['files.certificate', 'files.privateKey', 'files.chain'])
    assert.match(sectionOf('certificates.<name>'), `| \`${key}\` | `);
});

t('every line of a table has as many cells as its heading', () => {
  const cells = (line: string): number => line.replaceAll('\\|', '').split('|').length;
  let wanted = 0;
  for (const line of reference.split('\n')) {
    if (!line.startsWith('|')) wanted = 0;
    else if (wanted === 0) wanted = cells(line);
    else assert.is(cells(line), wanted, line);
  }
});

t('every warning is named with what it warns of', () => {
  for (const [name, text] of Object.entries(LINTS)) assert.ok(reference.includes(`| \`${name}\` | ${text} |`), name);
});

t('a change is in place, moves requests, disturbs connections or replaces', () => {
  const change = (kind: string, name: string) => changeCell(field(kind, name), kindOf(kind));
  assert.is(change('loadBalancer', 'deletionProtection'), 'in place');
  assert.match(
    change('loadBalancer', 'clientKeepAlive'),
    /^in place, moves requests \(when lowered, clients reconnect\): .*after the new value/,
  );
  assert.match(change('listener', 'port'), /^in place, \*\*disturbs connections\*\* \(clients reconnect\): /);
  assert.match(change('loadBalancer', 'ipAddressType'), /to "ipv4".*; \*\*disturbs.*to "dualstack-without-public-ipv4"/);
  assert.match(change('targetGroup', 'targets'), /get up to `deregistrationDelay` to finish/);
  assert.match(change('rule', 'if'), /^in place, moves requests: /);
  assert.match(change('rule', 'priority'), /^in place, all siblings in one call, moves requests: /);
  assert.is(change('loadBalancer', 'scheme'), 'replaces the load balancer, with consent (the DNS name changes)');
  assert.is(change('targetGroup', 'port'), 'replaces the target group');
});

t('defaults that depend on other fields, and fields that exist beside some only', () => {
  assert.is(defaultCell(field('targetGroup', 'healthCheck.interval')), '`30s`; `35s` with `targetType: lambda`');
  assert.is(defaultCell(field('targetGroup', 'stickiness.enabled')), '`false`; `true` once its group is set');
  assert.is(defaultCell(field('loadBalancer', 'minimumCapacity')), '*not managed*; AWS itself has `"none"`');
  assert.match(meaningCell(field('targetGroup', 'port')), /Not with `targetType: lambda`\.$/);
  assert.match(meaningCell(field('listener', 'sslPolicy')), /Only with `protocol: HTTPS`\.$/);
});

t('names in the API, of fields and of keys inside them', () => {
  assert.is(wireCell(field('rule', 'priority')), '`Priority` (SetRulePriorities)');
  assert.is(wireCell(field('loadBalancer', 'subnets')), '`Subnets` (SetSubnets)');
  assert.is(wireCell(field('loadBalancer', 'attributes')), 'any key');
  assert.is(
    wireCell(field('trustStore', 'bundle')),
    '`CaCertificatesBundleS3Bucket`, `CaCertificatesBundleS3Key`, `CaCertificatesBundleS3ObjectVersion`',
  );
  assert.equal(wireNamesOf(field('rule', 'if').codec, 'pathRegex'), ['PathPatternConfig.RegexValues']);
  assert.equal(wireNamesOf(field('rule', 'actions').codec, 'forward.targetGroups[].weight'), ['ForwardConfig.TargetGroups.Weight']);
  assert.equal(wireNamesOf(field('listener', 'mutualAuthentication').codec, 'advertiseTrustStoreCaNames'), ['AdvertiseTrustStoreCaNames']);
  assert.equal(wireNamesOf(field('rule', 'actions').codec, 'authenticateOidc.clientSecret.env'), ['AuthenticateOidcConfig.ClientSecret']);
  assert.equal(wireNamesOf(field('rule', 'if').codec, 'nothing'), []);
});

t('keys inside a value are listed with their paths', () => {
  assert.equal(
    partsOf(field('targetGroup', 'targets').codec.schema).map(({ path }) => path),
    ['[].instance', '[].ip', '[].lambda', '[].port', '[].availabilityZone'],
  );
});

t.run();
