/** The inputs that are load scripts (`../shared/cases`): each applied and verified by the real command, against the balancing sandbox. */
import * as assert from 'uvu/assert';
import { findK6 } from '../../reconciler/load/find-k6.ts';
import { isThere, textOf } from '../support/cases.ts';
import { exits } from '../support/cases-meddled.ts';
import { type Bench, contractSuite } from '../support/contract-bench.ts';
import { makePlace, type Place, startCommand } from '../support/faults-cli.ts';

const t = contractSuite('load scripts that were judged wrongly');

/** A shorter load, over the script of this name. */
async function judge({ sandbox }: Bench, script: string, change: (text: string) => string) {
  const place: Place = makePlace();
  try {
    const { command } = await findK6(process.env);
    const env = {
      AWS_ENDPOINT_URL: sandbox.endpoint,
      AWS_ACCESS_KEY_ID: 'sandbox',
      AWS_SECRET_ACCESS_KEY: 'sandbox',
      ALBEDO_HOSTS_FILE: sandbox.hostsFile,
      ALBEDO_K6: command,
    };
    place.file(script, change(textOf(script)));
    const spec = textOf('r19-load.yaml')
      .replace(/script: \S+,/, `script: ${script},`)
      .replace('duration: 45s', 'duration: 20s');
    const file = place.file('r19-load.yaml', spec);
    const run = (...args: string[]) => startCommand(place, ['--yes', '--quiet', ...args, file], env, place.folder).ended;
    exits(await run('apply'), 0);
    return await run('verify');
  } finally {
    place.remove();
  }
}

if (isThere) {
  t('r19: a threshold of the script that fails is an objective that was missed', async (bench) => {
    const judged = await judge(bench, 'r19-thresholds.ts', (text) => text.replaceAll(/ALBEDO\/k6\/lib\/\w+\.ts/g, './albedo.js'));
    exits(judged, 8, /threshold/i, /checks/);
  });

  const short = (text: string): string => text.replace("duration: '30s'", "duration: '15s'");

  t('r22: a plain script that takes nothing from albedo reaches the load balancer, and is judged', async (bench) => {
    const judged = await judge(bench, 'r22-plain.js', short);
    exits(judged, 8, /thresholds of the script were crossed: http_req_failed/);
    assert.not.match(judged.stdout, /never reached/);
  });

  t('r22: one whose own address is not found says nothing of the load balancer', async (bench) => {
    const judged = await judge(bench, 'r22-plain.js', (text) => short(text).replace('ALBEDO_BASE_URL', 'ALBEDO_NOT_SET'));
    exits(judged, 9, /inconclusive/i);
    assert.not.match(judged.stdout, /missed/);
  });
} else t('left out: ../shared/cases is not here', () => undefined);

t.run();
