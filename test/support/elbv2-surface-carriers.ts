/** Where actions stand in the API, listeners and rules, and what a case of one says. */
import type { Answer, Params } from './elbv2-bench.ts';
import { PATH, type World } from './elbv2-surface.ts';
import { CERTIFICATES } from './sandbox-network.ts';

export type Actions = (world: World) => readonly Params[];

export interface ActionCase {
  readonly field: string;
  readonly legal: Actions;
  /** Read of the first action. */
  readonly path: string;
  readonly expected: unknown;
  readonly illegal: Actions;
  readonly code: string;
}

/** Where actions stand: how they are set, and where they are read. */
export interface Carrier {
  readonly row: string;
  readonly action: string;
  readonly params: (world: World, actions: readonly Params[]) => Params;
  readonly read: (world: World, answer: Answer) => Answer;
  readonly path: string;
}

export const CARRIERS: readonly Carrier[] = [
  {
    row: 'listener.DefaultActions[]',
    action: 'CreateListener',
    params: (world, DefaultActions) => ({
      LoadBalancerArn: world.loadBalancer('carrier'),
      Port: 443,
      Protocol: 'HTTPS',
      Certificates: [{ CertificateArn: CERTIFICATES.site }],
      DefaultActions,
    }),
    read: (world, answer) => world.call('DescribeListeners', { ListenerArns: [answer.text('Listeners.0.ListenerArn')] }),
    path: 'Listeners.0.DefaultActions.0',
  },
  {
    row: 'rule.Actions[]',
    action: 'CreateRule',
    params: (world, Actions) => ({ ListenerArn: world.https(), Priority: 1, Conditions: [PATH], Actions }),
    read: (world, answer) => world.call('DescribeRules', { RuleArns: [answer.text('Rules.0.RuleArn')] }),
    path: 'Rules.0.Actions.0',
  },
];
