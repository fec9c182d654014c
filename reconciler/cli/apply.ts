import { createInterface } from 'node:readline/promises';
import { ReconcileError } from '../errors.ts';
import { widen } from '../model/policy.ts';
import type { Plan } from '../plan/types.ts';
import { visible } from '../report/format.ts';
import { renderText } from '../report/text.ts';
import type { VerifyRequest } from '../run/carry-out.ts';
import { type Digests, readDigests } from '../run/digests.ts';
import type { Outcome } from '../run/outcome.ts';
import type { NamedSpec } from '../run/specs.ts';
import type { Work } from '../run/work.ts';
import { engineOf, givenOf, senderOf } from '../verify/send-options.ts';
import { readHosts } from '../verify/target.ts';
import { policyOf } from './consent.ts';
import type { ApplyFlags, DestroyFlags } from './flags.ts';
import { lockRequest } from './lock.ts';
import { stackWithoutFile } from './named-stack.ts';
import { showPlan } from './plan.ts';
import { conduct } from './run.ts';
import { type Progress, paletteFor, print, type Shared } from './shell.ts';
import { underLoadOf } from './under-load.ts';
import { checkRollback, guard, rollbackRequest, withoutSchedule } from './verify.ts';

/** Makes a new plan, compares it with the reviewed one, asks the guard, runs it, and plans again: that plan must be empty. */
export async function applyCommand(paths: readonly string[], flags: ApplyFlags, shared: Shared): Promise<number> {
  return settle('apply', paths, flags, shared, () => {
    if (flags.rollback !== undefined && flags.verify !== true)
      throw new ReconcileError('SpecInvalid', '--rollback is only for a missed objective', { hint: 'Add --verify.' });
    const [send] = givenOf(flags);
    if (send !== undefined && flags.verify !== true)
      throw new ReconcileError('SpecInvalid', `--${send.name} is only for the load test of --verify`, {
        hint: 'Add --verify. The load of --under-load is always sent by this machine.',
      });
    if (flags.verify !== true) return {};
    const { ready } = senderOf(flags);
    return ready === undefined ? {} : { approve: () => ready(process.env) };
  });
}

export async function destroyCommand(paths: readonly string[], flags: DestroyFlags, shared: Shared): Promise<number> {
  // One question at a time.
  let asked: Promise<unknown> = Promise.resolve();
  const given = await stackWithoutFile(flags, true);
  return settle('destroy', paths, { ...flags, given }, shared, (progress) => ({
    approve: async (_, { plan }) => {
      if (shared.yes === true || flags.planDigest !== undefined) return;
      const answer = asked.then(() => confirm(plan, progress));
      asked = answer.catch(() => undefined);
      if (!(await answer)) throw new ReconcileError('GuardRefused', `${plan.stack} was not destroyed, because the name was not typed`);
    },
  }));
}

/** On a terminal a person must type the name of the stack; otherwise `--yes` is required. */
async function confirm(plan: Plan, progress: Progress): Promise<boolean> {
  if (process.stdin.isTTY !== true)
    throw new ReconcileError('GuardRefused', `destroying ${plan.stack} needs consent, but there is no terminal to ask for it`, {
      hint: 'Add --yes, or --plan-digest with the digest of the reviewed plan.',
    });
  progress.stop();
  const question = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await question.question(`Type the name of the stack to destroy it (${plan.stack} in ${plan.region}): `)).trim() === plan.stack;
  } finally {
    question.close();
  }
}

function settle(
  command: 'apply' | 'destroy',
  paths: readonly string[],
  flags: ApplyFlags & { readonly given?: readonly NamedSpec[] | undefined },
  shared: Shared,
  more: (progress: Progress) => Partial<Work>,
): Promise<number> {
  return conduct({
    ...{ command, paths, shared, given: flags.given, changedSince: flags.changedSince, report: flags.report },
    ...(flags.verify === true && engineOf(flags).needsK6 ? { tools: ['k6'] as const } : {}),
    work: (specs, progress) => {
      for (const named of specs) checkRollback(named, flags);
      const lock = lockRequest(flags);
      const reviewed = digestsOf(flags.planDigest);
      const underLoad = underLoadOf(flags);
      return {
        policyOf: ({ policy }) => widen(policy, policyOf(flags)),
        ...{ allOrNothing: flags.allOrNothing === true, lock },
        ...(reviewed === undefined ? {} : { reviewed }),
        ...(underLoad === undefined ? {} : { underLoad }),
        ...(flags.verify === true ? { verify: verifyRequest(flags) } : {}),
        planned: (previewed) => {
          progress.stop();
          if (shared.format.prints === 'told') showPlan(previewed, shared);
        },
        ...more(progress),
      };
    },
    show: (outcome) => show(outcome, shared),
  });
}

/** The plan was shown when it was made. */
function show({ report }: Outcome, shared: Shared): void {
  if (report.run !== null || report.load !== null) print(renderText(report, paletteFor(shared)));
  if (report.links.length > 0) print(addressesText(report));
}

/** The addresses of the stack, as the last lines of the output. */
const addressesText = ({ links }: Outcome['report']): string =>
  [
    'Open:',
    ...links.map(({ text, url }) => `  ${visible(text)}${text.endsWith(url) ? '' : `  (in a browser on this machine: ${visible(url)})`}`),
  ].join('\n');

const verifyRequest = (flags: ApplyFlags): VerifyRequest => ({
  hosts: readHosts(process.env),
  freshHosts: () => readHosts(process.env),
  guard,
  sender: senderOf(flags),
  ...withoutSchedule(flags),
  rollback: rollbackRequest(flags, lockRequest(flags)),
});

/** Throws `PlanDiffers` for a text that cannot be a digest. */
function digestsOf(lines: readonly string[] | undefined): Digests | undefined {
  if (lines === undefined) return undefined;
  const { digests, wrong } = readDigests(lines);
  if (wrong.length > 0)
    throw new ReconcileError('PlanDiffers', wrong.join('; '), { hint: 'Give at least the 12 characters that `albedo plan` prints.' });
  return digests;
}
