/** Listeners and rules of a tiny AWS. ELBv2 API reference. */

import { ACCOUNT, groupsOf, type Operations, REGION, type Store, setAttributes, uses, type Wire } from './tiny-store.ts';

const ELB = `arn:aws:elasticloadbalancing:${REGION}:${ACCOUNT}:`;
const LISTENER_ATTRIBUTES = { 'routing.http.response.server.enabled': 'true' };

export function listenerOperations(store: Store): Operations {
  const { objects, all, add, need, remove, refuse, next, bare } = store;
  const listenerOf = (listener: Wire, input: Wire): void => {
    for (const key of ['Protocol', 'Port', 'SslPolicy', 'Certificates', 'DefaultActions'])
      if (input[key] !== undefined) listener[key] = structuredClone(input[key]);
    if (listener.Protocol === 'HTTP') for (const key of ['SslPolicy', 'Certificates']) delete listener[key];
    if (listener.Protocol === 'HTTPS') listener.SslPolicy ??= 'ELBSecurityPolicy-2016-08';
    if (listener.Protocol === 'HTTPS' && listener.Certificates === undefined)
      refuse('CertificateNotFound', 'A certificate must be specified for HTTPS listeners');
    for (const { CertificateArn } of listener.Certificates ?? [])
      if (!all('certificate').some((other) => other.Arn === CertificateArn)) refuse('CertificateNotFound');
    for (const action of listener.DefaultActions) {
      for (const { TargetGroupArn } of groupsOf(action)) {
        need(TargetGroupArn, 'TargetGroupNotFound');
        if (all('listener').some((other) => other.LoadBalancerArn !== listener.LoadBalancerArn && uses(other, TargetGroupArn)))
          refuse('TargetGroupAssociationLimit');
      }
      if (action.TargetGroupArn === undefined) continue;
      action.ForwardConfig = {
        TargetGroups: [{ TargetGroupArn: action.TargetGroupArn, Weight: 1 }],
        TargetGroupStickinessConfig: { Enabled: false },
      };
    }
    if (
      all('listener').some(
        (other) => other !== listener && other.LoadBalancerArn === listener.LoadBalancerArn && other.Port === listener.Port,
      )
    )
      refuse('DuplicateListener');
  };

  /** One that is gone fails the call for all; more than 20 are refused. */
  const byArns = (arns: string[], code: string): Wire[] => {
    if (arns.length > 20) refuse('ValidationError', 'at most 20 ARNs');
    return arns.map((arn) => need(arn, code));
  };

  return {
    'elbv2:DescribeListeners': ({ LoadBalancerArn, ListenerArns }) => ({
      Listeners: (ListenerArns === undefined
        ? all('listener').filter((object) => object.LoadBalancerArn === need(LoadBalancerArn, 'LoadBalancerNotFound').id)
        : byArns(ListenerArns, 'ListenerNotFound')
      ).map(({ Tags: _t, attributes: _a, ...rest }) => bare(rest)),
    }),
    'elbv2:CreateListener': (input) => {
      need(input.LoadBalancerArn, 'LoadBalancerNotFound');
      const id = `${ELB}listener/app/${input.LoadBalancerArn.split('/').slice(-2).join('/')}/${next(16)}`;
      const listener: Wire = {
        type: 'listener',
        id,
        ListenerArn: id,
        LoadBalancerArn: input.LoadBalancerArn,
        attributes: { ...LISTENER_ATTRIBUTES },
        Tags: input.Tags,
      };
      listenerOf(listener, input);
      objects.set(id, listener);
      return { Listeners: [bare(listener)] };
    },
    'elbv2:ModifyListener': (input) => {
      listenerOf(need(input.ListenerArn, 'ListenerNotFound'), input);
      return {};
    },
    'elbv2:DeleteListener': ({ ListenerArn }) => {
      need(ListenerArn, 'ListenerNotFound');
      for (const rule of all('rule').filter((object) => object.ListenerArn === ListenerArn)) remove(rule.id);
      return remove(ListenerArn);
    },
    'elbv2:DescribeTrustStores': () => ({ TrustStores: [] }),
    'elbv2:DescribeListenerAttributes': ({ ListenerArn }) => ({
      Attributes: Object.entries(need(ListenerArn, 'ListenerNotFound').attributes).map(([Key, Value]) => ({ Key, Value })),
    }),
    'elbv2:DescribeRules': ({ ListenerArn, RuleArns }) => {
      const shown = ({ ListenerArn: _l, Tags: _t, ...rest }: Wire): Wire => ({ ...bare(rest), IsDefault: false });
      if (RuleArns !== undefined) return { Rules: byArns(RuleArns, 'RuleNotFound').map(shown) };
      const RuleArn = `${need(ListenerArn, 'ListenerNotFound').id.replace(':listener/', ':listener-rule/')}/default`;
      return {
        Rules: [
          { RuleArn, Priority: 'default', IsDefault: true, Conditions: [], Actions: [] },
          ...all('rule')
            .filter((object) => object.ListenerArn === ListenerArn)
            .map(shown),
        ],
      };
    },
    'elbv2:CreateRule': (input) => {
      need(input.ListenerArn, 'ListenerNotFound');
      if (all('rule').some((rule) => rule.ListenerArn === input.ListenerArn && rule.Priority === String(input.Priority)))
        refuse('PriorityInUse');
      for (const { TargetGroupArn } of input.Actions.flatMap(groupsOf)) need(TargetGroupArn, 'TargetGroupNotFound');
      const id = `${input.ListenerArn.replace(':listener/', ':listener-rule/')}/${next(16)}`;
      const object = add('rule', id, {
        RuleArn: id,
        ListenerArn: input.ListenerArn,
        Priority: String(input.Priority),
        Conditions: input.Conditions,
        Actions: input.Actions,
        Transforms: input.Transforms ?? [],
        Tags: input.Tags,
      });
      const { ListenerArn: _l, Tags: _t, ...rest } = object;
      return { Rules: [bare(rest)] };
    },
    'elbv2:ModifyRule': ({ RuleArn, ResetTransforms, ...rest }) => {
      Object.assign(need(RuleArn, 'RuleNotFound'), structuredClone(rest), ResetTransforms ? { Transforms: [] } : {});
      return {};
    },
    'elbv2:SetRulePriorities': ({ RulePriorities }) => {
      for (const { RuleArn, Priority } of RulePriorities) need(RuleArn, 'RuleNotFound').Priority = String(Priority);
      const places = all('rule').map((rule) => `${rule.ListenerArn} ${rule.Priority}`);
      if (new Set(places).size !== places.length) refuse('PriorityInUse');
      return {};
    },
    'elbv2:DeleteRule': ({ RuleArn }) => {
      need(RuleArn, 'RuleNotFound');
      return remove(RuleArn);
    },
    'elbv2:ModifyListenerAttributes': (input) => setAttributes(store, need(input.ListenerArn, 'ListenerNotFound'), input.Attributes),
  };
}
