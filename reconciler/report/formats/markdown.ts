import { renderMarkdown } from '../markdown.ts';
import { renderOverviewMarkdown } from '../overview.ts';
import { reportFormat } from './form.ts';

export const markdown = reportFormat({
  name: 'markdown',
  extension: 'md',
  contentType: 'text/markdown; charset=utf-8',
  purpose: 'for comments and job summaries on GitHub',
  prints: 'reports',
  render: (report) => renderMarkdown(report),
  overview: (rows) => renderOverviewMarkdown(rows),
});
