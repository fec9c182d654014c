import { canonical } from '../model/codec.ts';
import type { Address, Position } from '../model/json.ts';
import { kindOf } from '../model/kinds.ts';
import type { Live, Observed } from '../model/model.ts';
import { type Consent, consents, type Policy } from '../model/policy.ts';
import { isIntruder, STACK_TAG } from '../model/tags.ts';
import { usersLeft } from './foreign.ts';
import type { GuardRule } from './guard-rules.ts';
import { reasonOf, together } from './risk.ts';
import type { Change, Plan } from './types.ts';

export type { Policy } from '../model/policy.ts';

/** Why a plan may not be run as it is: one object, one rule. */
export interface Refusal {
  readonly rule: GuardRule;
  /** What it is about; `stack/<name>` for the plan as a whole. */
  readonly address: Address;
  /** Human name of the kind: `target group`. */
  readonly label: string;
  /** The live object: its AWS id, ARN or name, and whose it is. */
  readonly physicalId?: string;
  readonly owner?: string;
  readonly reason: string;
  /** The flag, the key of the policy or the change of the spec that would allow it. */
  readonly remedy: string;
  readonly position?: Position;
}

/**
 * What a plan must not do without consent (guard-rules.ts). An empty list lets the plan pass.
 *
 * Each change is judged by itself, so that a plan that grows is only ever refused more. `albedo destroy` has a consent of its
 * own: of a destroying plan only protection, the number, and what is of others are asked.
 */
export function guard(plan: Plan, observed: Observed, policy: Policy): readonly Refusal[] {
  const own: readonly Refusal[] = [
    ...protectedOnes(plan, observed),
    ...tooMany(plan, observed, policy),
    ...withForeign(plan, policy),
    ...usedByOthers(plan, observed),
  ];
  if (plan.mode === 'destroy') return own;
  return [
    ...own,
    ...plan.changes.flatMap((change) => unconsented(change, plan, policy)),
    ...adopted(plan, observed, policy),
    ...takenNames(plan, observed),
    ...missingSecrets(plan),
  ];
}

/** What every refusal of a change says of its object. */
function about(change: Change, owner: string): Pick<Refusal, 'address' | 'label' | 'physicalId' | 'owner' | 'position'> {
  return {
    address: change.address,
    label: change.label,
    ...(change.physicalId === undefined ? {} : { physicalId: change.physicalId, owner }),
    ...(change.position === undefined ? {} : { position: change.position }),
  };
}

const liveOf = (change: Change, observed: Observed): Live | undefined =>
  [...observed.live, ...observed.duplicates].find((entry) => entry.id === change.physicalId);

function protectedOnes(plan: Plan, observed: Observed): readonly Refusal[] {
  return plan.changes
    .filter((change) => change.verb === 'replace' || change.verb === 'destroy')
    .flatMap((change): Refusal[] => {
      const { protection, label } = kindOf(change.address);
      if (protection === undefined || liveOf(change, observed)?.values[protection] !== true) return [];
      return [
        {
          rule: 'protection',
          ...about(change, `stack ${plan.stack}`),
          reason: `the ${label} has deletion protection, but the plan would ${change.verb} it`,
          remedy: `No flag allows that. Apply with ${protection}: false first.`,
        },
      ];
    });
}

/** What an interrupted run left beside the object that counts is no deletion of anybody's. */
function tooMany(plan: Plan, observed: Observed, { maxDeletes }: Policy): readonly Refusal[] {
  const duplicates = new Set(observed.duplicates.map((duplicate) => duplicate.id));
  const gone = plan.changes.filter((change) => change.verb === 'destroy' && !duplicates.has(change.physicalId ?? ''));
  if (maxDeletes === undefined || gone.length <= maxDeletes) return [];
  const names = gone.slice(0, 5).map((change) => change.address);
  const more = gone.length - names.length;
  return [
    {
      rule: 'deletes',
      address: `stack/${plan.stack}`,
      label: 'stack',
      reason: `the plan would delete ${gone.length} resources, but the policy allows ${maxDeletes}: ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`,
      remedy: `Allow it with --max-deletes ${gone.length} or maxDeletes in policy.yaml, or put the missing resources back into the spec.`,
    },
  ];
}

/** The first few by their ids; the plan lists all. */
function named(others: readonly { readonly text: string; readonly id: string }[]): string {
  const more = others.length - 5;
  const shown = others.slice(0, 5).map(({ text, id }) => `${text} (${id})`);
  return `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** AWS deletes what others have hung on an object together with it. */
function withForeign(plan: Plan, policy: Policy): readonly Refusal[] {
  return plan.changes.flatMap((change): Refusal[] => {
    const { foreign = [], address, label } = change;
    // Who gives up all of a load balancer gives up what hangs on its listeners.
    const above = plan.changes.filter(
      (other) => kindOf(other.address).name === kindOf(address).goesWith && (other.verb === 'destroy' || other.verb === 'replace'),
    );
    if (foreign.length === 0 || [change, ...above].some((each) => consents(policy, each.address, 'allowDestroyForeign'))) return [];
    return [
      {
        rule: 'foreign',
        ...about(change, `stack ${plan.stack}`),
        reason: `with the ${label} AWS deletes resources of other owners: ${named(foreign)}`,
        remedy: `Ask its owner, then allow it with ${FLAGS.allowDestroyForeign} ${address} or allowDestroyForeign in policy.yaml.`,
      },
    ];
  });
}

/** AWS refuses to delete a target group while anything forwards to it (ResourceInUse). */
function usedByOthers(plan: Plan, observed: Observed): readonly Refusal[] {
  return plan.changes.flatMap((change): Refusal[] => {
    const users = usersLeft(change, plan.changes, observed);
    if (users.length === 0) return [];
    return [
      {
        rule: 'in-use',
        ...about(change, `stack ${plan.stack}`),
        reason: `the ${change.label} would be ${change.verb === 'replace' ? 'replaced' : 'deleted'}, but ${named(users)}, which belongs to another owner, forwards to it`,
        remedy: 'No flag allows that, because AWS refuses it. Make that forward elsewhere first, or keep the target group.',
      },
    ];
  });
}

const FLAGS: Readonly<Record<Consent, string>> = {
  allowReplace: '--allow-replace',
  allowDrop: '--allow-drop',
  allowDestroy: '--allow-destroy',
  allowDestroyForeign: '--allow-destroy-foreign',
};

function unconsented(change: Change, plan: Plan, policy: Policy): readonly Refusal[] {
  const { consent, label } = kindOf(change.address);
  const refuse = (rule: 'replace' | 'destroy' | 'drop', reason: string, ...lists: readonly [Consent, ...Consent[]]): readonly Refusal[] =>
    consents(policy, change.address, ...lists)
      ? []
      : [
          {
            rule,
            ...about(change, `stack ${plan.stack}`),
            reason,
            remedy: `Allow it with ${FLAGS[lists[0]]} ${change.address} or ${lists[0]} in policy.yaml, or undo the change.`,
          },
        ];
  const names = (fields: Change['fields']): string => fields.map((field) => field.field).join(', ');
  const lost = together(change.losses ?? []);
  switch (change.verb) {
    case 'create':
      return lost === '' ? [] : refuse('drop', `the new ${label} would lose requests: ${lost}`, 'allowDrop');
    case 'replace': {
      const causes = change.fields.filter((field) => field.impact === 'replace');
      if (consent !== undefined)
        return refuse('replace', `the ${label} would be replaced because of ${names(causes)}: ${consent}`, 'allowReplace');
      // What is replaced only because something else is, is consented to there.
      const follows = causes.length > 0 && causes.every((field) => field.because !== undefined);
      if (lost !== '') return refuse('drop', `replacing the ${label} would lose requests: ${lost}`, 'allowDrop', 'allowReplace');
      if (change.risk !== 'drop' || (follows && !change.fields.some((field) => field.impact !== 'replace' && field.risk === 'drop')))
        return [];
      return refuse('drop', `replacing the ${label} would lose requests: ${reasonsOf(change)}`, 'allowDrop', 'allowReplace');
    }
    case 'destroy':
      if (isIntruder(change.address))
        return refuse('destroy', `the ${label} was created by someone else, on a listener with ownsRules`, 'allowDestroy').map(
          (refusal) => ({ ...refusal, owner: 'others' }),
        );
      if (consent === undefined && change.risk !== 'drop') return [];
      return refuse('destroy', `the ${label} would be deleted: ${reasonOf(change) ?? consent ?? ''}`, 'allowDestroy');
    default:
      if (change.risk !== 'drop') return [];
      return refuse('drop', `changing the ${label} would lose requests or connections: ${reasonsOf(change)}`, 'allowDrop');
  }
}

const reasonsOf = (change: Change): string =>
  [
    ...[reasonOf(change)].filter((reason) => reason !== undefined),
    ...change.fields.filter((field) => field.risk === 'drop').map((field) => `${field.field}: ${field.reason}`),
  ].join('; ');

function adopted(plan: Plan, observed: Observed, policy: Policy): readonly Refusal[] {
  const taken = plan.changes.flatMap((change): Refusal[] => {
    const stack = liveOf(change, observed)?.tags[STACK_TAG];
    // Replacing what somebody else made removes it: no less than taking it over.
    const replaced = change.verb === 'replace' && kindOf(change.address).adoptable !== undefined && stack !== plan.stack;
    if (change.verb !== 'adopt' && !replaced) return [];
    if (stack === undefined ? policy.allowAdopt === true : policy.adoptFrom?.includes(stack) === true) return [];
    return [
      {
        rule: 'adopt',
        ...about(change, stack === undefined ? 'nobody' : `stack ${stack}`),
        reason: `the ${change.label} already exists ${stack === undefined ? 'without an owner tag' : `and belongs to stack ${stack}`}, and the plan would adopt it`,
        remedy:
          stack === undefined
            ? 'Allow it with --adopt or allowAdopt: true in policy.yaml, or remove its line from adopt in the spec.'
            : `Allow it with --adopt-from ${stack}, or remove its line from adopt in the spec.`,
      },
    ];
  });
  // These are not even planned: without the consent they are not read as ours.
  const claimed = observed.claimed.flatMap(({ address, id, owner }): Refusal[] => {
    const position = plan.changes.find((change) => change.address === address)?.position;
    return [
      {
        rule: 'adopt',
        address,
        label: kindOf(address).label,
        physicalId: id,
        owner: `stack ${owner}`,
        reason: `the ${kindOf(address).label} ${id} has the tag of stack ${owner}, and the spec would adopt it`,
        remedy: `Allow it with --adopt-from ${owner}, remove its tags in AWS, or remove its line from adopt in the spec.`,
        ...(position === undefined ? {} : { position }),
      },
    ];
  });
  return [...taken, ...claimed];
}

function takenNames(plan: Plan, observed: Observed): readonly Refusal[] {
  // What is ours by now, or refused as a claim, is told already.
  const told = new Set([...observed.live.map((entry) => entry.id), ...observed.claimed.map((entry) => entry.id)]);
  return plan.changes.flatMap((change): Refusal[] => {
    const name = change.fields.find((field) => field.field === 'name')?.after;
    if (change.verb === 'destroy' || typeof name !== 'string') return [];
    const kind = kindOf(change.address);
    const other = observed.taken.find((entry) => entry.kind === kind.name && entry.name === name && !told.has(entry.id ?? ''));
    if (other === undefined) return [];
    const { physicalId: _, owner: __, ...object } = about(change, '');
    const adopt = kind.adoptable === undefined ? '' : ', or adopt that one: write adopt in the spec, as `albedo import` does, and use';
    return [
      {
        rule: 'name',
        ...object,
        ...(other.id === undefined ? {} : { physicalId: other.id }),
        owner: other.owner,
        reason: `the name ${name} is already used by a ${kind.label} of ${other.owner}`,
        remedy:
          other.stack === undefined
            ? `Choose another name, remove the other one${adopt === '' ? '' : `${adopt} --adopt`}.`
            : `Choose another name, destroy it in stack ${other.stack}${adopt === '' ? '' : `${adopt} --adopt-from ${other.stack}`}.`,
      },
    ];
  });
}

/** A secret that the environment does not hold can be kept, but not made up. */
function missingSecrets(plan: Plan): readonly Refusal[] {
  return plan.changes.flatMap((change) =>
    change.fields.flatMap((field): Refusal[] => {
      // "UseExistingClientSecret" needs one that exists (AuthenticateOidcActionConfig, ELBv2 API reference).
      if ((change.verb === 'update' || change.verb === 'adopt') && /"type":"authenticate-oidc"/.test(canonical(field.before))) return [];
      const name = /"secret":\{"env":"([A-Z0-9_]+)"\}/.exec(canonical(field.after))?.[1];
      return name === undefined
        ? []
        : [
            {
              rule: 'secret',
              ...about(change, `stack ${plan.stack}`),
              reason: `its client secret should be in the environment variable ${name}, which is not set`,
              remedy: `Set ${name} in the environment where albedo runs.`,
            },
          ];
    }),
  );
}
