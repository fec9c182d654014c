/** The commands about stacks. Each loads its own file when it runs, so that a command starts no more than it uses. */

import type { Command } from 'commander';
import { K6_IMAGE } from '../load/cluster/names.ts';
import { consenting, countingDeletes } from './consent.ts';
import type { CostFlags } from './cost.ts';
import type { DriftFlags } from './drift.ts';
import type { TestRunFlags } from './emit.ts';
import type { ApplyFlags, DestroyFlags, ImportFlags, PlanFlags } from './flags.ts';
import type { LoadPlanFlags, LoadShardFlags } from './load.ts';
import {
  ALL,
  type Context,
  DIGEST,
  FILES,
  finish,
  locking,
  PAGE_PORT,
  rollback,
  SINCE,
  SPECS,
  STACK,
  STACK_REGION,
  sending,
  several,
  shardCount,
  WITHOUT_SCHEDULE,
} from './program-parts.ts';
import type { ShowFlags } from './show.ts';
import type { VerifyFlags } from './verify.ts';
import type { WatchFlags } from './watch.ts';

export function addStackCommands(program: Command, context: Context): void {
  program
    .command('validate')
    .description('Check specs without calling AWS: show all mistakes at once, with line and column.')
    .argument(SPECS[0], SPECS[1], [...SPECS[2]])
    .action(async (specs: string[]) => finish((await import('./validate.ts')).validateCommand(specs, context.shared())));

  program
    .command('show')
    .description('Print specs as albedo reads them, merged with their base files. Calls nothing.')
    .argument(SPECS[0], SPECS[1], [...SPECS[2]])
    .option('--where', 'show after each value the file and line that it comes from')
    .action(async (specs: string[], options: ShowFlags) =>
      finish((await import('./show.ts')).showCommand(specs, options, context.shared())),
    );

  program
    .command('cost')
    .description(
      'Estimate what stacks cost a month, before traffic and under the load of a load test, from a dated table of prices. Calls nothing.',
    )
    .argument(SPECS[0], SPECS[1], [...SPECS[2]])
    .option('--report <path>', 'a report.json of a load test, or a folder that holds some: what its load costs; may be repeated', several)
    .action(async (specs: string[], options: CostFlags) =>
      finish((await import('./cost.ts')).costCommand(specs, options, context.shared())),
    );

  consenting(program.command('plan'))
    .description('Show what apply would change. Exit 2 when there are changes.')
    .argument(SPECS[0], SPECS[1], [...SPECS[2]])
    .option('--destroy', 'plan the destruction instead')
    .option(...STACK)
    .option(...STACK_REGION)
    .option('--out <file>', 'write the whole plan as JSON to a file; for several stacks, the output of --format json')
    .option(...SINCE)
    .action(async (specs: string[], options: PlanFlags, { args }: Command) =>
      finish((await import('./plan.ts')).planCommand(specs, { ...options, named: args.length }, context.shared())),
    );

  sending(consenting(locking(program.command('apply'))))
    .description('Make AWS match the spec, and check the result.')
    .argument(SPECS[0], SPECS[1], [...SPECS[2]])
    .option('--plan-digest <digest>', `apply only if the plan has this digest of the reviewed plan, else exit 3; ${DIGEST}`, several)
    .option(...SINCE)
    .option(...ALL)
    .option('--report <folder>', `write ${FILES} there; of several stacks in REGION/STACK below it`)
    .option(
      '--under-load [rate]',
      'send requests at this rate per second (default: the load of the spec) during the apply; exit 8 when too many fail',
    )
    .option('--load-path <path>', 'the path to request under load, instead of load.path of the spec')
    .option('--verify', 'then verify: a load test while an instance is stopped, judged by the objectives of the spec')
    .option(...WITHOUT_SCHEDULE)
    .addOption(rollback())
    .action(async (named: string[], options: ApplyFlags, command: Command) => {
      const loaded = (await import('./under-load.ts')).readUnderLoad(named, command.args.length, options);
      const existing = command.args.length > 0 || loaded.specs !== named;
      const { specs, flags } = (await import('./verify.ts')).readRollback(loaded.specs, existing, loaded.flags);
      return finish((await import('./apply.ts')).applyCommand(specs, flags, context.shared()));
    });

  sending(consenting(locking(program.command('verify'))))
    .description('Load-test a running stack while one of its instances is stopped, and judge it by its objectives.')
    .argument(SPECS[0], SPECS[1], [...SPECS[2]])
    .option('--report <folder>', `write ${FILES} there; of several stacks in REGION/STACK below it`, 'out')
    .addOption(rollback())
    .option(...WITHOUT_SCHEDULE)
    .option('--compare <path>', 'a report.json of an earlier run to compare with, or a folder with reports; may be repeated', several)
    .option('--ui', 'serve a live page with buttons on this machine until Ctrl-C; for one stack')
    .option(...PAGE_PORT)
    .action(async (named: string[], options: VerifyFlags & WatchFlags & { readonly ui?: true }, command: Command) => {
      if (options.ui === true) return finish((await import('./watch.ts')).watchCommand(named, options, context.shared(), true));
      const { readRollback, verifyCommand } = await import('./verify.ts');
      const { specs, flags } = readRollback(named, command.args.length > 0, options);
      return finish(verifyCommand(specs, flags, context.shared()));
    });

  const load = program.command('load').description('Your own load scripts, and load that several machines send together.');
  load
    .command('lib')
    .description('Write albedo.js, which load scripts import, and its types for editors.')
    .argument('[folder]', 'the folder of the scripts', 'load')
    .action(async (folder: string) => finish((await import('./load.ts')).loadLibCommand(folder)));
  load
    .command('plan')
    .description('Write a load plan: when the machines start, and what each one sends. Reads the stack and sends nothing.')
    .argument('<spec>', 'the spec file of the stack')
    .requiredOption('--shards <count>', 'how many machines send', shardCount)
    .option('--start-in <duration>', 'time until all machines start, so that they can get ready', '3m')
    .option('--out <file>', 'write the plan to this file', 'load-plan.json')
    .action(async (spec: string, options: LoadPlanFlags) =>
      finish((await import('./load.ts')).loadPlanCommand(spec, options, context.shared())),
    );
  load
    .command('shard')
    .description('Send one part of a planned load. Needs k6 and the script, and no credentials. Exit 9 when it could not.')
    .argument('<plan>', 'file of `albedo load plan`')
    .requiredOption('--shard <number>', 'number of the part, from 1', shardCount)
    .option('--out <folder>', 'write the measurements to this folder', 'points')
    .action(async (plan: string, options: LoadShardFlags) =>
      finish((await import('./load.ts')).loadShardCommand(plan, options, context.shared())),
    );

  program
    .command('emit')
    .description('Write the load of a spec for another system to run.')
    .command('testrun')
    .description('Write the load as a TestRun of the k6 operator, with its script in a ConfigMap. Reads the stack and sends nothing.')
    .argument('<spec>', 'the spec file of the stack')
    .requiredOption('--shards <count>', 'how many runners send', shardCount)
    .requiredOption('--claim <name>', 'PersistentVolumeClaim for the measurements; several nodes must be able to write to it')
    .option('--namespace <name>', 'namespace of the TestRun (default: that of kubectl)')
    .option('--image <image>', `image with k6, for the runners and the initializer (default: that of environment.yaml, or ${K6_IMAGE})`)
    .option('--separate', 'run each runner on a separate node')
    .option('--out <file>', 'write to this file instead of standard output')
    .action(async (spec: string, options: TestRunFlags) =>
      finish((await import('./emit.ts')).emitTestRunCommand(spec, options, context.shared())),
    );

  sending(locking(program.command('watch')))
    .description('Serve a page on this machine that shows a running stack: its health, with buttons to start load and experiments.')
    .argument('<spec>', 'the spec file of the stack')
    .option(...WITHOUT_SCHEDULE)
    .option('--report <folder>', `write ${FILES} of each run there`, 'out')
    .option(...PAGE_PORT)
    .action(async (spec: string, options: WatchFlags) =>
      finish((await import('./watch.ts')).watchCommand([spec], options, context.shared(), false)),
    );

  program
    .command('drift')
    .description(
      'Show what differs between AWS and the spec and what is not in service, or write it into the spec. Exit 2 when there is drift.',
    )
    .argument(SPECS[0], SPECS[1])
    .option('--accept [what...]', 'write the values in AWS into the spec: all, or those of an ADDRESS or an ADDRESS.field')
    .option('--accept-missing', 'remove from the spec what is missing in AWS')
    .option('--dry-run', 'show the change of the file, and write nothing')
    .option(
      '--light',
      'light check of all stacks for missing, extra or retagged resources; stacks with findings are read in full, the others in turn',
    )
    .option('--full-within <duration>', 'with --light: read every stack in full within this time', '1d')
    .option('--every <duration>', 'with --light: how often this command runs', '1h')
    .option(...SINCE)
    .action(async (specs: string[], options: DriftFlags) =>
      finish((await import('./drift.ts')).driftCommand(specs, options, context.shared())),
    );

  countingDeletes(locking(program.command('destroy')))
    .description('Delete all resources of a stack, in the right order, with retries while AWS catches up.')
    .argument(SPECS[0], SPECS[1], [...SPECS[2]])
    .option('--plan-digest <digest>', `destroy only if the plan has this digest of the reviewed plan, else exit 3; ${DIGEST}`, several)
    .option(...ALL)
    .option(...STACK)
    .option(...STACK_REGION)
    .action(async (specs: string[], options: DestroyFlags, { args }: Command) =>
      finish((await import('./apply.ts')).destroyCommand(specs, { ...options, named: args.length }, context.shared())),
    );

  program
    .command('import')
    .description('Write an existing load balancer, created by any tool, as a spec that adopts it. Reads only.')
    .argument('<load balancer>', 'its name, ARN or DNS name')
    .option('--region <region>', 'its region; not needed with an ARN or a DNS name')
    .option('--stack <name>', 'name of the stack; default: derived from the name of the load balancer')
    .option('--out <file>', 'write to this new file instead of standard output')
    .action(async (word: string, options: ImportFlags) =>
      finish((await import('./import.ts')).importCommand(word, options, context.shared())),
    );
}
