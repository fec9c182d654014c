/** The flags with which a person consents to what a plan would lose, in addition to the policy of the spec. */

import { type Command, InvalidArgumentError } from 'commander';
import type { Policy } from '../model/policy.ts';

export interface ConsentFlags {
  readonly allowReplace?: readonly string[];
  readonly allowDrop?: readonly string[];
  readonly allowDestroy?: readonly string[];
  readonly allowDestroyForeign?: readonly string[];
  readonly maxDeletes?: number;
  readonly adopt?: boolean;
  readonly adoptFrom?: readonly string[];
  readonly movedFrom?: readonly string[];
}

/** What the flags allow. */
export const policyOf = ({
  adopt,
  allowReplace,
  allowDrop,
  allowDestroy,
  allowDestroyForeign,
  maxDeletes,
  adoptFrom,
  movedFrom,
}: ConsentFlags): Policy => ({
  ...(allowReplace === undefined ? {} : { allowReplace }),
  ...(allowDrop === undefined ? {} : { allowDrop }),
  ...(allowDestroy === undefined ? {} : { allowDestroy }),
  ...(allowDestroyForeign === undefined ? {} : { allowDestroyForeign }),
  ...(maxDeletes === undefined ? {} : { maxDeletes }),
  ...(adopt === undefined ? {} : { allowAdopt: adopt }),
  ...(adoptFrom === undefined ? {} : { adoptFrom }),
  ...(movedFrom === undefined ? {} : { movedFrom }),
});

/** `loadBalancer/main`, or `*`; the flag can be repeated. */
function addAddress(value: string, before: unknown): readonly string[] {
  // The kind is not checked: that would load the field table at every start, and an unknown kind allows nothing.
  if (!/^(\*|[a-zA-Z]+\/[a-z][a-z0-9.-]*)$/.test(value))
    throw new InvalidArgumentError("Write an address such as loadBalancer/main, or '*'.");
  return [...((before as readonly string[] | undefined) ?? []), value];
}

const addText = (value: string, before: unknown): readonly string[] => [...((before as readonly string[] | undefined) ?? []), value];

function readCount(value: string): number {
  if (!/^\d{1,6}$/.test(value)) throw new InvalidArgumentError('Write a whole number, 0 or more.');
  return Number(value);
}

/** Consent that `destroy` takes too. */
export const countingDeletes = (command: Command): Command =>
  command
    .option(
      '--max-deletes <number>',
      'refuse a plan that deletes more resources (default: maxDeletes of policy.yaml, or no limit)',
      readCount,
    )
    .option(
      '--allow-destroy-foreign <address>',
      'consent to deleting this resource together with listeners and rules of other owners; * for all',
      addAddress,
    )
    .option('--moved-from <repository>', 'consent to changing a stack that this repository applied before, such as shop/infra', addText);

/** All consent flags. */
export const consenting = (command: Command): Command =>
  countingDeletes(command)
    .option('--allow-replace <address>', 'consent to replacing this resource, such as loadBalancer/main; * for all', addAddress)
    .option('--allow-drop <address>', 'consent to a change of this resource that loses requests or connections; * for all', addAddress)
    .option('--allow-destroy <address>', 'consent to deleting this resource although requests are lost; * for all', addAddress)
    .option('--adopt', 'allow adopting resources that the spec lists under adopt and that have no owner tag')
    .option('--adopt-from <stack>', 'consent to adopting resources that have the tag of this stack', addText);
