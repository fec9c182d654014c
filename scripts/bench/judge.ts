/** What judging costs: two million requests of a run that loses an instance and gets it back, read from k6's rows and judged. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Row } from './rows.ts';

const REQUESTS = 2_000_000;

/** In a process of its own, so that its memory is that of nothing else. */
export function judging(): readonly Row[] {
  const child = spawnSync(process.execPath, [fileURLToPath(new URL('judge-child.ts', import.meta.url)), String(REQUESTS)], {
    encoding: 'utf8',
    timeout: 120_000,
  });
  if (child.status !== 0) throw new Error(`judging failed: ${child.stderr}`);
  const { readSeconds, judgeSeconds, megabytes, verdict } = JSON.parse(child.stdout) as {
    readonly readSeconds: number;
    readonly judgeSeconds: number;
    readonly megabytes: number;
    readonly verdict: string;
  };
  const detail = `${REQUESTS / 1e6} million requests, verdict ${verdict}`;
  return [
    { name: 'judging: CPU', measured: judgeSeconds, limit: 5, unit: 's', kind: 'time', detail },
    { name: 'judging: memory at most, reading included', measured: megabytes, limit: 300, unit: 'MB', kind: 'time', detail },
    { name: "reading k6's rows: CPU", measured: readSeconds, limit: 10, unit: 's', kind: 'time', detail: 'while k6 runs' },
  ];
}
