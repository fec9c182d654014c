/** The report of an apply that an earlier step, or an earlier job of the same run, left in its report folder. */

import { existsSync } from 'node:fs';
import { ReconcileError } from '../reconciler/errors.ts';
import type { Report } from '../reconciler/report/report.ts';
import { folderOf } from '../reconciler/run/identity.ts';
import { pathWithin, readPlainText } from '../reconciler/run/plain-file.ts';

/**
 * Undefined where no folder is named, where the apply had nothing to do, and where it did not come to its end: then a load test is told
 * alone. Throws `SpecInvalid` for a file that is no report of this version on this stack.
 */
export function readApplied(folder: string, stack: string, region: string): Report | undefined {
  if (folder === '') return undefined;
  const path = pathWithin(folderOf(folder, { stack, region }, true), 'report.json');
  if (!existsSync(path)) return undefined;
  const report = parse(path);
  if (report?.version !== 1 || report.stack !== stack || report.region !== region)
    throw new ReconcileError('SpecInvalid', `${path} is not a usable report on ${stack} in ${region}`, {
      hint: 'applied names the report-folder of the apply, of the same version.',
    });
  const { plan, run } = report;
  return plan?.changes.length && run?.outcome === 'done' ? report : undefined;
}

/** A report of some hundred changes has some hundred kilobytes. */
const LARGEST = 16 * 1024 * 1024;

function parse(path: string): Report | undefined {
  try {
    return JSON.parse(readPlainText(path, LARGEST)) as Report;
  } catch {
    return undefined;
  }
}
