/** Shared by several commands of the program: arguments, flags, and how a command ends. */

import { type Command, InvalidArgumentError, Option } from 'commander';
import { ERRORS } from '../errors.ts';
import { REPORT_FILES } from '../report/formats.ts';
import { SEND_OPTIONS } from '../verify/send-options.ts';
import type { Shared } from './shell.ts';

/** What a command receives when it runs. */
export interface Context {
  /** Options of the whole program, as given. */
  readonly shared: () => Shared;
}

export const SPECS = ['[specs...]', 'spec files, folders with specs, or - for standard input', ['environments']] as const;

/** The stack that `albedo demo` runs unless another one is named. */
export const EXAMPLE = 'environments/sandbox/webserver.yaml';

export const FILES = REPORT_FILES.map(({ file }) => file)
  .join(', ')
  .replace(/, (?=[^,]*$)/, ' and ');

export const rollback = () =>
  new Option(
    '--rollback [commit]',
    'when an objective is missed, apply the spec of this commit (default: the commit where verify last passed, otherwise the last one with another spec)',
  );

export const SINCE = [
  '--changed-since <ref>',
  'only stacks whose files changed since this commit (since its merge base with HEAD)',
] as const;
export const ALL = [
  '--all-or-nothing',
  'change no stack before all are planned, allowed and locked; if one is refused, none is changed',
] as const;
export const STACK = ['--stack <name>', 'a stack in AWS that has no file any more, with --region; no specs are read'] as const;
export const STACK_REGION = ['--region <region>', 'the region of the stack of --stack'] as const;
export const DIGEST = 'or at least 12 characters of it; of several stacks STACK=DIGEST or REGION/STACK=DIGEST, the flag once for each';
export const WITHOUT_SCHEDULE = [
  '--without-schedule',
  'run faults even if no EventBridge schedule would undo them when this machine fails',
] as const;
/** A TCP port; 0 leaves the choice to the system. */
export const portNumber = (text: string): number => {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) throw new InvalidArgumentError('Write a port, 1 to 65535, or 0 for any free one.');
  return Number(text);
};
export const PAGE_PORT = [
  '--port <port>',
  'port of the page on 127.0.0.1 (default: 8089); if it is in use, another one; 0: any free one',
  portNumber,
] as const;
/** Number of shards, or of one of them. */
export const shardCount = (text: string): number => {
  if (!/^[1-9]\d{0,2}$/.test(text)) throw new InvalidArgumentError('Write a whole number, 1 or more.');
  return Number(text);
};
/** Flags of who sends the load of a load test. */
export function sending(command: Command): Command {
  for (const { name, value, choices, most, engine, doc } of SEND_OPTIONS) {
    const option = new Option(`--${name} <${value}>`, engine === undefined ? doc : `with --engine ${engine.name}: ${doc}`);
    if (choices !== undefined) option.choices(choices);
    if (most !== undefined) option.argParser(shardCount);
    command.addOption(option);
  }
  return command;
}
export const several = (value: string, all: readonly string[] = []): readonly string[] => [...all, value];

/** Flags of the lock that lets one run at a time change a stack. */
export const locking = (command: Command): Command =>
  command
    .option('--no-lock', 'do not take the lock of the stack (make sure that no other run applies)')
    .option('--lock-wait <duration>', 'wait up to this long (e.g. 5m) for another run’s lock; without it, exit 5 immediately')
    .option('--break-lock', 'take the lock from another run; use it only when that run has ended');

export async function finish(work: Promise<number>): Promise<void> {
  const exit = await work;
  // Unfinished work (a call without an answer, a sandbox that is starting) must not delay the end.
  if (exit === ERRORS.Interrupted.exit) process.exit(exit);
  process.exitCode = exit;
}
