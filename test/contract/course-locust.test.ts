/**
 * The page docs/tutorial/locust.md, headless: locust loads the sandbox's load balancer, and both instances answer. It is installed as the
 * page says where it is not; without a network it is left out by name.
 */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { type CourseBench, openBench } from '../../course/bench.ts';
import { suite } from '../support/suite.ts';

const ROOT = new URL('../../', import.meta.url).pathname;
const FOLDER = join(process.env['ALBEDO_CACHE'] ?? join(homedir(), '.cache', 'albedo'), 'locust');
const LOCUST = join(FOLDER, 'bin', 'locust');
const t = suite<{ bench: CourseBench }>('course locust');

const run = (env: CourseBench['env']): Promise<{ readonly code: number | null; readonly out: string }> =>
  new Promise((resolve, reject) => {
    const args = ['-f', join(ROOT, 'course/locust/locustfile.py'), '--headless', '--users', '5', '--spawn-rate', '5', '--run-time', '5s'];
    const child = spawn(LOCUST, args, { env: env as NodeJS.ProcessEnv });
    let out = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (out += String(text)));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, out }));
  });

/** Why it cannot be run here; undefined when it can. */
function missing(): string | undefined {
  if (existsSync(LOCUST)) return undefined;
  try {
    execFileSync('python3', ['-m', 'venv', FOLDER], { stdio: 'pipe' });
    execFileSync(join(FOLDER, 'bin', 'pip'), ['install', '--quiet', '-r', join(ROOT, 'course/locust/requirements.txt')], { stdio: 'pipe' });
    return undefined;
  } catch (thrown) {
    return `locust cannot be installed: ${String(thrown).split('\n')[0]}`;
  }
}

const reason = missing();
if (reason === undefined) {
  t.before(async (context) => {
    context.bench = await openBench();
  });
  t.after(({ bench }) => bench.close());
  t('two instances answer, and no request fails; with an empty group all fail', async ({ bench }) => {
    await bench.apply(join(ROOT, 'course/specs/instances/solution.yaml'));
    const { code, out } = await run(bench.env);
    assert.is(code, 0, out);
    assert.match(out, /Answered by: i-\w+, i-\w+/);
    await bench.reset();
    await bench.apply(join(ROOT, 'course/specs/load-balancer/solution.yaml'));
    const failed = await run(bench.env);
    assert.is(failed.code, 1, failed.out);
    assert.match(failed.out, 'status 503');
  });
} else t(`skipped: ${reason}`, () => assert.not.ok(existsSync(LOCUST)));

t.run();
