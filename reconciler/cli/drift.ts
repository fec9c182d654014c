import { type Accepted, acceptDrift, writeSpec } from '../drift/accept.ts';
import { describeDrift } from '../drift/describe.ts';
import { EXIT } from '../errors.ts';
import { KINDS } from '../model/kinds.ts';
import { type DriftReport, renderDrift } from '../report/drift.ts';
import { renderMarkdown } from '../report/markdown.ts';
import { buildReport } from '../report/report.ts';
import { unifiedDiff } from '../report/unified-diff.ts';
import { preview } from '../run/pipeline.ts';
import type { NamedSpec } from '../run/specs.ts';
import { forEachSpec } from './run.ts';
import { paletteFor, print, printJson, type Shared } from './shell.ts';

export interface DriftFlags {
  /** True for everything; addresses and fields for those. */
  readonly accept?: true | readonly string[];
  readonly acceptMissing?: boolean;
  readonly dryRun?: boolean;
}

/**
 * What differs between AWS and the specs, and what is not in service; exit 2 when something is. With `accept` the live values are written into the specs, and
 * the exit status is that of what is left.
 */
export async function driftCommand(paths: readonly string[], flags: DriftFlags, shared: Shared): Promise<number> {
  const named = flags.accept === true || flags.accept === undefined ? [] : flags.accept;
  // `--accept` takes what comes after it: what is no address of ours is a spec.
  const only = named.filter((name) => KINDS.some((kind) => name.startsWith(`${kind.name}/`)));
  const more = named.filter((name) => !only.includes(name));
  const files = [...paths, ...more];
  const results: { drift: DriftReport; accepted?: Omit<Accepted, 'before' | 'after'> & { readonly diff: string } }[] = [];
  const exit = await forEachSpec(files.length === 0 ? ['environments'] : files, shared, async (spec, session) => {
    const previewed = await preview(spec.spec, session, spec.policy);
    const drift = describeDrift(spec, previewed);
    if (shared.format === 'text') print(renderDrift(drift, spec.file, paletteFor(shared)));
    if (shared.format === 'markdown') {
      const head = { stack: drift.stack, account: drift.account, region: drift.region, createdAt: session.clock.now() };
      print(renderMarkdown(buildReport({ ...head, plan: previewed.plan })));
    }
    if (flags.accept === undefined && flags.acceptMissing !== true) {
      results.push({ drift });
      const unfinished = drift.notes.some(({ kind }) => kind === 'unfinished');
      return drift.differences.length === 0 && !unfinished ? EXIT.ok : EXIT.changes;
    }
    const accepted = acceptDrift(spec, previewed.plan, previewed.observation.observed, {
      only,
      acceptMissing: flags.acceptMissing === true,
    });
    const { before, after, ...rest } = accepted;
    if (after !== before && flags.dryRun !== true) await writeSpec(spec, after);
    const diff = unifiedDiff(spec.file, before, after);
    results.push({ drift, accepted: { ...rest, diff } });
    if (shared.format !== 'json') print(acceptedText(spec, accepted, diff, flags, shared));
    return accepted.rest.length === 0 ? EXIT.ok : EXIT.changes;
  });
  if (shared.format === 'json') printJson({ version: 1, results });
  return exit;
}

function acceptedText({ file }: NamedSpec, { written, refused, rest }: Accepted, diff: string, flags: DriftFlags, shared: Shared): string {
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
  if (rest.length > 0) lines.push(`still otherwise: ${rest.map(({ address }) => address).join(', ')}; \`albedo plan ${file}\` shows it`);
  else lines.push('a plan of it is empty');
  return lines.join('\n');
}
