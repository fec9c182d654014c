import { canonical } from '../model/codec.ts';
import { kindOf } from '../model/kinds.ts';
import type { Observed } from '../model/model.ts';
import type { Address, Plan } from './types.ts';

/** What the person who runs albedo allows beyond the commit. */
export interface Policy {
  readonly allowReplace: readonly string[];
  /** Taking over objects that nobody's tags claim. */
  readonly adopt?: boolean;
}

export interface Refusal {
  readonly address: Address;
  readonly reason: string;
  /** The flag or the change that would allow it. */
  readonly remedy: string;
}

/**
 * What a plan must not do without consent: touch what is under deletion protection (never allowed), replace what changes
 * the address clients use, take over a name or an object of somebody else. An empty list lets the plan pass.
 */
export function guard(plan: Plan, observed: Observed, policy: Policy): readonly Refusal[] {
  return [...protectedOnes(plan, observed), ...unconsented(plan, policy), ...missingSecrets(plan), ...takenNames(plan, observed)];
}

function protectedOnes(plan: Plan, observed: Observed): readonly Refusal[] {
  return plan.changes
    .filter((change) => change.verb === 'replace' || change.verb === 'destroy')
    .flatMap((change): Refusal[] => {
      const { protection, label } = kindOf(change.address);
      const live = [...observed.live, ...observed.twins].find((entry) => entry.id === change.physicalId);
      if (protection === undefined || live?.values[protection] !== true) return [];
      return [
        {
          address: change.address,
          reason: `the ${label} is under deletion protection, and the plan would ${change.verb} it`,
          remedy: `Apply with ${protection}: false first.`,
        },
      ];
    });
}

function unconsented(plan: Plan, policy: Policy): readonly Refusal[] {
  return plan.changes
    .filter((change) => change.verb === 'replace')
    .flatMap((change): Refusal[] => {
      const { consent, label } = kindOf(change.address);
      if (consent === undefined || policy.allowReplace.includes(change.address)) return [];
      const why = change.fields
        .filter((field) => field.impact === 'replace')
        .map((field) => field.field)
        .join(', ');
      return [
        {
          address: change.address,
          reason: `the ${label} would be replaced because of ${why}: ${consent}`,
          remedy: `Allow it with --allow-replace ${change.address}, or take the change back.`,
        },
      ];
    });
}

/** A secret that the environment does not hold can be kept, but not made up. */
function missingSecrets(plan: Plan): readonly Refusal[] {
  return plan.changes.flatMap((change) =>
    change.fields.flatMap((field): Refusal[] => {
      // "UseExistingClientSecret" needs one that exists (AuthenticateOidcActionConfig, ELBv2 API reference).
      if (change.verb === 'update' && /"type":"authenticate-oidc"/.test(canonical(field.before))) return [];
      const name = /"secret":\{"env":"([A-Z0-9_]+)"\}/.exec(canonical(field.after))?.[1];
      return name === undefined
        ? []
        : [
            {
              address: change.address,
              reason: `its client secret is in the environment variable ${name}, which is not set`,
              remedy: `Set ${name} where albedo runs.`,
            },
          ];
    }),
  );
}

function takenNames(plan: Plan, observed: Observed): readonly Refusal[] {
  const wanted = plan.changes.flatMap((change): { address: Address; kind: string; name: string }[] => {
    const name = change.fields.find((field) => field.field === 'name')?.after;
    return change.verb !== 'destroy' && typeof name === 'string'
      ? [{ address: change.address, kind: change.address.split('/')[0] ?? '', name }]
      : [];
  });
  return wanted.flatMap((entry): Refusal[] => {
    const other = observed.taken.find((taken) => taken.kind === entry.kind && taken.name === entry.name);
    return other === undefined
      ? []
      : [
          {
            address: entry.address,
            reason: `the name ${entry.name} is taken by a ${kindOf(entry.kind).label} of ${other.owner}`,
            remedy: 'Choose another name, or remove the other one first.',
          },
        ];
  });
}
