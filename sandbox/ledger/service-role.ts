/**
 * Roles that services of AWS assume: whether one lets a service in, and what it may do then. Roles and policies are those of the sandbox's IAM.
 * IAM user guide, "Create a role to delegate permissions to an AWS service" and "The confused deputy problem".
 */
import type { Upstream } from '../upstream.ts';
import { text } from '../xml.ts';
import type { RequestContext } from './policy-conditions.ts';
import { evaluate } from './policy-evaluation.ts';
import { asker, policiesOf, readDocument } from './simulate.ts';

export interface ServiceRoles {
  /** Whether `scheduler.amazonaws.com` may assume the role; false too where there is none. `context`: such as `aws:SourceArn`, in lower case. */
  letsIn(roleArn: string, service: string, context: RequestContext): Promise<boolean>;
  /** Whether the role's policies allow an action on a resource. */
  may(roleArn: string, action: string, resource: string, context: RequestContext): Promise<boolean>;
}

interface Statement {
  readonly Principal?: '*' | Readonly<Record<string, string | readonly string[]>>;
}

export function createServiceRoles(upstream: Upstream): ServiceRoles {
  const askOf = (roleArn: string) => {
    const [, account = ''] = /^arn:[\w-]+:iam::(\d{12}):role\//.exec(roleArn) ?? [];
    return asker({ ...upstream, send: (call) => upstream.send({ ...call, account }) }, 'us-east-1');
  };
  const nameOf = (roleArn: string): string => roleArn.split('/').at(-1) ?? '';
  return {
    async letsIn(roleArn, service, context) {
      const role = await askOf(roleArn)('GetRole', { RoleName: nameOf(roleArn) }).catch(() => undefined);
      if (role === undefined || text(role, 'Role.Arn') !== roleArn) return false;
      const trust = JSON.parse(readDocument(text(role, 'Role.AssumeRolePolicyDocument'))) as {
        readonly Statement?: Statement | readonly Statement[];
      };
      const admits = ({ Principal }: Statement): boolean =>
        Principal === '*' || [Principal?.['Service'] ?? []].flat().some((one) => one === service);
      const statements = [trust.Statement ?? []].flat().filter(admits);
      const policy = { id: 'trust', type: 'IAM Policy', text: JSON.stringify({ ...trust, Statement: statements }) } as const;
      return statements.length > 0 && evaluate([policy], 'sts:AssumeRole', roleArn, context).decision === 'allowed';
    },
    async may(roleArn, action, resource, context) {
      const policies = await policiesOf(askOf(roleArn), 'role', nameOf(roleArn));
      return evaluate(policies, action, resource, context).decision === 'allowed';
    },
  };
}
