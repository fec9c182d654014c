import { renderHtml } from '../html.ts';
import { reportFormat } from './form.ts';

export const html = reportFormat({
  name: 'html',
  extension: 'html',
  contentType: 'text/html; charset=utf-8',
  purpose: 'a self-contained page with charts',
  prints: 'nothing',
  render: (report) => renderHtml(report),
});
