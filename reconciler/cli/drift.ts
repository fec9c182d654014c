import { type Accepted, writeSpec } from '../drift/accept.ts';
import { describeDrift } from '../drift/describe.ts';
import { ReconcileError } from '../errors.ts';
import { seconds } from '../model/codec.ts';
import { KINDS } from '../model/kinds.ts';
import { renderDrift } from '../report/drift.ts';
import { renderText } from '../report/text.ts';
import { unifiedDiff } from '../report/unified-diff.ts';
import type { Outcome } from '../run/outcome.ts';
import type { NamedSpec } from '../run/specs.ts';
import { conduct } from './run.ts';
import { paletteFor, print, type Shared } from './shell.ts';

export interface DriftFlags {
  /** True: everything. A list: these addresses and fields. */
  readonly accept?: true | readonly string[];
  readonly acceptMissing?: boolean;
  readonly dryRun?: boolean;
  readonly changedSince?: string;
  readonly light?: boolean;
  readonly fullWithin?: string;
  readonly every?: string;
}

/**
 * Shows what differs between AWS and the specs, and what is not in service; exit 2 if there is something. With `accept`, writes the values in
 * AWS into the specs; the exit status is then that of the remaining differences.
 */
export async function driftCommand(paths: readonly string[], flags: DriftFlags, shared: Shared): Promise<number> {
  const named = flags.accept === true || flags.accept === undefined ? [] : flags.accept;
  // `--accept` takes all arguments after it: those that are not an address are specs.
  const only = named.filter((name) => KINDS.some((kind) => name.startsWith(`${kind.name}/`)));
  const more = named.filter((name) => !only.includes(name));
  const files = [...paths, ...more];
  const accepts = flags.accept !== undefined || flags.acceptMissing === true;
  return conduct({
    ...{ command: 'drift', shared, changedSince: flags.changedSince, inOrder: true, tellsOrphans: true },
    paths: files.length === 0 ? ['environments'] : files,
    work: () => ({
      policyOf: ({ policy }) => policy,
      ...(flags.light === true
        ? { light: { period: durationOf('--full-within', flags.fullWithin ?? '1d'), interval: durationOf('--every', flags.every ?? '1h') } }
        : {}),
      ...(accepts ? { accept: { only, acceptMissing: flags.acceptMissing === true } } : {}),
    }),
    show: (outcome, spec) => show(outcome, spec, shared),
    also: (outcome, { file }) => {
      const accepted = acceptedOf(outcome);
      return accepted === undefined ? '' : acceptedText(file, accepted, unifiedDiff(file, accepted.before, accepted.after), flags, shared);
    },
    after: async (outcomes, specs) => {
      if (flags.dryRun === true) return;
      for (const [index, outcome] of outcomes.entries()) {
        const accepted = acceptedOf(outcome);
        const spec = specs[index];
        if (accepted !== undefined && spec !== undefined && accepted.after !== accepted.before) await writeSpec(spec, accepted.after);
      }
    },
  });
}

/** Milliseconds. */
function durationOf(flag: string, text: string): number {
  if (!/^(\d+[smhd])+$/.test(text))
    throw new ReconcileError('SpecInvalid', `${flag} ${text} is not a duration`, { hint: 'Write 30m, 6h, 1d.' });
  return Number(seconds(1, 366 * 86_400).parse(text)) * 1000;
}

const acceptedOf = (outcome: Outcome): Accepted | undefined => ('accepted' in outcome ? outcome.accepted : undefined);

function show(outcome: Outcome, named: NamedSpec, shared: Shared): void {
  if (outcome.kind === 'glanced') print(renderText(outcome.report, paletteFor(shared)));
  else if (outcome.kind === 'planned' || outcome.kind === 'unchanged')
    print(renderDrift(describeDrift(named, outcome.previewed), named.file, paletteFor(shared)));
}

function acceptedText(file: string, { written, refused, rest }: Accepted, diff: string, flags: DriftFlags, shared: Shared): string {
  const palette = paletteFor(shared);
  const lines = diff
    .split('\n')
    .slice(0, -1)
    .map((line) => (line.startsWith('+') ? palette.good(line) : line.startsWith('-') ? palette.bad(line) : line));
  const fields = `${written.length} ${written.length === 1 ? 'difference' : 'differences'}`;
  if (written.length > 0)
    lines.push(flags.dryRun ? `${fields} would be written into ${file}` : `${palette.good('written')} ${fields} into ${file}`);
  else lines.push(`nothing was written into ${file}`);
  for (const { what, why } of refused) lines.push(`${palette.doubt('not written')} ${what}: ${why}`);
  if (rest.length > 0) lines.push(`still different: ${rest.map(({ address }) => address).join(', ')}; \`albedo plan ${file}\` shows it`);
  else lines.push('a new plan is empty');
  return lines.join('\n');
}
