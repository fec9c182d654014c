import { reference, text } from '../codec.ts';
import { create, DERIVED, type UserLook } from '../field.ts';
import type { Grades } from '../grades.ts';
import { ruleIds } from '../nested/permission-rules.ts';
import { ALL_OUT, ALL_OUT_IPV6, permissions } from '../nested/permissions.ts';
import { EC2_PAGE, TAGS_WITHIN } from '../read.ts';
import { kind } from '../values.ts';
import { freeOf, interfacesOf } from './interfaces.ts';

/** A rule's description does not tell it from another: adding it with a new one is InvalidPermission.Duplicate (EC2 API reference). */
const remark = (direction: 'Ingress' | 'Egress') => ({ op: `ec2:UpdateSecurityGroupRuleDescriptions${direction}`, keys: ['description'] });

/** What albedo derives from the stack is closed when nothing of it is used any more, and what was under way is done. */
const closed: Grades = [
  { risk: 'none', reason: 'no resource of the stack uses {removed} any more', when: { change: 'removed', said: false } },
  { risk: 'drop', reason: 'new connections by {removed} are refused', when: { change: 'removed' } },
];

const namedInRules = (list: string, filter: string): UserLook => ({
  ...{ op: 'ec2:DescribeSecurityGroups', filter: `${filter}.group-id`, list: 'SecurityGroups[]', id: 'GroupId' },
  ...{ uses: `${list}[].UserIdGroupPairs[].GroupId`, label: 'security group' },
});

export const securityGroup = kind({
  name: 'securityGroup',
  label: 'security group',
  service: 'ec2',
  fields: {
    vpc: create('VpcId', reference('vpc', 'id'), DERIVED, 'The VPC of the stack.', { internal: true }),
    description: create(
      'Description',
      text({
        minLength: 1,
        maxLength: 255,
        pattern: '^[a-zA-Z0-9 ._\\-:/()#,@\\[\\]+=&;{}!$*]*$',
        patternMessage: 'letters, digits, spaces and ._-:/()#,@[]+=&;{}!$*',
      }),
      'Made by albedo',
      'What the group is for. EC2 cannot change it.',
    ),
    ingress: {
      wire: {
        how: 'member',
        member: {
          add: 'ec2:AuthorizeSecurityGroupIngress',
          remove: 'ec2:RevokeSecurityGroupIngress',
          amend: remark('Ingress'),
          batch: 'IpPermissions',
          read: 'IpPermissions[]',
          identify: ruleIds(false),
          removeAfterReady: 'drained',
        },
      },
      codec: permissions('from'),
      default: [],
      doc: 'Who may connect, and to which ports.',
      // Connections that stand go on until they end (security group connection tracking, EC2 user guide).
      risk: closed,
    },
    egress: {
      wire: {
        how: 'member',
        member: {
          add: 'ec2:AuthorizeSecurityGroupEgress',
          remove: 'ec2:RevokeSecurityGroupEgress',
          amend: remark('Egress'),
          batch: 'IpPermissions',
          read: 'IpPermissionsEgress[]',
          identify: ruleIds(true),
          initial: [ALL_OUT],
          initialWhere: { of: 'vpc', has: 'ipv6', members: [ALL_OUT_IPV6] },
          removeAfterReady: 'drained',
        },
      },
      codec: permissions('to'),
      default: [{ protocol: 'all', to: '0.0.0.0/0' }],
      doc: 'Where the members of the group may connect to. Default: everywhere.',
      risk: closed,
    },
  },
  read: { by: 'tagged', op: 'ec2:DescribeSecurityGroups', list: 'SecurityGroups', tags: TAGS_WITHIN, page: EC2_PAGE },
  outputs: { id: 'GroupId', name: 'GroupName' },
  create: {
    op: 'ec2:CreateSecurityGroup',
    answer: '',
    name: { param: 'GroupName', max: 255 },
    tags: { param: 'TagSpecifications', types: ['security-group'] },
  },
  destroy: { op: 'ec2:DeleteSecurityGroup', param: 'GroupId' },
  awaits: [freeOf('group-id')],
  // Those of rules as well (DeleteSecurityGroup, EC2 API reference).
  users: [
    interfacesOf('group-id'),
    namedInRules('IpPermissions', 'ip-permission'),
    namedInRules('IpPermissionsEgress', 'egress.ip-permission'),
  ],
});
