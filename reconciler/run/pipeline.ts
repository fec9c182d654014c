import { credentialsAdvice } from '../aws/classify.ts';
import { looksOf } from '../aws/looks.ts';
import { operationOf } from '../aws/operations.ts';
import { quotaHint } from '../aws/quotas.ts';
import { leftoverNotes } from '../chaos/leftovers.ts';
import type { ReadySpec } from '../config/read.ts';
import { deferredValues } from '../deferred/deferred.ts';
import { CloudError, type Problem, ReconcileError } from '../errors.ts';
import { execute } from '../execute/execute.ts';
import { fileJournal } from '../execute/journal.ts';
import { grantText } from '../iam/grant.ts';
import type { Json } from '../model/json.ts';
import type { Observed, Stack } from '../model/model.ts';
import { refsIn } from '../model/paths.ts';
import { checkAdopted } from '../observe/adopt.ts';
import { expiringCertificates } from '../observe/certificate-expiry.ts';
import { checkExisting } from '../observe/given.ts';
import { checkPlaces } from '../observe/places.ts';
import { checkPrefixLists } from '../observe/prefix-lists.ts';
import { type LiveRead, liveRead, observeWorld, refresh, type World } from '../observe/world.ts';
import { fingerprintOf } from '../observe/x509.ts';
import { sha256 } from '../plan/digest.ts';
import { guard, type Policy, type Refusal } from '../plan/guard.ts';
import { missingValues } from '../plan/missing-values.ts';
import { plan } from '../plan/plan.ts';
import type { CallCount, Plan, Run, StepRun } from '../plan/types.ts';
import { checkAccount } from './check-account.ts';
import { checkUsers } from './check-users.ts';
import { requireAccount, type Session } from './session.ts';
import { recordSource, repositoryRefusals } from './source.ts';
import { verifyDigest, verifyRefusals } from './verify-terms.ts';

export { openSession, realClock, requireAccount, type Session } from './session.ts';

export interface Preview {
  readonly plan: Plan;
  readonly observation: LiveRead;
  readonly refusals: readonly Refusal[];
  /** Digest of the load test that follows; none where the stack is destroyed. */
  readonly verify?: string;
}

export interface Reconciled extends Preview {
  /** Absent when there was nothing to do. */
  readonly run?: Run;
  /** What was read after the run. */
  readonly after?: LiveRead;
  /** The second plan, which must be empty. */
  readonly check?: Plan;
  /** Why there is none although all steps are done: AWS did not show the result. */
  readonly unchecked?: ReconcileError;
  readonly calls: CallCount;
}

/** What reading a spec needs to know of hashes and certificates. */
export const hashing = { sha256, fingerprint: fingerprintOf } as const;

/** A journal that appends to a file; see `execute/journal.ts`. */
export const journalTo = fileJournal;

/** Reads what is live and plans; changes nothing. `world`: read for several stacks at once, of which this one is cut out. */
export async function preview(
  spec: ReadySpec,
  session: Session,
  policy: Policy = { allowReplace: [] },
  mode: Plan['mode'] = 'apply',
  world?: World,
): Promise<Preview> {
  const { stack } = spec;
  if (world === undefined) await explain(session, () => requireAccount(session, spec.account, stack.name));
  if (world === undefined) session.emit({ kind: 'phase', phase: 'observe', text: `reading from AWS: ${stack.name} in ${stack.region}` });
  const look = (from: World | undefined, thorough = false): Promise<LiveRead> =>
    explain(session, async () =>
      liveRead(stack, from ?? (await observeWorld([stack], session.cloud, { mode, thorough, signal: session.signal })), {
        now: session.clock.now(),
        ...(policy.adoptFrom === undefined ? {} : { adoptFrom: policy.adoptFrom }),
      }),
    );
  let observation = await look(world);
  const problems = mode === 'destroy' ? [] : checksOf(stack, observation.observed);
  if (problems.length > 0) throw wrongSpec('existing resources named in the spec do not match AWS', problems);
  session.emit({ kind: 'phase', phase: 'plan', text: 'comparing' });
  let bare = plan(stack, observation.observed, mode);
  // Guard judges what goes together with ours, whoever made it.
  if (hidesWhatGoes(bare, observation.world)) {
    observation = await look(undefined, true);
    bare = plan(stack, observation.observed, mode);
  }
  const [account, users] = await explain(session, () =>
    Promise.all([
      mode === 'destroy' ? { problems: [], notes: [] } : checkAccount(bare, stack, observation, callOf(session)),
      checkUsers(bare, observation, callOf(session)),
    ]),
  );
  if (account.problems.length > 0) throw wrongSpec('AWS would refuse the changes of this plan', account.problems);
  const now = session.clock.now();
  const ending = mode === 'destroy' || spec.silenced.includes('ending-certificate') ? [] : expiringCertificates(stack, observation, now);
  const planned: Plan = {
    ...bare,
    notes: [...bare.notes, ...account.notes, ...users.notes, ...leftoverNotes(observation.raws, now), ...ending],
  };
  const refusals = [
    ...repositoryRefusals(stack, planned, observation, session, policy),
    ...guard(planned, observation.observed, policy),
    ...users.refusals,
    ...missingValues(planned, stack, spec.deferred),
  ];
  if (mode === 'destroy') return { plan: planned, observation, refusals };
  // Whoever reviews a plan reviews the load test that follows it: another one is another plan.
  const verify = verifyDigest(spec.settings);
  return {
    plan: { ...planned, digest: sha256(`${planned.digest} ${verify}`) },
    ...{ observation, verify },
    refusals: [...refusals, ...verifyRefusals(stack.name, spec.settings, policy)],
  };
}

const wrongSpec = (message: string, problems: readonly Problem[]): ReconcileError =>
  new ReconcileError('SpecInvalid', message, { cause: problems, hint: 'Correct the places listed; nothing was changed.' });

const callOf =
  ({ cloud, signal }: Session) =>
  (op: string, input: Json): Promise<Json> =>
    cloud.call(op, input, { signal });

/** Whether something is to go under which only children with our tags were looked for. */
const hidesWhatGoes = ({ changes }: Plan, { foundByTags }: World): boolean =>
  changes.some(
    ({ verb, physicalId = '' }) =>
      (verb === 'destroy' || verb === 'replace') && [...foundByTags.values()].some((parents) => parents.has(physicalId)),
  );

/** What the spec takes as given and AWS shows otherwise. */
const checksOf = (stack: Stack, observed: Observed) => [
  ...checkExisting(stack, observed),
  ...checkPrefixLists(stack, observed),
  ...checkAdopted(stack, observed),
  ...checkPlaces(stack, observed),
];

/** Runs a previewed plan, then looks again at what it touched: the second plan must be empty. */
export async function reconcile(spec: ReadySpec, previewed: Preview, session: Session): Promise<Reconciled> {
  const { plan: planned, observation } = previewed;
  if (planned.steps.length === 0) return { ...previewed, calls: session.cloud.count() };
  session.emit({ kind: 'phase', phase: planned.mode === 'destroy' ? 'destroy' : 'apply', text: `${planned.steps.length} steps` });
  const executed = await execute(planned, {
    cloud: session.cloud,
    clock: session.clock,
    journal: session.journal,
    emit: session.emit,
    signal: session.signal,
    deferred: deferredValues(spec.stack, spec.deferred, session.cloud, session.clock),
    widthOf: (op) => operationOf(op).width,
    doneCodes: (op) => operationOf(op).done ?? [],
    looks: looksOf,
  });
  const run = await withQuotas(executed, session);
  if (run.outcome !== 'done') return { ...previewed, run, calls: session.cloud.count() };
  session.emit({ kind: 'phase', phase: 'check', text: 'looking again' });
  const look = (): Promise<LiveRead> =>
    explain(session, async () =>
      liveRead(
        spec.stack,
        await refresh(observation.world, [spec.stack], touchedKinds(planned), session.cloud, { signal: session.signal }),
        { now: session.clock.now() },
      ),
    );
  let again: LiveRead;
  try {
    again = await look();
  } catch (thrown) {
    // What was done is told, whatever ended the run.
    if (thrown instanceof ReconcileError) return { ...previewed, run, unchecked: thrown, calls: session.cloud.count() };
    throw thrown;
  }
  if (planned.mode === 'apply') await recordSource(spec.stack, again, session);
  return { ...previewed, run, after: again, check: plan(spec.stack, again.observed, planned.mode), calls: session.cloud.count() };
}

/** With what a refusal at a quota means beside it. */
async function withQuotas(run: Run, { cloud }: Session): Promise<Run> {
  const steps = await Promise.all(
    run.steps.map(async (step): Promise<StepRun> => {
      if (step.outcome !== 'failed' || step.error === undefined) return step;
      const hint = await quotaHint(step.error.code, step.error.message, cloud);
      return hint === undefined ? step : { ...step, error: { ...step.error, hint } };
    }),
  );
  return { ...run, steps };
}

/** The kinds a plan wrote to, and those read through them: a listener is found by its load balancer. */
export function touchedKinds(planned: Plan): ReadonlySet<string> {
  const kinds = new Set(planned.changes.map((change) => change.address.split('/')[0] ?? ''));
  for (const step of planned.steps) for (const ref of refsIn(step.input)) kinds.add(ref.address.split('/')[0] ?? '');
  return kinds;
}

/** Turns what AWS or the network says while reading into one clear error. */
export async function explain<T>(session: Session, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (session.signal.aborted) throw new ReconcileError('Interrupted', 'interrupted', { cause: thrown });
    if (thrown instanceof CloudError) throw explainCloudError(thrown);
    throw thrown;
  }
}

/** Whoever works in the account takes from the same rates (ELB and EC2 user guides, request throttling). */
export const THROTTLED_HINT =
  'Other tools in the account call AWS too and share its rate limits. Find them, wait until they are done, and run the same command again; finished steps are kept.';

export function refusedCredentials(text: string, code: string, message: string, cause?: unknown): ReconcileError {
  const hint = credentialsAdvice(code, message);
  return new ReconcileError('CredentialsRefused', text, { cause, ...(hint === undefined ? {} : { hint }) });
}

/** One sentence for a refused call, with the code table's advice. */
export function explainCloudError(error: CloudError): ReconcileError {
  const said = `${error.op} answered ${error.awsCode}: ${error.message}`;
  switch (error.class) {
    case 'Credentials':
      return error.awsCode === 'CredentialsProviderError' || error.awsCode === 'TokenProviderError'
        ? new ReconcileError('CredentialsMissing', `AWS credentials were not found (${error.message})`, { cause: error })
        : refusedCredentials(`AWS does not accept the credentials: ${said}`, error.awsCode, error.message, error);
    case 'Denied':
      return new ReconcileError('Denied', `these credentials may not do that: ${said}`, {
        cause: error,
        hint: `Grant the action to the role that runs albedo (\`albedo iam policy\` prints all of them):\n  ${grantText([error.op])}`,
      });
    case 'Throttled':
      return new ReconcileError('AwsRefused', `AWS throttles this account: ${said}, for an hour after ${error.attempts} tries`, {
        cause: error,
        hint: THROTTLED_HINT,
      });
    case 'Unreachable':
      return new ReconcileError('EndpointUnreachable', `AWS cannot be reached for ${error.op}: ${error.message}`, { cause: error });
    default:
      if (/^(TimeoutError|ETIMEDOUT|NotAnAwsAnswer|UnreadableAnswer|HTTP\d+)$/.test(error.awsCode))
        return new ReconcileError('EndpointUnreachable', `AWS gives no proper answer to ${error.op}: ${error.message}`, { cause: error });
      return new ReconcileError('AwsRefused', said, { cause: error });
  }
}
