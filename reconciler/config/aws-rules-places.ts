/** Addresses, pools and regions: what must be of one kind, and what cannot stand beside what. */

import type { AwsRule, RuleContext } from './aws-rule.ts';
import { asObject, type SpecObject } from './draft.ts';
import type { PathParts } from './path.ts';

/** The region of an ARN; undefined where it has none. */
const regionOf = (arn: unknown): string | undefined => (typeof arn === 'string' ? arn.split(':')[3] || undefined : undefined);

const entriesOf = ({ built }: RuleContext, section: string): readonly (readonly [string, SpecObject])[] =>
  Object.entries(asObject(asObject(built.stack.spec)[section])).map(([name, entry]) => [name, asObject(entry)] as const);

/** Every ARN that must be of the region of the spec, where it stands. */
function arnsOf(context: RuleContext): readonly { readonly path: PathParts; readonly arn: unknown; readonly what: string }[] {
  return [
    ...entriesOf(context, 'certificates').map(([name, { acm }]) => ({
      path: ['certificates', name, 'acm'],
      arn: acm,
      what: 'A load balancer takes certificates',
    })),
    ...entriesOf(context, 'listeners').map(([name, { arn }]) => ({
      path: ['listeners', name, 'arn'],
      arn,
      what: 'A stack has rules on listeners',
    })),
    ...entriesOf(context, 'targetGroups').flatMap(([name, { targets }]) =>
      (Array.isArray(targets) ? targets : []).map((target, index) => ({
        path: ['targetGroups', name, 'targets', index, 'lambda'],
        arn: asObject(target)['lambda'],
        what: 'A target group takes functions',
      })),
    ),
  ];
}

const MOST_VERIFYING = 2;

export const PLACE_RULES: readonly AwsRule[] = [
  {
    // ACM user guide, "AWS Region"; Application Load Balancers guide, "Lambda functions as targets".
    name: 'ARNs of the region',
    check: (context) => {
      const { region } = context.built.stack;
      for (const { path, arn, what } of arnsOf(context)) {
        const own = regionOf(arn);
        if (own !== undefined && /-\d$/.test(region) && own !== region)
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
