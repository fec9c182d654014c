/** The other way out of drift: the spec is changed until it says what is live. */

import { randomBytes } from 'node:crypto';
import { type FileHandle, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { parseSpec } from '../config/parse.ts';
import { type ReadySpec, readSpec } from '../config/read.ts';
import { type Refused, writeBack } from '../config/write-back.ts';
import { ReconcileError } from '../errors.ts';
import type { Observed } from '../model/model.ts';
import { plan } from '../plan/plan.ts';
import type { Change, Plan } from '../plan/types.ts';
import type { NamedSpec } from '../run/specs.ts';

export interface AcceptOptions {
  /** `targetGroup/web`, `targetGroup/web.healthCheck` or a single field; none: everything. */
  readonly only: readonly string[];
  /** Take what is missing in AWS out of the spec. */
  readonly acceptMissing: boolean;
}

export interface Accepted {
  /** The text before and after; the same when nothing could be written. */
  readonly before: string;
  readonly after: string;
  /** What the spec says now as it is live: `targetGroup/web.healthCheck.interval`. */
  readonly written: readonly string[];
  readonly refused: readonly Refused[];
  /** What a plan of the new text would still do. */
  readonly rest: Plan['changes'];
}

type Part = Pick<Change, 'address' | 'verb' | 'fields'>;

/**
 * Edits the text of a spec so that it says what was observed. Each part is kept only when the new text is a good spec whose plan has
 * it no more; what is not kept is refused with its reason. Calls nothing and writes no file.
 * @throws ReconcileError `SpecInvalid` when `only` names what does not differ, or the file is no UTF-8.
 */
export function acceptDrift(
  { file, text, spec, hashing }: Pick<NamedSpec, 'file' | 'text' | 'spec' | 'hashing'>,
  { changes }: Pick<Plan, 'changes'>,
  observed: Observed,
  options: AcceptOptions,
): Accepted {
  const before = decode(text, file);
  const wanted = select(changes, options.only);
  let now: { readonly text: string; readonly spec: ReadySpec } = { text: before, spec };
  const written: string[] = [];
  const refused: Refused[] = [];
  const attempt = (parts: readonly Part[]): readonly Refused[] => {
    const done = writeBack({
      text: now.text,
      spec: parseSpec(now.text, file).value ?? null,
      desired: now.spec.stack.desired,
      changes: parts,
      acceptMissing: options.acceptMissing,
      existing: observed.existing,
      live: observed.live,
    });
    if (done.written.length === 0) return done.refused;
    const read = readSpec(Buffer.from(done.text), file, hashing);
    const error = read.problems.find((problem) => problem.severity === 'error');
    if (read.spec === undefined || error !== undefined)
      return [
        {
          what: nameOf(parts),
          why: `the spec would no longer be valid: ${error?.path ?? ''}: ${error?.message ?? ''} ${error?.hint ?? ''}`.trim(),
        },
      ];
    const left = namesIn(plan(read.spec.stack, observed).changes);
    const still = done.written.find((name) => left.has(name));
    if (still !== undefined) return [{ what: still, why: 'a plan of the new text still has this difference' }];
    now = { text: done.text, spec: read.spec };
    written.push(...done.written);
    return done.refused;
  };
  // At once where that works; otherwise one by one, so that one that cannot be said keeps none of the others from it.
  const already = (): number => written.length;
  const whole = attempt(wanted);
  if (already() > 0) refused.push(...whole);
  else
    for (const change of wanted) {
      const count = already();
      const why = attempt([change]);
      if (already() > count || change.fields.length < 2 || change.verb === 'create') refused.push(...why);
      else for (const field of change.fields) refused.push(...attempt([{ ...change, fields: [field] }]));
    }
  return { before, after: now.text, written, refused, rest: plan(now.spec.stack, observed).changes };
}

const nameOf = (parts: readonly Part[]): string =>
  parts.map(({ address, fields }) => (fields.length === 1 ? `${address}.${fields[0]?.field}` : address)).join(', ');

const namesIn = (changes: readonly Part[]): ReadonlySet<string> =>
  new Set(
    changes.flatMap(({ address, verb, fields }) => [
      ...(verb === 'create' ? [address] : []),
      ...fields.map(({ field }) => `${address}.${field}`),
    ]),
  );

/** The changes that are asked for, each with the fields that are. */
function select(changes: readonly Change[], only: readonly string[]): readonly Part[] {
  if (only.length === 0) return changes;
  const used = new Set<string>();
  const chosen = changes.flatMap((change): readonly Part[] => {
    const asks = (name: string): boolean => {
      const by = only.filter((one) => name === one || name.startsWith(`${one}.`));
      for (const one of by) used.add(one);
      return by.length > 0;
    };
    if (asks(change.address)) return [change];
    const fields =
      change.verb === 'create' || change.verb === 'destroy' ? [] : change.fields.filter(({ field }) => asks(`${change.address}.${field}`));
    return fields.length === 0 ? [] : [{ ...change, fields }];
  });
  const unknown = only.filter((one) => !used.has(one));
  if (unknown.length > 0) {
    const names = changes.flatMap(({ address, verb, fields }) =>
      verb === 'create' || verb === 'destroy' ? [address] : fields.map(({ field }) => `${address}.${field}`),
    );
    throw new ReconcileError('SpecInvalid', `there is no drift of ${unknown.join(', ')}`, {
      hint: names.length === 0 ? 'AWS matches the spec.' : `There is drift of: ${names.join(', ')}.`,
    });
  }
  return chosen;
}

function decode(bytes: Uint8Array, file: string): string {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  if (Buffer.compare(Buffer.from(text), Buffer.from(bytes)) === 0) return text;
  throw new ReconcileError('SpecInvalid', `${file} is not in UTF-8, so an edit would change other text`, {
    hint: 'Save it as UTF-8 first.',
  });
}

/**
 * Puts the new text in the place of the file: at once, so that no reader ever sees a part of it, and with the file's mode. A link is
 * followed. Nothing is written when the file is not any more what was read.
 * @throws ReconcileError `SpecInvalid` for standard input and for a file that was changed or cannot be written.
 */
export async function writeSpec({ file, text: read }: Pick<NamedSpec, 'file' | 'text'>, after: string): Promise<void> {
  if (file === '<stdin>')
    throw new ReconcileError('SpecInvalid', 'a spec from standard input cannot be written back', {
      hint: 'Name its file, or use --dry-run and apply the difference.',
    });
  let fresh: string | undefined;
  try {
    const real = await realpath(file);
    const { mode } = await stat(real);
    fresh = join(dirname(real), `.${basename(real)}.${randomBytes(4).toString('hex')}`);
    await fill(await open(fresh, 'wx', mode), after, mode);
    // The last look before the one step that counts.
    if (Buffer.compare(await readFile(real), Buffer.from(read)) !== 0)
      throw new ReconcileError('SpecInvalid', `${file} was changed while albedo read AWS; nothing was written`, {
        hint: 'Run the same command again.',
      });
    await rename(fresh, real);
    fresh = undefined;
  } catch (cause) {
    if (cause instanceof ReconcileError) throw cause;
    const why = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new ReconcileError('SpecInvalid', `${file} cannot be written: ${why}; the file is unchanged`, {
      cause,
      hint: 'Check its permissions and those of its folder.',
    });
  } finally {
    if (fresh !== undefined) await rm(fresh, { force: true });
  }
}

async function fill(handle: FileHandle, text: string, mode: number): Promise<void> {
  try {
    await handle.writeFile(text);
    // The mode of `open` is cut by the umask.
    await handle.chmod(mode);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
