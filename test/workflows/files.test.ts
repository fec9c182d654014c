/** The workflow files themselves: what actionlint and zizmor say, and rules of ours that neither of them knows. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { grantsOf, readWorkflow } from '../support/act/permissions.ts';
import { ROOT, workflowTool } from '../support/act/runner.ts';
import { suite } from '../support/suite.ts';

const FOLDER = '.github/workflows';
const files = readdirSync(join(ROOT, FOLDER)).map((name) => `${FOLDER}/${name}`);
const texts = new Map(
  [...files, ...readdirSync(join(ROOT, '.github/actions')).map((name) => `.github/actions/${name}/action.yml`)].map((path) => [
    path,
    readFileSync(join(ROOT, path), 'utf8'),
  ]),
);
const t = suite('workflow files');

const run = (tool: 'actionlint' | 'zizmor', cwd: string, ...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(workflowTool(tool), args, { cwd, encoding: 'utf8' });
  return { status, said: `${stdout}${stderr}` };
};
const ZIZMOR = ['--pedantic', '--offline', '--no-progress', '--color=never', '.github'] as const;

t('actionlint has nothing to say', () => {
  const { status, said } = run('actionlint', ROOT, '-no-color', '-shellcheck=', '-pyflakes=');
  assert.is(status, 0, said);
});

t('nor has zizmor, at its strictest', () => {
  const { status, said } = run('zizmor', ROOT, ...ZIZMOR);
  assert.is(status, 0, said);
});

t(
  'the callers of the promotion are good too: what they grant, and all but that the variable of a role is chosen by its environment',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'albedo-promotion-'));
    try {
      mkdirSync(join(folder, '.git'));
      cpSync(join(ROOT, '.github'), join(folder, '.github'), { recursive: true });
      cpSync(join(ROOT, 'docs/examples/promotion/workflows'), join(folder, FOLDER), { recursive: true });
      const lint = run('actionlint', folder, '-no-color', '-shellcheck=', '-pyflakes=');
      assert.is(lint.status, 0, lint.said);
      const found = run('zizmor', folder, ...ZIZMOR).said.match(/^(help|warning|error|info)\[[\w-]+\]/gm) ?? [];
      assert.equal([...new Set(found)], ['help[obfuscation]']);
      for (const name of readdirSync(join(ROOT, 'docs/examples/promotion/workflows')))
        for (const [job, { permissions, uses }] of Object.entries(readWorkflow(folder, `${FOLDER}/${name}`).jobs)) {
          if (uses === undefined) continue;
          for (const [permission, level] of Object.entries(grantsOf(readWorkflow(folder, uses.replace('./', '')))))
            assert.ok(permissions?.[permission] === level || permissions?.[permission] === 'write', `${name}: ${job} needs ${permission}`);
        }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
);

t('so is the example of a load of several machines, and those that send hold no credentials', () => {
  const folder = mkdtempSync(join(tmpdir(), 'albedo-several-'));
  try {
    mkdirSync(join(folder, '.git'));
    mkdirSync(join(folder, FOLDER), { recursive: true });
    const path = `${FOLDER}/albedo-load.yml`;
    cpSync(join(ROOT, 'docs/examples/several-machines/albedo-load.yml'), join(folder, path));
    const lint = run('actionlint', folder, '-no-color', '-shellcheck=', '-pyflakes=');
    assert.is(lint.status, 0, lint.said);
    const found = run('zizmor', folder, ...ZIZMOR);
    assert.is(found.status, 0, found.said);
    assert.equal(readWorkflow(folder, path).permissions, {});
    assert.equal(readWorkflow(folder, path).jobs['send']?.permissions, { contents: 'read' });
    const [, send = ''] = readFileSync(join(folder, path), 'utf8').split(/^ {2}(?=send:|verify:)/m);
    assert.match(send, 'albedo load shard');
    assert.not.match(send, /secrets\.|github\.token|role-to-assume|environment:/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

t('both would: a workflow with a hole and a mistake is found by each', () => {
  const folder = mkdtempSync(join(tmpdir(), 'albedo-lint-'));
  try {
    mkdirSync(join(folder, FOLDER), { recursive: true });
    mkdirSync(join(folder, '.git'));
    writeFileSync(
      join(folder, FOLDER, 'bad.yml'),
      `on: pull_request_target\njobs: { a: { runs-on: ubuntu-24.04, steps: [{ run: "echo $\{{ github.event.pull_request.title }} $\{{ nothing.x }}" }] } }\n`,
    );
    assert.match(run('actionlint', folder, '-no-color', '-shellcheck=', '-pyflakes=').said, 'nothing');
    const { status, said } = run('zizmor', folder, ...ZIZMOR);
    assert.is.not(status, 0);
    assert.match(said, 'template-injection');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

t('nothing is granted at the top, and what a reusable one needs its callers grant', () => {
  for (const path of files) {
    const workflow = readWorkflow(ROOT, path);
    assert.equal(workflow.permissions, {}, path);
    for (const [name, job] of Object.entries(workflow.jobs)) {
      assert.ok(job.permissions, `${path}: ${name}`);
      if (job.uses === undefined) continue;
      // GitHub refuses to start a run in which a called job asks for more than its caller has.
      for (const [permission, level] of Object.entries(grantsOf(readWorkflow(ROOT, job.uses.replace('./', ''))))) {
        const granted = job.permissions[permission];
        assert.ok(granted === level || granted === 'write', `${path}: ${name} needs ${permission}: ${level} for ${job.uses}`);
      }
    }
  }
});

t('published actions are pinned to whole commits with their version beside, one commit each', () => {
  const pins = new Map<string, string>();
  for (const [path, text] of texts)
    for (const [, action = '', pin = '', version = ''] of text.matchAll(/^ +(?:- )?uses: (?!\.\/)([^@\s]+)@(\S+)(?: # (\S+))?/gm)) {
      assert.match(pin, /^[0-9a-f]{40}$/, `${path}: ${action}`);
      assert.match(version, /^v\d+\.\d+\.\d+$/, `${path}: ${action}`);
      assert.is(pins.get(action) ?? pin, pin, `${path}: ${action} is pinned in two ways`);
      pins.set(action, pin);
    }
  assert.ok(pins.has('actions/checkout'));
});

t('no checkout keeps a token, no script has an expression in it, and nothing runs with the rights of a fork’s target', () => {
  for (const [path, text] of texts) {
    const checkouts = text.split(/^ {6}- /m).filter((step) => /uses: actions\/checkout@/.test(step));
    for (const step of checkouts) assert.match(step, 'persist-credentials: false', path);
    for (const [, script = ''] of text.matchAll(/run: (\|(?:\n {10,}.*)+|.*)/g)) assert.not.match(script, '${{', path);
    assert.not.match(text, /pull_request_target:|secrets: inherit/, path);
  }
});

t('callers are short, and hold nothing but triggers, conditions and what is granted', () => {
  for (const path of files.filter((each) => /\/albedo-/.test(each))) {
    const workflow = readWorkflow(ROOT, path);
    const { albedo, ...jobs } = workflow.jobs;
    for (const [name, job] of Object.entries(jobs)) assert.match(job.uses ?? '', /^\.\/\.github\/workflows\//, `${path}: ${name}`);
    // The check to require: a job of the caller itself, since one of a called workflow has the caller's name before its own.
    if (albedo !== undefined) assert.equal((albedo as { readonly needs?: unknown }).needs, Object.keys(jobs), path);
    assert.ok((texts.get(path) ?? '').split('\n').length < 120, path);
  }
});

// What marks a course has no role; the job that reads what is handed in may not write, and the one that comments sees its marks alone.
const REUSABLE = files.filter((path) => /^on:\n {2}workflow_call:/m.test(texts.get(path) ?? '') && !path.includes('/course-'));

t('no job puts a file of the commit on the disk, albedo reads the commit, and what is uploaded lies outside of the checkout', () => {
  assert.ok(REUSABLE.length > 8);
  for (const path of REUSABLE) {
    const steps = (texts.get(path) ?? '').split(/^ {6}- /m);
    for (const step of steps.filter((each) => /uses: actions\/checkout@/.test(each)))
      assert.ok(
        /path: \.albedo/.test(step) || /sparse-checkout: "!\/\*"\n +sparse-checkout-cone-mode: false\n +filter: blob:limit=/.test(step),
        `${path}: ${step}`,
      );
    for (const step of steps.filter((each) => /uses: \.\/\.albedo\/action\n/.test(each) && /\n +spec: /.test(each)))
      assert.match(step, /\n {10}commit: HEAD\n/, path);
    for (const step of steps.filter((each) => /uses: actions\/(upload|download)-artifact@/.test(each)))
      assert.match(step, /\n {10}path: \$\{\{ runner\.temp \}\}\/(albedo-report|albedo-applied|untrusted)\n/, path);
  }
});

t('what a team sets is an input of every reusable workflow: runner, artifact, key of comments, environment, role, region, account', () => {
  const inputsOf = (path: string): readonly string[] =>
    Object.keys((readWorkflow(ROOT, path).on as { readonly workflow_call: { readonly inputs?: object } }).workflow_call.inputs ?? {});
  for (const path of REUSABLE) {
    const text = texts.get(path) ?? '';
    const steps = text.split(/^ {6}- /m);
    const inputs = inputsOf(path);
    const need = [
      'runner',
      ...(/id-token: write/.test(text) ? ['role', 'region', 'account', 'environment'] : []),
      ...(/(upload|download)-artifact@/.test(text) ? ['artifact'] : []),
      ...(/pull-requests: write/.test(text) &&
      steps.some((step) => /uses: \.\/\.albedo\/action\n/.test(step) && !/command: drift|comment: never/.test(step))
        ? ['comment-key']
        : []),
    ];
    for (const name of need) assert.ok(inputs.includes(name), `${path}: ${name}`);
    for (const name of inputs) assert.match(text, `inputs.${name}`, `${path}: ${name} is read nowhere`);
    assert.not.match(text, /runs-on: (?!\$\{\{ .*inputs\.runner)/, path);
    // Two calls in one run would keep their results under one name.
    for (const step of steps.filter((each) => /uses: actions\/upload-artifact@/.test(each)))
      assert.match(step, /\n {10}name: \$\{\{ inputs\.artifact \}\}/, path);
    if (inputs.includes('comment-key'))
      for (const step of steps.filter((each) => /\n {10}command: (plan|apply|verify|destroy|previews|report)\n/.test(each)))
        assert.match(step, /\n {10}comment-key: \$\{\{ inputs\.comment-key \}\}\n/, path);
  }
});

t('what changes something waits in a queue: no waiting run takes the place of another', () => {
  for (const [path, text] of texts)
    if (/^ +environment: /m.test(text))
      for (const [group] of text.matchAll(/^ +concurrency:\n(?: {6}.*\n)+/gm)) assert.match(group, /\n +queue: max\n/, path);
  assert.match(texts.get(`${FOLDER}/albedo-apply.yml`) ?? '', /\n {2}queue: max\n/);
});

t('an event that concerns nothing starts no apply, and the check that is required has no filter of paths', () => {
  const on = (name: string) => readWorkflow(ROOT, `${FOLDER}/${name}`).on as Readonly<Record<string, { readonly paths?: unknown } | null>>;
  assert.equal(Object.keys(on('albedo-apply.yml')), ['push', 'workflow_dispatch']);
  assert.is(on('albedo-plan.yml')['pull_request']?.paths, undefined);
});

t('every workflow that can ask AWS can do without an account, and with one asks for its role', () => {
  for (const path of files.filter((each) => /\/albedo-/.test(each)))
    for (const [name, job] of Object.entries(readWorkflow(ROOT, path).jobs))
      if (job.permissions?.['id-token'] === 'write')
        assert.match(
          String((job as { readonly with?: Record<string, unknown> }).with?.['sandbox']),
          /^\$\{\{ vars\.ALBEDO_\w+_ROLE == '' && vars\.AWS_ACCOUNT_ID == '' \}\}$/,
          `${path}: ${name}`,
        );
});

t.run();
