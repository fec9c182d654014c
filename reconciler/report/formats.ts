/** The forms of a report: a file in `formats/` and a line here. Nothing else names one. */

import type { ReportFormat } from './formats/form.ts';
import { html } from './formats/html.ts';
import { json } from './formats/json.ts';
import { junit } from './formats/junit.ts';
import { markdown } from './formats/markdown.ts';
import { text } from './formats/text.ts';

/** The first is the default of `--format`; files are written in this order. */
export const FORMATS: readonly ReportFormat[] = [text, json, markdown, html, junit];

/** Those that `--format` takes. */
export const PRINTED: readonly ReportFormat[] = FORMATS.filter(({ prints }) => prints !== 'nothing');

/** Throws for a name that is none: whoever asks has checked it. */
export function formatNamed(name: string): ReportFormat {
  const found = FORMATS.find((format) => format.name === name);
  if (found === undefined) throw new Error(`there is no report format ${name}`);
  return found;
}

/** `report.json`, `report.md` and so on: what a folder of reports holds. */
export const REPORT_FILES: readonly { readonly file: string; readonly format: ReportFormat }[] = FORMATS.flatMap((format) =>
  format.extension === null ? [] : [{ file: `report.${format.extension}`, format }],
);
