/** Addresses, pools and regions: what must be of one kind, and what cannot stand beside what. */

import type { Json } from '../model/json.ts';
import { isRegion } from '../model/zones.ts';
import type { AwsRule, RuleContext } from './aws-rule.ts';
import { asObject, type SpecObject } from './draft.ts';
import type { PathParts } from './path.ts';

/** The region of an ARN; undefined where it has none. */
const regionOf = (arn: string): string | undefined => (arn.startsWith('arn:') ? arn.split(':')[3] || undefined : undefined);

const entriesOf = ({ built }: RuleContext, section: string): readonly (readonly [string, SpecObject])[] =>
  Object.entries(asObject(asObject(built.stack.spec)[section])).map(([name, entry]) => [name, asObject(entry)] as const);

/** Keys under which an ARN must be of the region of the spec, and whose rule that is. */
const OF_REGION: Readonly<Record<string, string>> = {
  acm: 'A load balancer takes certificates',
  certificate: 'A load balancer takes certificates',
  additionalCertificates: 'A load balancer takes certificates',
  trustStore: 'A listener takes trust stores',
  arn: 'A stack has rules on listeners',
  forward: 'A listener forwards to target groups',
  targetGroup: 'A listener forwards to target groups',
  lambda: 'A target group takes functions',
  // aws-load-balancer-controller#1057: "is not a valid user pool ARN".
  userPoolArn: 'A listener takes user pools',
};
/** Texts of the user's own, which AWS does not read. */
const FREE_TEXT: ReadonlySet<string> = new Set(['tags', 'attributes', 'if', 'extraParams', 'claims', 'fixedResponse', 'redirect']);

/** Every ARN that must be of the region of the spec, where it stands. */
function arnsIn(value: Json, path: PathParts = []): readonly { readonly path: PathParts; readonly arn: string; readonly what: string }[] {
  if (typeof value === 'string') {
    const what = OF_REGION[String(path.findLast((part) => typeof part === 'string'))];
    return what === undefined ? [] : [{ path, arn: value, what }];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    FREE_TEXT.has(key) ? [] : arnsIn(inner as Json, [...path, Array.isArray(value) ? Number(key) : key]),
  );
}

const MOST_VERIFYING = 2;

export const PLACE_RULES: readonly AwsRule[] = [
  {
    // ACM user guide, "AWS Region"; Application Load Balancers guide, "Lambda functions as targets".
    name: 'ARNs of the region',
    check: (context) => {
      const { region, spec } = context.built.stack;
      const places = ['certificates', 'targetGroups', 'listeners'].flatMap((section) => arnsIn(asObject(spec)[section] ?? null, [section]));
      for (const { path, arn, what } of places) {
        const own = regionOf(arn);
        if (own !== undefined && isRegion(region) && own !== region)
          context.tell(path, `This belongs to ${own}, but the spec is for ${region}.`, `${what} of its own region only.`);
      }
    },
  },
  {
    // CreateLoadBalancer, IpAddressType and Scheme: ELBv2 API reference.
    name: 'addresses of internal load balancers',
    check: ({ of, report }) => {
      for (const { values, ...balancer } of of('loadBalancer')) {
        if (values['scheme'] !== 'internal') continue;
        if (values['ipAddressType'] === 'dualstack-without-public-ipv4')
          report(
            { values, ...balancer },
            'ipAddressType',
            '`dualstack-without-public-ipv4` is for clients on the internet, but the load balancer is `internal`.',
            'Write `dualstack` or `ipv4`, or `scheme: internet-facing`.',
          );
        if ((values['ipamPool'] ?? 'none') !== 'none')
          report(
            { values, ...balancer },
            'ipamPool',
            'The pool provides public addresses, but the load balancer is `internal`.',
            'Leave it out, or write `scheme: internet-facing`.',
          );
      }
    },
  },
  {
    // ModifyIpPools, ELBv2 API reference.
    name: 'pools of public addresses',
    check: ({ of, report }) => {
      for (const balancer of of('loadBalancer'))
        if ((balancer.values['ipamPool'] ?? 'none') !== 'none' && balancer.values['ipAddressType'] === 'dualstack-without-public-ipv4')
          report(
            balancer,
            'ipamPool',
            'The pool provides public IPv4 addresses, but `dualstack-without-public-ipv4` uses none.',
            'Leave it out, or write `ipAddressType: dualstack`.',
          );
    },
  },
  {
    // "Listeners using Mutual TLS in verify mode, per load balancer: 2" (quotas, Application Load Balancers guide: from memory).
    name: 'listeners that verify client certificates',
    check: ({ of, report }) => {
      const verifying = of('listener').filter(({ values }) => asObject(values['mutualAuthentication'])['mode'] === 'verify');
      for (const listener of verifying.slice(MOST_VERIFYING))
        report(
          listener,
          'mutualAuthentication',
          `This would be listener ${verifying.length} with client certificate verification; a load balancer allows ${MOST_VERIFYING}.`,
          'Use `passthrough` here, or another load balancer.',
        );
    },
  },
  {
    // TargetDescription, ELBv2 API reference: a zone is of an address, and a function has no port.
    name: 'what a target says',
    check: (context) => {
      for (const [name, { targets }] of entriesOf(context, 'targetGroups'))
        for (const [index, target] of (Array.isArray(targets) ? targets : []).entries()) {
          const { ip, lambda, port, availabilityZone } = asObject(target);
          const path = ['targetGroups', name, 'targets', index];
          if (ip === undefined && availabilityZone !== undefined)
            context.tell(
              [...path, 'availabilityZone'],
              'A zone can be set only for an address; AWS knows the zone of every other target.',
              'Leave it out.',
              'key',
            );
          if (lambda !== undefined && port !== undefined)
            context.tell([...path, 'port'], 'A function has no port.', 'Leave it out.', 'key');
        }
    },
  },
  {
    // An instance has one script of the first boot (RunInstances, UserData: EC2 API reference), and `app` is one too.
    name: 'one script of the first boot',
    check: (context) => {
      for (const [name, { app, userData }] of entriesOf(context, 'instances'))
        if (app !== undefined && userData !== undefined)
          context.tell(
            ['instances', name, 'userData'],
            '`userData` and `app` cannot be set together: both are the first-boot script.',
            'Keep one of them.',
            'key',
          );
    },
  },
];
