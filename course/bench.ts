import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { apply } from '../reconciler/index.ts';
import type { Json } from '../reconciler/model/json.ts';
import { openSession, type Session } from '../reconciler/run/session.ts';
import { type NamedSpec, readSpecs } from '../reconciler/run/specs.ts';
import { type Sandbox, startSandbox } from '../sandbox/sandbox.ts';
import type { Look } from './exercise.ts';
import { openLook } from './look.ts';

export type SpecObject = { readonly [key: string]: Json };

/** A sandbox of its own, and the way from a spec to a look at it. */
export interface CourseBench {
  readonly sandbox: Sandbox;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Applies a spec, with consent to all: it is a sandbox. `warm`: also waits until no target is new. @throws ReconcileError */
  apply(file: string): Promise<void>;
  look(file: string): Promise<Look>;
  /** A spec that is an object, as a file of this bench. */
  write(spec: SpecObject): string;
  reset(): Promise<void>;
  close(): Promise<void>;
}

/** Of this process's variables only what programs need: no credentials, and no secret that a spec could name. */
const PASSED = ['PATH', 'HOME', 'ALBEDO_CACHE', 'TMPDIR', 'LANG'] as const;

export async function openBench(say: (text: string) => void = () => {}, signal?: AbortSignal): Promise<CourseBench> {
  const sandbox = await startSandbox();
  const folder = mkdtempSync(join(tmpdir(), 'albedo-course-'));
  const env = {
    ...Object.fromEntries(PASSED.map((name) => [name, process.env[name]])),
    AWS_ENDPOINT_URL: sandbox.endpoint,
    AWS_ACCESS_KEY_ID: 'sandbox',
    AWS_SECRET_ACCESS_KEY: 'sandbox',
    AWS_CONFIG_FILE: join(folder, 'none'),
    AWS_SHARED_CREDENTIALS_FILE: join(folder, 'none'),
    ALBEDO_HOSTS_FILE: sandbox.hostsFile,
  };
  const session = (named: NamedSpec): Session =>
    openSession({ region: named.spec.stack.region, env, ...(signal === undefined ? {} : { signal }) });
  let files = 0;
  return {
    sandbox,
    env,
    async apply(file) {
      const everything = { allowReplace: ['*'], allowDrop: ['*'], allowDestroy: ['*'] };
      const [outcome] = await apply(file, { env, lock: false, ...everything, ...(signal === undefined ? {} : { signal }) });
      if (outcome !== undefined && 'error' in outcome) throw outcome.error;
      await sandbox.settled();
    },
    async look(file) {
      const { specs } = await readSpecs([file], env);
      const [named] = specs;
      if (named === undefined) throw new Error(`${file} holds no spec`);
      return openLook(named, session(named), say);
    },
    write(spec) {
      const file = join(folder, `spec-${(files += 1)}.yaml`);
      writeFileSync(file, stringify(spec));
      return file;
    },
    reset: () => sandbox.reset(),
    async close() {
      await sandbox.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
