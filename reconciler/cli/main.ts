import { Command, Option } from 'commander';
import { ERRORS, type ErrorCode, EXIT, ReconcileError } from '../errors.ts';
import { FORMATS, formatNamed, PRINTED, REPORT_FILES } from '../report/formats.ts';
import { type ConsentFlags, consenting, countingDeletes } from './consent.ts';
import { addCourse } from './course.ts';
import type { DriftFlags } from './drift.ts';
import type { HaltFlags } from './halt.ts';
import type { LockFlags } from './lock.ts';
import type { StackFlags } from './named-stack.ts';
import type { Shared } from './shell.ts';
import type { ShowFlags } from './show.ts';
import type { UnderLoadFlags } from './under-load.ts';
import type { VerifyFlags } from './verify.ts';
import type { WatchFlags } from './watch.ts';

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';

const program = new Command('albedo')
  .description('Plan, apply, load-test and watch AWS Application Load Balancers written in YAML.')
  .version('0.1.0')
  .option('--no-color', 'no colours (NO_COLOR does the same)')
  .addOption(
    new Option('--format <format>', 'how results are written to standard output')
      .choices(PRINTED.map(({ name }) => name))
      .default(FORMATS[0]?.name),
  )
  .option('--call-log <file>', 'append one JSON line for each AWS call: name, time and code, never its content')
  .option('--quiet', 'no progress on standard error')
  .showHelpAfterError('(albedo --help shows what there is)')
  .showSuggestionAfterError()
  .addHelpText(
    'after',
    `
Exit status: 0 nothing to do, or done · 1 error · 2 changes or drift · 3 the plan differs from the reviewed one · 4 refused by guard
5 another run holds the lock of the stack · 6 credentials or permissions · 8 an objective was missed · 9 inconclusive · 130 interrupted
Of several stacks that of the worst, in this order: 130, 1, 6, 8, 5, 3, 4, 9, 2, 0.
Several stacks go side by side and each its own way: one that fails, is refused or is locked stops no other. With --all-or-nothing
none is changed unless all are planned, allowed and locked. A table at the end has a line for each, worst first.
AWS_ENDPOINT_URL, AWS_PROFILE and the other AWS variables work as in any AWS tool.`,
  );

const SPECS = ['[specs...]', 'spec files, folders that hold some, or - for standard input', ['environments']] as const;
const shared = (): Shared => {
  const options = program.opts() as Omit<Shared, 'format'> & { readonly format: string };
  return { ...options, format: formatNamed(options.format) };
};

const FILES = REPORT_FILES.map(({ file }) => file)
  .join(', ')
  .replace(/, (?=[^,]*$)/, ' and ');

const rollback = () =>
  new Option(
    '--rollback [commit]',
    'when an objective is missed, apply the spec of this commit (default: where verify last passed, else the last with another spec)',
  );

const SINCE = ['--changed-since <ref>', 'only stacks whose files differ since this commit (where HEAD and it parted)'] as const;
const ALL = ['--all-or-nothing', 'change no stack before all are planned, allowed and locked; one that is refused holds up all'] as const;
const STACK = ['--stack <name>', 'a live stack that has no file any more, with --region; no specs are read'] as const;
const STACK_REGION = ['--region <region>', 'where the stack of --stack is'] as const;
const DIGEST = 'or at least 12 characters of it; of several stacks STACK=DIGEST or REGION/STACK=DIGEST, the flag once for each';
const PAGE_PORT = ['--port <port>', 'port of the page on 127.0.0.1 (default: 8089); another one when it is taken', Number] as const;
const several = (value: string, all: readonly string[] = []): readonly string[] => [...all, value];

/** Flags of the lock that lets one run at a time change a stack. */
const locking = (command: Command): Command =>
  command
    .option('--no-lock', 'do not take the lock of the stack (make sure that nobody else applies meanwhile)')
    .option('--lock-wait <duration>', 'wait up to this long (e.g. 5m) for another run’s lock; without it, exit 5 immediately')
    .option('--break-lock', 'take the lock although another run holds it; only when that run has ended');

program
  .command('validate')
  .description('Check specs without calling AWS: every mistake at once, with line and column.')
  .argument(SPECS[0], SPECS[1], [...SPECS[2]])
  .action(async (specs: string[]) => finish((await import('./validate.ts')).validateCommand(specs, shared())));

program
  .command('show')
  .description('Print specs as albedo reads them: with all that they extend. Calls nothing.')
  .argument(SPECS[0], SPECS[1], [...SPECS[2]])
  .option('--where', 'after each value the file and line it comes from')
  .action(async (specs: string[], options: ShowFlags) => finish((await import('./show.ts')).showCommand(specs, options, shared())));

consenting(program.command('plan'))
  .description('Show what apply would change. Exit 2 when there is something.')
  .argument(SPECS[0], SPECS[1], [...SPECS[2]])
  .option('--destroy', 'plan the destruction instead')
  .option(...STACK)
  .option(...STACK_REGION)
  .option('--out <file>', 'write the whole plan as JSON to a file; of several stacks, what --format json prints')
  .option(...SINCE)
  .action(async (specs: string[], options: PlanFlags, { args }: Command) =>
    finish((await import('./plan.ts')).planCommand(specs, { ...options, named: args.length }, shared())),
  );

consenting(locking(program.command('apply')))
  .description('Make AWS match the spec, and check the result.')
  .argument(SPECS[0], SPECS[1], [...SPECS[2]])
  .option('--plan-digest <digest>', `apply only if the plan is the reviewed one, else exit 3: its digest, ${DIGEST}`, several)
  .option(...SINCE)
  .option(...ALL)
  .option('--report <folder>', `write ${FILES} there; of several stacks in REGION/STACK below it`)
  .option(
    '--under-load [rate]',
    'send requests at this rate a second (default: the load of the spec) until all is done; exit 8 when too many fail',
  )
  .option('--load-path <path>', 'what is asked for under load, instead of the load.path of the spec')
  .option('--verify', 'then verify: load while an instance is stopped, judged by the objectives of the spec')
  .addOption(rollback())
  .action(async (named: string[], options: ApplyFlags, command: Command) => {
    const loaded = (await import('./under-load.ts')).readUnderLoad(named, command.args.length, options);
    const existing = command.args.length > 0 || loaded.specs !== named;
    const { specs, flags } = (await import('./verify.ts')).readRollback(loaded.specs, existing, loaded.flags);
    return finish((await import('./apply.ts')).applyCommand(specs, flags, shared()));
  });

consenting(locking(program.command('verify')))
  .description('Load-test a live stack while one of its instances is stopped, and judge it by its objectives.')
  .argument(SPECS[0], SPECS[1], [...SPECS[2]])
  .option('--report <folder>', `write ${FILES} there; of several stacks in REGION/STACK below it`, 'out')
  .addOption(rollback())
  .option('--compare <path>', 'a report.json of an earlier run, or a folder that holds some; may be said again', several)
  .option('--ui', 'serve a page on this machine that shows it as it happens, with buttons, until Ctrl-C; of one stack')
  .option(...PAGE_PORT)
  .action(async (named: string[], options: VerifyFlags & WatchFlags & { readonly ui?: true }, command: Command) => {
    if (options.ui === true) return finish((await import('./watch.ts')).watchCommand(named, options, shared(), true));
    const { readRollback, verifyCommand } = await import('./verify.ts');
    const { specs, flags } = readRollback(named, command.args.length > 0, options);
    return finish(verifyCommand(specs, flags, shared()));
  });

locking(program.command('watch'))
  .description('Serve a page on this machine that shows a live stack: health, and load and experiments when you press a button.')
  .argument('<spec>', 'the spec file of the stack')
  .option('--report <folder>', `write ${FILES} of each run there`, 'out')
  .option(...PAGE_PORT)
  .action(async (spec: string, options: WatchFlags) => finish((await import('./watch.ts')).watchCommand([spec], options, shared(), false)));

program
  .command('drift')
  .description(
    'Show what differs between AWS and the spec and what is not in service, or write it into the spec. Exit 2 when there is drift.',
  )
  .argument(SPECS[0], SPECS[1])
  .option('--accept [what...]', 'write live values into the spec: all, or those of an ADDRESS or an ADDRESS.field')
  .option('--accept-missing', 'take what is missing in AWS out of the spec')
  .option('--dry-run', 'show the difference of the file, and write nothing')
  .option('--light', 'look lightly at all for what is missing, extra or retagged; read in full what it found, and the others in turn')
  .option('--full-within <duration>', 'with --light: every stack is read in full within this time', '1d')
  .option('--every <duration>', 'with --light: how often it is run', '1h')
  .option(...SINCE)
  .action(async (specs: string[], options: DriftFlags) => finish((await import('./drift.ts')).driftCommand(specs, options, shared())));

countingDeletes(locking(program.command('destroy')))
  .description('Remove everything of a stack, in order, through the lags of AWS.')
  .argument(SPECS[0], SPECS[1], [...SPECS[2]])
  .option('--plan-digest <digest>', `destroy only if the plan is the reviewed one, else exit 3: its digest, ${DIGEST}`, several)
  .option(...ALL)
  .option('--yes', 'do not ask')
  .option(...STACK)
  .option(...STACK_REGION)
  .action(async (specs: string[], options: DestroyFlags, { args }: Command) =>
    finish((await import('./apply.ts')).destroyCommand(specs, { ...options, named: args.length }, shared())),
  );

program
  .command('halt')
  .description('End every fault of load tests in a region: start, register and open again whatever carries the tag of a victim.')
  .option('--region <region>', 'where', process.env['AWS_REGION'] ?? process.env['AWS_DEFAULT_REGION'] ?? 'us-east-1')
  .option('--stack <name>', 'only those of this stack')
  .action(async (options: HaltFlags) => finish((await import('./halt.ts')).haltCommand(options, shared())));

program
  .command('watchdog', { hidden: true })
  .argument('<region>')
  .action(async (region: string) => finish((await import('./watchdog.ts')).watchdogCommand(region)));

program
  .command('import')
  .description('Write a live load balancer, whoever made it, as a spec that takes it over. Reads only.')
  .argument('<load balancer>', 'its name, ARN or DNS name')
  .option('--region <region>', 'where it is; an ARN or a DNS name says it by itself')
  .option('--stack <name>', 'name of the stack; default: made of the name of the load balancer')
  .option('--out <file>', 'write to this file, which must not be there yet, instead of standard output')
  .action(async (word: string, options: ImportFlags) => finish((await import('./import.ts')).importCommand(word, options, shared())));

program
  .command('demo')
  .description('The whole main job on the sandbox: apply, load while an instance is stopped, report, destroy.')
  .argument('[spec]', 'the stack to run', 'environments/sandbox/webserver.yaml')
  .option('--report <folder>', `write ${FILES} there`, 'out')
  .action(async (spec: string, options: { report: string }) => finish((await import('./demo.ts')).demoCommand(spec, options, shared())));

const ROLE = () => new Option('--role <role>', 'who it is for').choices(['plan', 'apply', 'chaos']).makeOptionMandatory();
const REGION = ['--region <region>', 'where the specs do not say one', process.env['AWS_REGION'] ?? 'us-east-1'] as const;
const iam = program.command('iam').description('Least-privilege policies and trust policies for the roles that albedo runs in.');
iam
  .command('policy')
  .description('Print what a role may do, from the calls that plans of these specs can make.')
  .argument('[specs...]', 'spec files or folders; none: for any spec')
  .addOption(ROLE())
  .option('--account <id>', 'twelve digits; without it, any account')
  .option(...REGION)
  .option('--out <folder>', 'write one file for each managed policy there')
  .action(async (specs: string[], options) => finish((await import('./iam.ts')).policyCommand(specs, options, shared())));
iam
  .command('trust')
  .description('Print who may assume a role from GitHub Actions, with both forms of subject.')
  .addOption(ROLE())
  .requiredOption('--account <id>', 'the account of the role')
  .requiredOption('--repository <org/repo>', 'the repository whose workflows assume it')
  .option('--repository-id <id>', "the repository's number in GitHub's API")
  .option('--owner-id <id>', "the owner's number")
  .option('--environment <name>', 'a job in this environment; may be repeated', several)
  .option('--branch <name>', 'a job on this branch without an environment; may be repeated', several)
  .option('--merge-queue <branch>', 'jobs of the merge queue of this branch (plan only)', several)
  .option('--pull-request', 'jobs of pull requests (plan only)')
  .option('--workflow <ref>', 'only this reusable workflow: ORG/REPO/.github/workflows/apply.yml@refs/heads/main; may be repeated', several)
  .option(...REGION)
  .action(async (options) => finish((await import('./iam.ts')).trustCommand(options, shared())));

program
  .command('doctor')
  .description(
    'Look at all that a run needs: identity, permissions, the token of a workflow, quotas, tools. Exit 6 when something is missing.',
  )
  .argument('[specs...]', 'spec files or folders; none: for any spec')
  .addOption(new Option('--role <role>', 'whose permissions to look at').choices(['plan', 'apply', 'chaos']).default('apply'))
  .option(...REGION)
  .option('--trust <file>', "the role's trust policy, to compare a workflow's token with")
  .option('--orphans', 'start instances of these stacks that were left stopped')
  .option('--unmasked', 'show the full account id')
  .action(async (specs: string[], options) => finish((await import('./doctor.ts')).doctorCommand(specs, options, shared())));

addCourse(program, shared, finish);

const sandbox = program
  .command('sandbox')
  .description('A local AWS that is strict enough to be believed, with a load balancer that balances.');
sandbox
  .command('up')
  .description('Start it in the background.')
  .option('--port <port>', 'port of the AWS endpoint on 127.0.0.1', Number)
  .option('--timing <name=ms...>', 'how long things take, such as loadBalancerProvisioning=60000')
  .option('--throttle', "refuse calls that come faster than AWS's published token buckets allow")
  .option('--shuffle <seed>', 'the seed of the order of lists; off: the order of creation (default: a new one each day)')
  .action(async (options: { port?: number; timing?: string[]; throttle?: true; shuffle?: string }) =>
    finish((await import('./sandbox.ts')).upCommand(options, shared())),
  );
sandbox
  .command('down')
  .description('End it and everything it started.')
  .action(async () => finish((await import('./sandbox.ts')).downCommand(shared())));
sandbox
  .command('status')
  .description('Whether it is up, and what to export to use it.')
  .action(async () => finish((await import('./sandbox.ts')).statusCommand(shared())));

export interface PlanFlags extends ConsentFlags, StackFlags {
  readonly destroy?: boolean;
  readonly out?: string;
  readonly changedSince?: string;
}

export interface ApplyFlags extends ConsentFlags, LockFlags, UnderLoadFlags {
  readonly planDigest?: readonly string[];
  readonly changedSince?: string;
  readonly allOrNothing?: boolean;
  readonly report?: string;
  readonly verify?: boolean;
  readonly rollback?: string | true;
}

export interface DestroyFlags extends Pick<ConsentFlags, 'maxDeletes'>, LockFlags, StackFlags {
  readonly planDigest?: readonly string[];
  readonly allOrNothing?: boolean;
  readonly yes?: boolean;
}

export interface ImportFlags {
  readonly region?: string;
  readonly stack?: string;
  readonly out?: string;
}

async function finish(work: Promise<number>): Promise<void> {
  const exit = await work;
  // What was cut off (a call without an answer, a sandbox that is starting) must not hold up the end.
  if (exit === ERRORS.Interrupted.exit) process.exit(exit);
  process.exitCode = exit;
}

try {
  await program.parseAsync();
} catch (thrown) {
  process.exitCode = await complain(thrown);
}

/** One clear sentence and what to do next; never a stack trace for what is no defect of ours. */
async function complain(thrown: unknown): Promise<number> {
  if (thrown instanceof ReconcileError) {
    const { renderError } = await import('./shell.ts');
    process.stderr.write(renderError(thrown));
    if (thrown.code === 'Interrupted') process.exit(thrown.exit);
    return thrown.exit;
  }
  const code: ErrorCode = 'Internal';
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  process.stderr.write(
    `albedo: ${error.message}\n  ${code}: this is a defect of albedo; please report it with the lines below.\n${(error.stack ?? '').split('\n').slice(1, 6).join('\n')}\n`,
  );
  return EXIT.error;
}
