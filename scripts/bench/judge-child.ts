// `node scripts/bench/judge-child.ts REQUESTS`: reads so many made-up rows of k6, judges them, and prints what it took as JSON.
import { judge } from '../../reconciler/load/judge.ts';
import { readPoints } from '../../reconciler/load/points.ts';
import { judgeInput, OTHER, T0, usual, VICTIM } from '../../test/unit/load/samples.ts';

const requests = Number(process.argv[2] ?? 0);
const rate = requests / usual.end;
const cpu = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

const header = 'metric_name,timestamp,metric_value,error_code,expected_response,method,name,scenario,status,extra_tags,metadata\n';
const points = readPoints();
const file = points.file();
const begun = cpu();
file.push(header);
let piece = '';
for (let n = 0; n < requests; n++) {
  const second = n / rate;
  const away = second >= usual.stop && second < usual.healthy;
  const lost = second >= usual.stop && second < usual.failUntil && n % 2 === 0;
  const ms = lost ? 1000 : 5 + (n % 977) / 10;
  const end = Math.round(T0 + second * 1000 + ms);
  const who = !away && n % 2 === 0 ? VICTIM : OTHER;
  piece += lost
    ? `albedo_request,${end},${ms},1050,,,,load,0,instance=,\n`
    : `albedo_request,${end},${ms},0,,,,load,200,instance=${who},\n`;
  piece += 'iterations,1700000000000,1,,,,,load,,,\n';
  if (n % 2000 === 0) {
    file.push(piece);
    piece = '';
  }
}
file.push(piece);
const { samples, dropped, iterations, unrecorded } = points.end();
const read = cpu();
const plain = judgeInput(usual);
const base = { ...plain, settings: { ...plain.settings, rate } };
let last = 0;
for (const { at, ms } of samples) last = Math.max(last, at + ms);
const run = { ...base.run, samples, dropped, iterations, unrecorded, startedAt: T0, endedAt: last };
const report = judge({ ...base, run, objectives: { errorRate: 0.1, during: { p95: 5000 }, recovery: 30, shareBack: 30 } });
process.stdout.write(
  JSON.stringify({
    readSeconds: read - begun,
    judgeSeconds: cpu() - read,
    megabytes: process.resourceUsage().maxRSS / 1024,
    verdict: report.verdict,
    reasons: report.reasons,
  }),
);
