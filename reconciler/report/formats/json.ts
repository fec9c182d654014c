import { reportFormat } from './form.ts';

export const json = reportFormat({
  name: 'json',
  extension: 'json',
  contentType: 'application/json',
  purpose: 'for programs: one document for each command, with a schema in `schemas/`',
  prints: 'document',
  render: (report) => `${JSON.stringify(report, null, 2)}\n`,
});
