import { renderOverview } from '../overview.ts';
import { renderText } from '../text.ts';
import { reportFormat } from './form.ts';

export const text = reportFormat({
  name: 'text',
  extension: null,
  contentType: 'text/plain; charset=utf-8',
  purpose: 'for a terminal',
  prints: 'told',
  render: (report, palette) => renderText(report, palette),
  overview: (rows, palette) => `\n${renderOverview(rows, palette)}`,
});
