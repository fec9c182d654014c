/** A sandbox to measure against, and the tutorial's stack as users get it. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ReadySpec, readSpec } from '../../reconciler/config/read.ts';
import { fingerprintOf } from '../../reconciler/observe/x509.ts';
import { sha256 } from '../../reconciler/plan/digest.ts';
import type { Clock } from '../../reconciler/run/port.ts';
import { environmentOf } from '../../sandbox/control.ts';
import type { SandboxOptions } from '../../sandbox/sandbox.ts';
import type { RecordedCall } from '../../sandbox/types.ts';

export const root = join(import.meta.dirname, '../..');
export const TUTORIAL = 'environments/sandbox/webserver.yaml';

/** What counting needs of a sandbox, wherever it runs. */
export interface Account {
  calls(): Promise<readonly RecordedCall[]>;
  /** Number of resources in the account. */
  left(): Promise<number>;
  /** Default: the wall clock. */
  readonly clock?: Clock;
}

export interface World extends Account {
  readonly endpoint: string;
  readonly hostsFile: string;
  /** Variables that point any AWS client at it. */
  readonly env: Readonly<Record<string, string>>;
  settled(): Promise<void>;
  /** Processor time of the sandbox's own process so far, in seconds: gateway and ELBv2 server, not moto or HAProxy. */
  cpu(): Promise<number>;
  /** Whether calls that come faster than AWS's published rates are refused from now on. */
  throttle(on: boolean): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a sandbox in another process and points this process's AWS clients at it. */
export async function startWorld(options: Pick<SandboxOptions, 'timings' | 'dataplane' | 'quotas'> = {}): Promise<World> {
  const child = fork(join(import.meta.dirname, 'sandbox-process.ts'), [JSON.stringify(options)], {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const told = (await heard(child)) as { endpoint: string; hostsFile: string };
  const env = {
    ...environmentOf(told),
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  };
  for (const variable of ['AWS_PROFILE', 'AWS_SESSION_TOKEN']) delete process.env[variable];
  Object.assign(process.env, env);
  const ask = async (what: string): Promise<unknown> => {
    const answer = heard(child);
    child.send({ ask: what });
    return answer;
  };
  return {
    ...told,
    env,
    settled: async () => void (await ask('settled')),
    calls: async () => (await ask('calls')) as readonly RecordedCall[],
    cpu: async () => (await ask('cpu')) as number,
    left: async () => Object.values((await ask('census')) as Record<string, number>).reduce((sum, count) => sum + count, 0),
    async throttle(on) {
      const answer = await fetch(`${told.endpoint}/_sandbox/throttle`, { method: 'POST', body: JSON.stringify({ on }) });
      if (!answer.ok) throw new Error(`the sandbox did not switch its rates: ${await answer.text()}`);
    },
    async stop() {
      if (child.exitCode !== null) return;
      const gone = once(child, 'exit');
      child.send({ ask: 'end' });
      await gone;
    },
  };
}

async function heard(child: ChildProcess): Promise<unknown> {
  const gone = new AbortController();
  try {
    return await Promise.race([
      once(child, 'message', { signal: gone.signal }).then(([message]) => message),
      once(child, 'exit', { signal: gone.signal }).then(() =>
        Promise.reject(new Error('the sandbox ended; why is said above. If a tool is missing: npm run setup')),
      ),
    ]);
  } finally {
    gone.abort();
  }
}

/** The tutorial's spec, or a variant of its text. Throws when it is not valid. */
export function tutorialSpec(edit: (text: string) => string = (text) => text): ReadySpec {
  const text = edit(readFileSync(join(root, TUTORIAL), 'utf8'));
  const { spec, problems } = readSpec(new TextEncoder().encode(text), TUTORIAL, { sha256, fingerprint: fingerprintOf });
  if (spec === undefined)
    throw new Error(`${TUTORIAL} is not valid: ${problems.map(({ line, message }) => `line ${line}: ${message}`).join('; ')}`);
  return spec;
}
