import type { OverviewRow } from '../overview.ts';
import type { Report } from '../report.ts';
import type { Palette } from '../text-columns.ts';

/** What is true of every form of a report. */
interface Form {
  /** `--format NAME`. */
  readonly name: string;
  /** Of its file in the folder of `--report`, `report.EXTENSION`; null: it is not written there. */
  readonly extension: string | null;
  /** Media type, with its charset where it has one. */
  readonly contentType: string;
  /** What it is for, half a sentence for the help and the reference. */
  readonly purpose: string;
  /** Pure. With a palette only where the form has colours. */
  readonly render: (report: Report, palette?: Palette) => string;
}

/**
 * A form of the report. `prints` says how it comes to standard output:
 *
 * - `told`: each command tells people what they want to know of it, as it happens
 * - `document`: one JSON document a command, whatever happens, as its schema in `schemas/` says
 * - `reports`: a report a stack, and `overview` after several
 * - `together`: one document over the reports of all stacks
 * - `nothing`: it is a file only
 */
export type ReportFormat = Form &
  (
    | { readonly prints: 'told' | 'reports'; readonly overview: (rows: readonly OverviewRow[], palette: Palette) => string }
    | { readonly prints: 'together'; readonly renderAll: (reports: readonly Report[]) => string }
    | { readonly prints: 'document' | 'nothing' }
  );

/** So that each file is checked where it stands. */
export const reportFormat = <const F extends ReportFormat>(format: F): F => format;
