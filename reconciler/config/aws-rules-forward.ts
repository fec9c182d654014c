/** Where requests may go: groups of an action, the version of HTTP that they speak, cookies, and what a rewrite puts in. */

import { asList, type Json } from '../model/json.ts';
import { groupsOf } from '../model/legal.ts';
import type { AwsRule, RuleContext } from './aws-rule.ts';
import { asObject, type SpecObject } from './draft.ts';
import type { PathParts } from './path.ts';

/** What says where requests go: a listener, or a rule of one. */
export interface Place {
  readonly path: PathParts;
  readonly entry: SpecObject;
  /** The protocol that clients speak; undefined on a listener of somebody else. */
  readonly protocol: string | undefined;
}

export function placesOf(spec: Json): readonly Place[] {
  return Object.entries(asObject(asObject(spec)['listeners'])).flatMap(([name, said]) => {
    const entry = asObject(said);
    const protocol = typeof entry['protocol'] === 'string' ? entry['protocol'] : undefined;
    const path = ['listeners', name];
    return [
      { path, entry, protocol },
      ...Object.entries(asObject(entry['rules'])).map(([rule, inner]) => ({
        path: [...path, 'rules', rule],
        entry: asObject(inner),
        protocol,
      })),
    ];
  });
}

const each = (check: (place: Place, context: RuleContext) => void) => (context: RuleContext) => {
  for (const place of placesOf(context.built.stack.spec)) check(place, context);
};

interface Share {
  readonly group: string;
  readonly path: PathParts;
}

/** The groups that an action forwards to, each where its name stands. */
function sharesOf({ entry, path }: Place): readonly Share[] {
  const { forward } = entry;
  if (typeof forward === 'string') return [{ group: forward, path: [...path, 'forward'] }];
  return asList(asObject(forward)['targetGroups']).map((share, index) => ({
    group: String(asObject(share)['targetGroup']),
    path: [...path, 'forward', 'targetGroups', index, 'targetGroup'],
  }));
}

const spokenBy = (spec: Json, group: string): string =>
  String(asObject(asObject(asObject(spec)['targetGroups'])[group])['protocolVersion'] ?? 'HTTP1');

export const FORWARD_RULES: readonly AwsRule[] = [
  {
    name: 'a group once in a forward',
    check: each((place, { tell }) => {
      const seen = new Set<string>();
      for (const { group, path } of sharesOf(place)) {
        if (seen.has(group)) tell(path, `\`${group}\` is listed twice in this \`forward\`.`, 'Add up their weights in one entry.');
        seen.add(group);
      }
    }),
  },
  {
    // "Listener protocol 'HTTP' is not supported with a target group with the protocol-version 'HTTP2'" (aws-load-balancer-controller#1945).
    name: 'HTTP/2 and gRPC behind HTTPS',
    check: each((place, { built, tell }) => {
      if (place.protocol !== 'HTTP') return;
      for (const { group, path } of sharesOf(place)) {
        const version = spokenBy(built.stack.spec, group);
        if (version !== 'HTTP1')
          tell(
            path,
            `\`${group}\` has \`protocolVersion: ${version}\`, and an HTTP listener cannot forward to it.`,
            'Forward to it from an HTTPS listener, or set `protocolVersion: HTTP1` on the group.',
          );
      }
    }),
  },
  {
    // RewriteConfig, ELBv2 API reference: what is put in may name groups of the pattern.
    name: 'groups that a rewrite puts in',
    check: each(({ path, entry }, { tell }) => {
      for (const key of ['host', 'url'])
        for (const [index, one] of asList(asObject(entry['rewrite'])[key]).entries()) {
          const { regex, replace } = asObject(one);
          const groups = groupsOf(String(regex));
          const wanted = [...String(replace ?? '').matchAll(/\$(\d+)/g)].map(([, number]) => Number(number));
          const missing = wanted.find((number) => groups !== undefined && number > groups);
          if (missing !== undefined)
            tell(
              [...path, 'rewrite', key, index, 'replace'],
              `\`$${missing}\` is put in, and \`regex\` has ${groups === 0 ? 'no group' : groups === 1 ? 'one group' : `${groups} groups`}.`,
              'Put the part that it refers to in parentheses in `regex`, or use another number.',
            );
        }
    }),
  },
  {
    // TargetGroupAttribute, ELBv2 API reference: stickiness.enabled and load_balancing.cross_zone.enabled.
    name: 'stickiness with all zones',
    check: ({ of, report }) => {
      for (const group of of('targetGroup'))
        if (group.values['stickiness.enabled'] === true && group.values['crossZone'] === 'false')
          report(
            group,
            group.positions['crossZone'] === undefined ? 'stickiness' : 'crossZone',
            'Stickiness cannot be used with `crossZone: "false"`.',
            'Leave out `crossZone` or `stickiness`.',
          );
    },
  },
  {
    // HealthCheckPath, CreateTargetGroup, ELBv2 API reference.
    name: 'health check of gRPC',
    check: ({ of, report }) => {
      for (const group of of('targetGroup')) {
        const path = group.values['healthCheck.path'];
        if (group.values['protocolVersion'] === 'GRPC' && typeof path === 'string' && !/^\/[\w.]+\/\w+$/.test(path))
          report(group, 'healthCheck.path', `\`${path}\` is not a gRPC method.`, 'Write `/package.service/method`, or leave it out.');
      }
    },
  },
];
