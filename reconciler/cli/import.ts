import { existsSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { EXIT, ReconcileError } from '../errors.ts';
import { type Imported, importBalancer, regionFor } from '../import/import.ts';
import { headOf } from '../run/document.ts';
import { openSession } from '../run/pipeline.ts';
import { findSchema, relativeTo, schemaBeside } from './editor.ts';
import type { ImportFlags } from './flags.ts';
import { callLogger, listenForInterrupt, print, printJson, progressFor, type Shared } from './shell.ts';

/**
 * Writes an existing load balancer as a spec, to standard output or to a new file. Notes for the reader go to standard error.
 * Exit 0 if applying the spec would only write tags, 2 if it would change more.
 */
export async function importCommand(word: string, flags: ImportFlags, shared: Shared): Promise<number> {
  const region = regionFor(word, flags.region, process.env);
  if (flags.out !== undefined && existsSync(flags.out))
    throw new ReconcileError('ImportRefused', `${flags.out} already exists and may contain edits`, {
      hint: 'Name a new file, or delete that one.',
    });
  const beside = flags.out === undefined ? undefined : schemaBeside(dirname(flags.out), 'stack');
  const schema = beside?.reference ?? nearSchema();
  const interrupt = listenForInterrupt();
  const progress = await progressFor(shared);
  try {
    const session = openSession({ region, env: process.env, emit: progress.emit, signal: interrupt.signal, ...callLogger(shared) });
    const imported = await importBalancer(
      word,
      {
        region,
        file: flags.out ?? '<import>',
        ...(schema === undefined ? {} : { schema }),
        ...(flags.stack === undefined ? {} : { stack: flags.stack }),
      },
      session,
    );
    progress.stop();
    if (flags.out !== undefined) writeFileSync(flags.out, imported.text, { flag: 'wx' });
    const status = imported.problems.length > 0 ? EXIT.error : imported.differences.length > 0 ? EXIT.changes : EXIT.ok;
    beside?.place();
    if (shared.format.prints === 'document') printJson({ ...headOf('import', status), ...jsonOf(imported) });
    else if (flags.out === undefined) print(imported.text);
    process.stderr.write(remarksOf(imported, flags.out));
    if (imported.problems.length > 0)
      throw new ReconcileError('SpecInvalid', 'the spec made from AWS cannot be planned', {
        cause: { problems: imported.problems, sources: new Map([[flags.out ?? '<import>', new TextEncoder().encode(imported.text)]]) },
        hint: 'AWS has values that a spec may not have: correct the listed places. Nothing was changed in AWS.',
      });
    return status;
  } finally {
    progress.stop();
    interrupt.done();
  }
}

/** For a spec on standard output: the path from the current folder, if a schema is near. */
function nearSchema(): string | undefined {
  const found = findSchema('.', 'stack');
  return found === undefined ? undefined : relativeTo('.', found);
}

const jsonOf = ({ stack, balancer, owner, text, adopted, lost, advice, problems, differences }: Imported): object => ({
  stack,
  loadBalancer: { arn: balancer.arn, name: balancer.name, dnsName: balancer.dnsName },
  ...(owner === undefined ? {} : { owner }),
  spec: text,
  adopted,
  lost,
  advice,
  problems,
  differences,
});

function remarksOf(imported: Imported, out: string | undefined): string {
  const { balancer, owner, stack, adopted, lost, advice, differences, problems } = imported;
  const where = out ?? 'the spec';
  const lines = [
    owner === undefined ? `${balancer.name} becomes stack ${stack}.` : `${balancer.name} belongs to stack ${owner} already.`,
    ...lost.map((text) => `not in ${where}: ${text}`),
    ...advice,
    ...differences.map((change) => {
      const fields = change.fields.filter(({ field }) => !field.startsWith('tags.')).map(({ field }) => field);
      return `applying it would ${change.verb} ${change.address}${fields.length === 0 ? '' : ` (${fields.join(', ')})`}`;
    }),
    ...(problems.length > 0 || differences.length > 0
      ? []
      : [
          adopted === 0
            ? 'Its plan is empty.'
            : `Its plan changes only tags: ${adopted} resources to adopt. albedo apply --adopt ${out ?? '<file>'} adopts them.`,
        ]),
  ];
  return `${lines.join('\n')}\n`;
}
