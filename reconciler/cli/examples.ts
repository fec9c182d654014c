/** Examples for the help of each command: arguments that work, and what they do. A test parses each one. */

import type { Command } from 'commander';

/** What follows the name of the command, and what it does. */
export type Example = readonly [args: string, what: string];

export const EXAMPLES: Readonly<Record<string, readonly Example[]>> = {
  init: [
    ['', 'asks a few questions and writes a first spec with its environment, policy and workflows'],
    ['--stack shop --region eu-west-1 --account 123456789012', 'without questions'],
    ['--import my-load-balancer --region eu-west-1', 'starts from an existing load balancer'],
  ],
  setup: [
    ['', 'fetches k6, HAProxy and the Python packages of the sandbox'],
    ['--check', 'shows what is missing and changes nothing'],
    ['k6', 'k6 alone'],
  ],
  validate: [
    ['', 'every spec in environments/'],
    ['environments/dev/shop.yaml', 'one spec'],
  ],
  show: [['environments/dev/shop.yaml --where', 'the spec merged with its base files, and where each value comes from']],
  plan: [
    ['environments/dev', 'the specs of a folder'],
    ['--changed-since origin/main', 'only stacks whose files differ from the main branch'],
    ['shop.yaml --out plan.json', 'also writes the whole plan to a file'],
  ],
  apply: [
    ['environments/dev/shop.yaml', 'makes AWS match the spec'],
    ['shop.yaml --plan-digest 3f9c2ab41d07', 'only if the plan is the reviewed one'],
    ['shop.yaml --under-load 50', 'while k6 sends 50 requests a second'],
    ['shop.yaml --verify --rollback', 'then runs a load test; rolls back to the last good spec when an objective is missed'],
  ],
  verify: [
    ['environments/dev/shop.yaml --report out', 'a load test while an instance is stopped; the report goes to out/'],
    ['shop.yaml --engine kubernetes --shards 8 --namespace load', 'the same, sent by eight pods of a cluster'],
  ],
  cost: [
    ['environments/dev/shop.yaml', 'what the stack costs a month, and what is not included'],
    ['environments/dev/shop.yaml --report out', 'and what the load of the last load test would cost'],
  ],
  'load lib': [
    ['', 'writes load/albedo.js and load/albedo.d.ts'],
    ['tests/load', 'writes them into another folder, next to its scripts'],
  ],
  'load plan': [['shop.yaml --shards 4', 'writes load-plan.json: four machines start in three minutes']],
  'load shard': [['load-plan.json --shard 2', 'sends its part of the load and writes the measurements to points/']],
  'emit testrun': [['shop.yaml --shards 4 --claim load-points --out testrun.yaml', 'a TestRun with four runners, for `kubectl apply -f`']],
  watch: [['environments/dev/shop.yaml', 'a page that shows the stack, with buttons for load and experiments']],
  drift: [
    ['environments', 'what differs between AWS and the specs'],
    ['shop.yaml --accept loadBalancer/main.idleTimeout', 'writes one value from AWS into the spec'],
  ],
  halt: [['--region eu-west-1', 'undoes all faults that load tests left in the region']],
  destroy: [['environments/dev/shop.yaml', 'deletes the stack after you type its name']],
  import: [['my-load-balancer --region eu-west-1 --out shop.yaml', 'writes an existing load balancer as a spec']],
  demo: [['', 'the whole job on the sandbox, in about two minutes']],
  check: [
    ['', 'the exercises of the tutorial, with their points'],
    ['sticky environments/course/course.yaml', 'marks one exercise and shows what is missing'],
  ],
  quiz: [
    ['', 'questions, with explanations'],
    ['--chapter 9', 'those of one chapter'],
  ],
  explain: [
    ['targetGroups.web.healthCheck.interval', 'a field: meaning, limits, default'],
    ['deregistrationDelay', 'a field, in any section'],
    ['GuardRefused', 'an error'],
    ['plain-http', 'a warning'],
  ],
  completion: [
    ['bash >> ~/.bashrc', 'completion in every new bash'],
    ['fish > ~/.config/fish/completions/albedo.fish', 'in fish'],
  ],
  doctor: [['environments/dev --role apply', 'whether these credentials can apply these specs']],
  'iam policy': [['environments/dev --role apply --account 123456789012', 'the minimum permissions for these specs']],
  'iam trust': [['--role plan --account 123456789012 --repository my-org/my-repo --pull-request', 'who may assume the plan role']],
  'sandbox up': [
    ['', 'starts a local AWS and prints what to export'],
    ['--timing loadBalancerProvisioning=60000', 'with a load balancer that takes a minute to create, as on AWS'],
  ],
  'sandbox down': [['', 'stops it and everything it started']],
  'sandbox status': [['', 'shows whether it is running']],
};

/** The full name of a command, such as `iam policy`. */
export const pathOf = (command: Command): string =>
  command.parent === null || command.parent.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;

/** Adds the examples to the help of all subcommands. */
export function addExamples(program: Command): void {
  for (const command of program.commands) {
    addExamples(command);
    const list = EXAMPLES[pathOf(command)];
    if (list === undefined) continue;
    const lines = list.map(([args, what]) => [`  albedo ${pathOf(command)}${args === '' ? '' : ` ${args}`}`, what] as const);
    const width = Math.max(...lines.map(([line]) => line.length));
    command.addHelpText('after', `\nExamples:\n${lines.map(([line, what]) => `${line.padEnd(width)}   ${what}`).join('\n')}`);
  }
}
