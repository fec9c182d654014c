/** The commands that are not about one stack: getting started, roles, the sandbox, and explanations. */

import { Argument, type Command, InvalidArgumentError, Option } from 'commander';
import type { HaltFlags } from './halt.ts';
import { type Context, EXAMPLE, FILES, finish, portNumber, several } from './program-parts.ts';

const ROLE = () =>
  new Option('--role <role>', 'which role the policy is for').choices(['plan', 'apply', 'chaos', 'schedule', 'fis']).makeOptionMandatory();
const REGION = ['--region <region>', 'region, if the specs do not set one', process.env['AWS_REGION'] ?? 'us-east-1'] as const;

function readAccount(value: string): string {
  if (!/^\d{12}$/.test(value)) throw new InvalidArgumentError('An account id has twelve digits.');
  return value;
}

export function addOtherCommands(program: Command, context: Context): void {
  program
    .command('init')
    .description(
      'Start: write a first spec, its environment and policy, the workflows, and editor settings. Never overwrites without asking.',
    )
    .argument('[folder]', 'folder of the repository', '.')
    .option('--stack <name>', 'name of the stack (default: asked, else webserver)')
    .option('--region <region>', 'AWS region (default: asked, else AWS_REGION or us-east-1)')
    .option('--account <id>', 'twelve digits (default: the account of the credentials)')
    .option('--environment <name>', 'folder of the spec below environments', 'dev')
    .option('--import <load balancer>', 'start from an existing one: its name, ARN or DNS name')
    .option('--no-import', 'do not look for load balancers')
    .option('--workflows <names>', 'which workflows, separated by commas; all, or none', 'plan,fork,apply,verify,drift')
    .option('--no-editor', 'no settings for VS Code')
    .option('--force', 'overwrite files that exist')
    .action(async (folder: string, options) => finish((await import('./init/init.ts')).initCommand(folder, options, context.shared())));

  program
    .command('setup')
    .description('Fetch the programs that the sandbox and load tests need: k6, HAProxy, Python packages.')
    .addArgument(new Argument('[tools...]', 'which of them (default: all)').choices(['python', 'k6', 'haproxy']))
    .option('--check', 'only show what is missing; exit 1 when something is')
    .action(async (tools: string[], options: { check?: boolean }) =>
      finish((await import('./tools.ts')).setupCommand(tools, options, context.shared())),
    );

  program
    .command('explain')
    .description('Explain a field of a spec, an error, a warning, a refusal, a finding of the doctor or an exit status.')
    .argument('<name>', 'such as targetGroups.web.port, GuardRefused, plain-http or 4')
    .action(async (name: string) => finish(Promise.resolve((await import('./explain.ts')).explainCommand(name, context.shared()))));

  program
    .command('completion')
    .description('Print a script that completes albedo in your shell.')
    .addArgument(new Argument('<shell>', 'your shell').choices(['bash', 'zsh', 'fish']))
    .action(async (shell: 'bash' | 'zsh' | 'fish') => finish(Promise.resolve((await import('./completion.ts')).completionCommand(shell))));
  program
    .command('complete', { hidden: true })
    .argument('[words...]')
    .allowUnknownOption()
    .action(async (words: string[]) => finish(Promise.resolve((await import('./completion.ts')).completeCommand(program, words))));

  program
    .command('demo')
    .description('The whole job on the sandbox: apply, load test while an instance is stopped, report, destroy.')
    .argument('[spec]', 'the stack to run', EXAMPLE)
    .option('--report <folder>', `write ${FILES} there`, 'out')
    .action(async (spec: string, options: { report: string }) =>
      finish((await import('./demo.ts')).demoCommand(spec, options, context.shared())),
    );

  const iam = program.command('iam').description('Least-privilege policies and trust policies for the roles that albedo uses.');
  iam
    .command('policy')
    .description('Print the permissions policy of a role, from the calls that plans of these specs can make.')
    .argument('[specs...]', 'spec files or folders; none: for any spec')
    .addOption(ROLE())
    .option('--account <id>', 'twelve digits; without it, any account')
    .option(...REGION)
    .option('--out <folder>', 'write one file for each managed policy there')
    .action(async (specs: string[], options) => finish((await import('./iam.ts')).policyCommand(specs, options, context.shared())));
  iam
    .command('trust')
    .description('Print the trust policy of a role: for GitHub Actions, with both subject formats, or for a schedule.')
    .addOption(ROLE())
    .requiredOption('--account <id>', 'the account of the role')
    .option('--repository <org/repo>', 'the repository whose workflows assume it (not for schedule, which EventBridge Scheduler assumes)')
    .option('--repository-id <id>', "the repository's number in GitHub's API")
    .option('--owner-id <id>', "the owner's number")
    .option('--environment <name>', 'a job in this environment; may be repeated', several)
    .option('--branch <name>', 'a job on this branch without an environment; may be repeated', several)
    .option('--merge-queue <branch>', 'jobs of the merge queue of this branch (plan only)', several)
    .option('--pull-request', 'jobs of pull requests (plan only)')
    .option(
      '--workflow <ref>',
      'only this reusable workflow: ORG/REPO/.github/workflows/apply.yml@refs/heads/main; may be repeated',
      several,
    )
    .option(...REGION)
    .action(async (options) => finish((await import('./iam.ts')).trustCommand(options, context.shared())));

  program
    .command('doctor')
    .description(
      'Check everything that a run needs: identity, permissions, the token of a workflow, quotas, tools. Exit 6 when something is missing.',
    )
    .argument('[specs...]', 'spec files or folders; none: for any spec')
    .addOption(new Option('--role <role>', 'whose permissions to check').choices(['plan', 'apply', 'chaos']).default('apply'))
    .option(...REGION)
    .option('--trust <file>', "the role's trust policy, to compare a workflow's token with")
    .option('--orphans', 'start instances of these stacks that a load test left stopped')
    .option('--unmasked', 'show the full account id')
    .action(async (specs: string[], options) => finish((await import('./doctor.ts')).doctorCommand(specs, options, context.shared())));

  program
    .command('halt')
    .description('Undo all faults of load tests in a region: restore every resource that has the tag of a fault.')
    .option('--region <region>', 'where', process.env['AWS_REGION'] ?? 'us-east-1')
    .option('--stack <name>', 'only resources of this stack')
    .action(async (options: HaltFlags) => finish((await import('./halt.ts')).haltCommand(options, context.shared())));
  program
    .command('watchdog', { hidden: true })
    .argument('<region>')
    .action(async (region: string) => finish((await import('./watchdog.ts')).watchdogCommand(region)));

  const sandbox = program.command('sandbox').description('A strict local AWS, with a load balancer that really forwards requests.');
  sandbox
    .command('up')
    .description('Start it in the background.')
    .option('--port <port>', 'port of the AWS endpoint on 127.0.0.1', portNumber)
    .option('--timing <name=ms...>', 'how long operations take in ms, such as loadBalancerProvisioning=60000')
    .option('--throttle', "throttle calls that exceed AWS's published token buckets")
    .option('--shuffle <seed>', 'seed for the order of lists; off: the order of creation (default: a new seed each day)')
    .option('--account <id>', 'print the variables for calls of this account: twelve digits', readAccount)
    .action(async (options: { port?: number; timing?: string[]; throttle?: true; shuffle?: string; account?: string }) =>
      finish((await import('./sandbox.ts')).upCommand(options, context.shared())),
    );
  sandbox
    .command('down')
    .description('Stop it and everything it started.')
    .action(async () => finish((await import('./sandbox.ts')).downCommand(context.shared())));
  sandbox
    .command('status')
    .description('Show whether it is running, and what to export to use it.')
    .option('--account <id>', 'print the variables for calls of this account: twelve digits', readAccount)
    .action(async (options: { account?: string }) => finish((await import('./sandbox.ts')).statusCommand(options, context.shared())));
}
