// How much of the ELBv2 write API a spec can say: `npm run surface`. Counted from the field table itself: what its wires and codecs
// write into which call. `--all` lists every name with the field that says it. Exit 1 when a name is neither covered nor explained.
import { KINDS } from '../reconciler/model/kinds.ts';
import { judgeRows, renderCoverage } from './surface/coverage.ts';
import { ROWS } from './surface/rows.ts';

const judged = judgeRows(ROWS, KINDS);
const { text, unexplained } = renderCoverage(judged);
if (process.argv.includes('--all'))
  for (const { row, by } of judged) process.stdout.write(`${row.resource} ${row.field}: ${by.join(', ') || '-'}\n`);
process.stdout.write(text);
if (unexplained > 0) process.exitCode = 1;
