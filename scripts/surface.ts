// How much of the ELBv2 write API a spec can say: `npm run surface`. Counted from the field table itself: what its wires and codecs
// write into which call. `--all` lists every name with the field that says it. Exit 1 when a name is neither covered nor explained, or when the newest service model has
// a name that the rows lack; `--offline` leaves that out.
import { KINDS } from '../reconciler/model/kinds.ts';
import { judgeRows, renderCoverage } from './surface/coverage.ts';
import { newestModel, unknownNames } from './surface/newest.ts';
import { ROWS } from './surface/rows.ts';

const judged = judgeRows(ROWS, KINDS);
const { text, unexplained } = renderCoverage(judged);
if (process.argv.includes('--all'))
  for (const { row, by } of judged) process.stdout.write(`${row.resource} ${row.field}: ${by.join(', ') || '-'}\n`);
process.stdout.write(text);
if (unexplained > 0) process.exitCode = 1;

if (!process.argv.includes('--offline')) {
  const newest = newestModel();
  const unknown = 'missing' in newest ? [] : unknownNames(newest.model, ROWS);
  if ('missing' in newest) process.stdout.write(`\nNOT COMPARED with the API of today: ${newest.missing}\n`);
  else if (unknown.length === 0) process.stdout.write(`\n${newest.version} has no name that the rows lack.\n`);
  else {
    const lines = unknown.map((name) => `  ${name}`).join('\n');
    process.stdout.write(`\n${newest.version} has names that scripts/surface/rows.json lacks:\n${lines}\n`);
    process.exitCode = 1;
  }
}
