/** What a load test that was killed left stopped: said by plan, drift and doctor, mended by apply, halt and `doctor --orphans`. */

import { CreateTagsCommand, EC2Client, StopInstancesCommand } from '@aws-sdk/client-ec2';
import * as assert from 'uvu/assert';
import { writeMark } from '../../reconciler/chaos/fault-mark.ts';
import { denied } from '../../sandbox/faults.ts';
import { type Bench, startBench } from '../support/faults-bench.ts';
import { type Ended, makePlace, type Place, runCommand, until } from '../support/faults-cli.ts';
import { suite } from '../support/suite.ts';

const t = suite('left broken');
let bench: Bench;
let place: Place;
let file = '';

t.before(async () => {
  bench = await startBench();
  place = makePlace();
  file = place.stack();
  const applied = await run('apply', file, '--quiet');
  assert.is(applied.code, 0, applied.stdout + applied.stderr);
});
t.after(async () => {
  await bench.stop();
  place.remove();
});

const run = (...args: string[]): Promise<Ended> => runCommand(place, args, bench.env);
const instances = () => bench.sandbox.network.instances();
const marks = (): number => instances().filter(({ tags }) => tags['albedo:fault'] !== undefined).length;

/** As a run leaves it that was killed with no process to watch over it. */
async function leave(value?: string, detail?: string): Promise<string> {
  const [id = ''] = instances().map((each) => each.id);
  const [group] = bench.sandbox.elbv2.targetGroups();
  const victim = {
    ...{
      experiment: 'stopInstance',
      instanceId: id,
      name: 'web-1',
      zone: '',
      port: 8080,
      group: 'web',
      groupArn: group?.arn ?? '',
      seed: '',
    },
    ...(detail === undefined ? {} : { detail }),
  };
  const now = Date.now();
  const mark = writeMark({ experiment: 'stopInstance', since: now - 120_000, until: now - 60_000, run: 'ada@box', victim });
  const client = new EC2Client({ region: 'us-east-1' });
  await client.send(new CreateTagsCommand({ Resources: [id], Tags: [{ Key: 'albedo:fault', Value: value ?? mark }] }));
  await client.send(new StopInstancesCommand({ InstanceIds: [id] }));
  client.destroy();
  await until('it is stopped', () => instances().some(({ state }) => state === 'stopped'));
  return id;
}
const whole = (): Promise<void> =>
  until('all run, without a tag', () => instances().every(({ state }) => state === 'running') && marks() === 0);
const SAID = /web-[12] was stopped in a load test by ada@box at .* and should have been started again by/;

t('plan, drift and doctor say it, and change nothing; apply mends it', async () => {
  await leave();
  const [planned, drift, doctor] = [await run('plan', file), await run('drift', file), await run('doctor', file)];
  assert.match(planned.stdout + planned.stderr, SAID);
  assert.match(drift.stdout + drift.stderr, SAID);
  assert.is(drift.code, 2, drift.stdout);
  assert.match(doctor.stdout, SAID);
  assert.is(marks(), 1);
  const applied = await run('apply', file);
  assert.is(applied.code, 0, applied.stdout + applied.stderr);
  assert.match(applied.stdout + applied.stderr, /web-[12] \(i-\w+\) was stopped and has been started again/);
  await whole();
});

t('halt mends all of a region, and says when there is nothing', async () => {
  const id = await leave();
  const halted = await run('halt');
  assert.is(halted.code, 0, halted.stderr);
  assert.match(halted.stdout, `(${id}) was stopped and has been started again`);
  await whole();
  assert.match((await run('halt')).stdout, /No resource in us-east-1 has the tag/);
});

/** While `work` runs, AWS refuses these calls for want of a permission. */
async function refusing<T>(calls: RegExp, work: () => Promise<T>): Promise<T> {
  const { faults } = bench.sandbox;
  const { next } = faults;
  faults.next = (service, action) =>
    calls.test(`${service}:${action}`) ? { do: 'refuse', when: 'before', refusal: denied(service, action) } : undefined;
  try {
    return await work();
  } finally {
    faults.next = next;
  }
}

t('a tag that may not be removed is told, and the next one removes it', async () => {
  const id = await leave();
  const halted = await refusing(/^ec2:DeleteTags$/, () => run('halt'));
  assert.match(halted.stdout, `the tag albedo:fault of ${id} could not be removed: ec2:DeleteTags: UnauthorizedOperation`);
  assert.match(halted.stdout, `(${id}) was stopped and has been started again`);
  assert.is(marks(), 1);
  assert.match((await run('plan', file)).stdout, SAID);
  assert.match((await run('halt')).stdout, `(${id}) is not stopped`);
  await whole();
});

t('where AWS FIS cannot be asked, halt says so only of what FIS may still break', async () => {
  const without = await refusing(/^fis:/, () => run('halt'));
  assert.equal([without.code, /FIS/.test(without.stdout)], [0, false]);
  await leave();
  const own = await refusing(/^fis:/, () => run('halt'));
  assert.equal([own.code, /FIS/.test(own.stdout)], [0, false]);
  await whole();
  const id = await leave(undefined, 'fis');
  const byFis = await refusing(/^fis:/, () => run('halt'));
  assert.is(byFis.code, 1);
  assert.match(byFis.stdout, 'It is not known whether AWS FIS runs an experiment of a load test: fis:ListExperimentTemplates');
  assert.match(byFis.stdout, `(${id}) was stopped and has been started again`);
  await whole();
});

t('doctor --orphans mends it', async () => {
  await leave();
  const { stdout, stderr } = await run('doctor', file, '--orphans');
  assert.ok(/has been started again/.test(stdout), stdout + stderr);
  await whole();
});

t('a tag that cannot be read is shown, and nothing is done by it', async () => {
  const id = await leave('stopInstance yesterday');
  const halted = await run('halt');
  assert.is(halted.code, 1);
  assert.match(halted.stdout, `${id} has the tag albedo:fault of a load test, but its value cannot be read`);
  assert.match((await run('plan', file)).stdout, /its value cannot be read/);
});

t.run();
