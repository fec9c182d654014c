import { down, environmentOf, type Running, status, up } from '../../sandbox/control.ts';
import { EXIT, ReconcileError } from '../errors.ts';
import { headOf } from '../run/document.ts';
import { print, printJson, type Shared } from './shell.ts';

export interface UpFlags {
  readonly port?: number;
  readonly timing?: readonly string[];
  readonly throttle?: boolean;
  /** A whole number, or `off`. */
  readonly shuffle?: string;
  readonly account?: string;
}

export async function upCommand(options: UpFlags, shared: Shared): Promise<number> {
  const timings = Object.fromEntries(
    (options.timing ?? []).map((entry) => {
      const [name = '', ms = ''] = entry.split('=');
      return [name, Number(ms)];
    }),
  );
  await (await import('./tools.ts')).ensureTools(['python', 'haproxy'], shared);
  try {
    const result = as(
      options.account,
      await up({
        ...(options.port === undefined ? {} : { port: options.port }),
        ...(options.timing === undefined ? {} : { timings }),
        ...(options.throttle === undefined ? {} : { throttle: options.throttle }),
        ...(options.shuffle === undefined ? {} : { shuffle: options.shuffle === 'off' ? (false as const) : Number(options.shuffle) }),
      }),
    );
    if (shared.format.prints === 'document') printJson({ ...headOf('sandbox', 0), ...result });
    else
      print(
        `${result.already ? 'The sandbox is up already' : 'The sandbox is up'}: ${result.endpoint} (pid ${result.pid}). ${orderOf(result)} To use it:\n\n${exports(result.env)}`,
      );
    return EXIT.ok;
  } catch (cause) {
    throw new ReconcileError('ToolMissing', cause instanceof Error ? cause.message.replace(/\.$/, '') : String(cause), {
      cause,
      hint: 'If a tool is missing, `albedo setup` installs it or explains how.',
    });
  }
}

export async function downCommand(shared: Shared): Promise<number> {
  const was = await down();
  if (shared.format.prints === 'document') printJson({ ...headOf('sandbox', 0), was });
  else print(was ? 'The sandbox has stopped, with all its processes.' : 'No sandbox was up.');
  return EXIT.ok;
}

export async function statusCommand({ account }: Pick<UpFlags, 'account'>, shared: Shared): Promise<number> {
  const found = await status();
  const running = found === undefined ? undefined : as(account, found);
  if (shared.format.prints === 'document') printJson({ ...headOf('sandbox', 0), up: running !== undefined, ...running });
  else if (running === undefined) print('No sandbox is up. Start one with: albedo sandbox up');
  else
    print(
      `The sandbox is up: ${running.endpoint} (pid ${running.pid}, ${running.processes.length} processes, logs in ${running.logFolder}). ${orderOf(running)}\n\n${exports(running.env)}`,
    );
  return EXIT.ok;
}

/** The variables for calls of an account; by default the default account. */
const as = <T extends Running>(account: string | undefined, running: T): T =>
  account === undefined ? running : { ...running, env: environmentOf(running, account) };

/** What is needed to repeat a run. */
function orderOf({ shuffleSeed, throttle }: Pick<Running, 'shuffleSeed' | 'throttle'>): string {
  const order = shuffleSeed === undefined ? 'Lists come in the order of creation.' : `Lists are shuffled (--shuffle ${shuffleSeed}).`;
  return throttle ? `${order} AWS's token buckets are in force.` : order;
}

const exports = (env: Readonly<Record<string, string>>): string =>
  Object.entries(env)
    .map(([name, value]) => `export ${name}=${value}`)
    .join('\n');
