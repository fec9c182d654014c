/**
 * A `kubectl` whose cluster is a folder, `FAKE_CLUSTER`: the pods of a Job are processes of this machine. It knows the calls that albedo
 * makes, and no others. A file `break` there says after how many lines a followed log breaks off, once for each of its lines; `deaf`: none is followed; `jobs`: what `get jobs`
 * prints; `silent-get`, `silent-delete`: so many calls of this kind get no answer.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const cluster = process.env['FAKE_CLUSTER'] ?? '';
const [command, ...args] = process.argv.slice(2);
const at = (...parts) => join(cluster, ...parts);
const read = (...parts) => (existsSync(at(...parts)) ? readFileSync(at(...parts), 'utf8') : '');
const print = (value) => process.stdout.write(JSON.stringify(value));
const fail = (text) => {
  process.stderr.write(`${text}\n`);
  process.exitCode = 1;
};
const job = () => JSON.parse(read('Job.json') || 'null');
const podName = (index) => `${job().metadata.name}-${index}-abcde`;
const indexes = () => Array.from({ length: job()?.spec.completions ?? 0 }, (_, index) => index);
writeFileSync(at('calls'), `${process.argv.slice(2).join(' ')}\n`, { flag: 'a' });

/** Whether the cluster does not answer this call. */
function isSilent() {
  const name = `silent-${command}`;
  const left = args[0] === 'jobs' ? 0 : Number(read(name));
  if (left > 0) writeFileSync(at(name), String(left - 1));
  return left > 0;
}

function create() {
  const object = JSON.parse(readFileSync(0, 'utf8'));
  writeFileSync(at(`${object.kind}.json`), JSON.stringify(object));
  print({ ...object, metadata: { ...object.metadata, uid: '1' } });
  // The pods waited for it.
  if (object.kind === 'ConfigMap') start();
}

function start() {
  const { binaryData } = JSON.parse(read('ConfigMap.json'));
  const [container] = job().spec.template.spec.containers;
  for (const index of indexes()) {
    const [mount, work] = ['script', 'work'].map((name) => at(String(index), name));
    for (const folder of [mount, work]) mkdirSync(folder, { recursive: true });
    for (const [name, data] of Object.entries(binaryData)) writeFileSync(join(mount, name), Buffer.from(data, 'base64'));
    const inside = (text) => text.replace('/albedo', mount).replace('/work', work);
    const log = openSync(at(String(index), 'log'), 'w');
    const child = spawn('sh', ['-c', '"$@"; echo $? > ../code', 'sh', ...container.command.map(inside)], {
      ...{ cwd: work, stdio: ['ignore', log, log], detached: true },
      env: {
        ...Object.fromEntries(container.env.map(({ name, value }) => [name, value])),
        ...{ PATH: `${cluster}:/usr/bin:/bin`, JOB_COMPLETION_INDEX: String(index) },
      },
    });
    writeFileSync(at(String(index), 'pid'), String(child.pid));
    child.unref();
  }
}

function pods() {
  const items = indexes().map((index) => {
    const code = read(String(index), 'code');
    const state = code === '' ? { running: {} } : { terminated: { exitCode: Number(code), reason: 'Completed' } };
    return {
      metadata: { name: podName(index), labels: { 'batch.kubernetes.io/job-completion-index': String(index) } },
      status: { phase: 'Running', containerStatuses: [{ name: 'k6', state }] },
    };
  });
  print({ items });
}

async function follow() {
  if (existsSync(at('deaf'))) return fail('error: the log cannot be followed');
  const breaks = read('break').split('\n').filter(Boolean);
  const most = Number(breaks.shift() ?? Number.POSITIVE_INFINITY);
  writeFileSync(at('break'), breaks.join('\n'));
  const from = indexes().map(() => 0);
  let lines = 0;
  for (;;) {
    const over = indexes().every((index) => existsSync(at(String(index), 'code')));
    for (const index of indexes()) {
      const text = readFileSync(at(String(index), 'log'))
        .subarray(from[index])
        .toString('latin1');
      for (const line of text
        .slice(0, text.lastIndexOf('\n') + 1)
        .split('\n')
        .slice(0, -1)) {
        from[index] += line.length + 1;
        if (lines++ === most) {
          // In the middle of a line.
          process.stdout.write(`[pod/${podName(index)}/k6] ${line.slice(0, line.length / 2)}`);
          return fail('error: http2: client connection lost');
        }
        process.stdout.write(`[pod/${podName(index)}/k6] ${line}\n`);
      }
    }
    if (over) return;
    await new Promise((done) => setTimeout(done, 50));
  }
}

function remove() {
  for (const index of indexes())
    try {
      process.kill(-Number(read(String(index), 'pid')), 'SIGKILL');
    } catch {
      // It has ended.
    }
  writeFileSync(at('deleted'), args.join(' '));
}

const ofPod = () => indexes().find((index) => podName(index) === args[0]);
const ACTS = {
  create,
  delete: remove,
  get: () => (args[0] === 'pods' ? pods() : print(JSON.parse(read(args[0]) || '{"items":[]}'))),
  logs: () => (args.includes('--follow') ? follow() : process.stdout.write(readFileSync(at(String(ofPod()), 'log')))),
};
if (!existsSync(cluster) || !statSync(cluster).isDirectory() || readdirSync(cluster).length === 0) fail('no cluster');
else if (isSilent()) fail('The connection to the server 127.0.0.1:1 was refused - did you specify the right host or port?');
else if (ACTS[command] === undefined) fail(`error: unknown command ${command}`);
else await ACTS[command]();
