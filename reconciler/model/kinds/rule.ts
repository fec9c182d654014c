import { integer, reference } from '../codec.ts';
import { create, DERIVED, modify, REQUIRED } from '../field.ts';
import { actions, hasSignIn, leadsFromHttp } from '../nested/actions.ts';
import { conditions } from '../nested/conditions.ts';
import { transforms } from '../nested/transforms.ts';
import { ELB_PAGE, ELB_TAGS, elbIds } from '../read.ts';
import { kind } from '../values.ts';

/** Rows of the ELBv2 API reference: CreateRule, ModifyRule, SetRulePriorities. The default rule is the listener's own action. */
export const rule = kind({
  name: 'rule',
  label: 'rule',
  service: 'elbv2',
  fields: {
    listener: create('ListenerArn', reference('listener', 'arn'), DERIVED, 'The listener it belongs to.', { internal: true }),
    priority: {
      wire: {
        how: 'rank',
        param: 'Priority',
        op: 'elbv2:SetRulePriorities',
        list: 'RulePriorities',
        idParam: 'RuleArn',
        within: 'listener',
      },
      codec: integer(1, 50000, 'priority'),
      default: DERIVED,
      doc: 'Its order: rules are evaluated from the lowest number to the highest. Default: the order in the file, with as few moves as possible.',
      risk: { risk: 'shift', reason: 'requests that match several rules are routed differently at once' },
    },
    if: modify('Conditions', conditions(), REQUIRED, 'When the rule applies: all conditions must match.', {
      matchesRequests: true,
      risk: { risk: 'shift', reason: 'requests that start or stop matching are routed differently at once' },
    }),
    rewrite: modify('Transforms', transforms(), {}, 'What to change in the request before it is forwarded.', {
      empty: { is: [], param: 'ResetTransforms', value: true },
      risk: { risk: 'shift', reason: 'targets get different paths or host names at once' },
    }),
    actions: modify('Actions', actions(), REQUIRED, 'What is done with the request.', {
      spread: true,
      demands: [
        { of: hasSignIn, kind: 'listener', field: 'protocol', oneOf: ['HTTPS'] },
        { of: leadsFromHttp, kind: 'listener', field: 'protocol', oneOf: ['HTTP'] },
      ],
      risk: { risk: 'shift', reason: 'new requests go elsewhere at once' },
    }),
  },
  read: {
    by: 'child',
    op: 'elbv2:DescribeRules',
    list: 'Rules',
    parent: 'listener',
    parentParam: 'ListenerArn',
    except: { path: 'IsDefault', values: ['true'] },
    tags: ELB_TAGS,
    page: ELB_PAGE,
    ids: elbIds('RuleArns'),
    parentInId: ['listener-rule/', 'listener/'],
    tagType: 'elasticloadbalancing:listener-rule/app',
    describe: ['Priority'],
  },
  adoptable: 'listener-rule/app/',
  outputs: { id: 'RuleArn', arn: 'RuleArn' },
  create: {
    op: 'elbv2:CreateRule',
    answer: 'Rules[0]',
    tags: { param: 'Tags' },
    find: { take: { ListenerArn: 'ListenerArn' }, same: { path: 'Priority', param: 'Priority' } },
  },
  modify: { op: 'elbv2:ModifyRule', param: 'RuleArn' },
  destroy: { op: 'elbv2:DeleteRule', param: 'RuleArn' },
  goesWith: 'listener',
  directsTraffic: true,
  // Rules per Application Load Balancer, default rules not counted (ELBv2 user guide, quotas).
  most: 100,
  risk: {
    replace: { risk: 'shift', reason: 'its requests go to the rules after it until the new one exists' },
    destroy: { risk: 'shift', reason: 'its requests go to the rules after it' },
  },
});
