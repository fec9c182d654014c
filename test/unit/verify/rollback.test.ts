/** Which spec is the last good one, and what is said where there is none. Git is the real one; AWS is a map. */
import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { stringify } from 'yaml';
import { readRollback, rollbackRequest } from '../../../reconciler/cli/verify.ts';
import { readSpec } from '../../../reconciler/config/read.ts';
import { makeSelfSigned } from '../../../reconciler/deferred/self-signed.ts';
import { CloudError, ReconcileError } from '../../../reconciler/errors.ts';
import { VERIFIED_TAG } from '../../../reconciler/model/tags.ts';
import type { Event } from '../../../reconciler/run/events.ts';
import { hashing, openSession, preview, type Session } from '../../../reconciler/run/pipeline.ts';
import type { NamedSpec } from '../../../reconciler/run/specs.ts';
import { findGoal, recordPass, rememberedCommit, rollBack } from '../../../reconciler/verify/rollback.ts';
import { converge } from '../../support/converge.ts';
import { makeRepository, type TestRepository } from '../../support/repository.ts';
import { type SpecData, steppedClock, tutorial } from '../../support/stacks.ts';
import { suite } from '../../support/suite.ts';
import { type TinyAws, tinyAws } from '../../support/tiny-aws.ts';

const t = suite<{ made: TestRepository[] }>('rollback');

t.before.each((context) => {
  context.made = [];
});
t.after.each(({ made }) => {
  for (const repository of made) repository.remove();
});

const SPEC = 'envs/web.yaml';

/** The tutorial with another idle timeout, which tells the versions apart. */
function spec(idleTimeout: string, change: (data: SpecData) => void = () => {}): string {
  const data = tutorial();
  data.loadBalancer.idleTimeout = idleTimeout;
  change(data);
  return stringify(data);
}

function named(repository: TestRepository, text?: string): NamedSpec {
  const file = text === undefined ? `${repository.folder}/${SPEC}` : repository.write(SPEC, text);
  const bytes = readFileSync(file);
  const read = readSpec(bytes, file, hashing);
  if (read.spec === undefined) throw new Error(JSON.stringify(read.problems));
  return { file, text: bytes, bases: [], spec: read.spec, policy: {}, hashing };
}

function history({ made }: { made: TestRepository[] }, ...texts: readonly string[]) {
  const repository = makeRepository();
  made.push(repository);
  return { repository, commits: texts.map((text) => repository.commit({ [SPEC]: text })) };
}

const idle = (goal: { readonly spec: NamedSpec['spec'] }) =>
  goal.spec.stack.desired.find(({ kind }) => kind === 'loadBalancer')?.values['idleTimeout'];

/** What is in the way, with what to do about it. */
function refusal(act: () => unknown): ReconcileError {
  try {
    act();
  } catch (thrown) {
    assert.instance(thrown, ReconcileError);
    const error = thrown as ReconcileError;
    assert.is(error.code, 'RollbackFailed');
    assert.is(error.exit, 1);
    assert.match(error.hint, /[.]$/);
    return error;
  }
  throw new Error('nothing was in the way');
}

t('of a committed spec, the last commit with another text, whatever else was committed since', (context) => {
  const { repository } = history(context, spec('1m'), spec('2m'));
  const last = repository.commit({ 'README.md': 'two minutes' });
  repository.commit({ [SPEC]: spec('3m') });
  repository.commit({ 'README.md': 'three minutes' });
  const goal = findGoal(named(repository), undefined);
  assert.equal([goal.commit, goal.by, idle(goal)], [last, 'history', 120]);
});

t('of a spec that is not committed, HEAD', (context) => {
  const { repository, commits } = history(context, spec('1m'), spec('2m'));
  const goal = findGoal(named(repository, spec('3m')), undefined);
  assert.equal([goal.commit, idle(goal)], [commits[1], 120]);
  assert.is(repository.git('status', '--porcelain'), `M ${SPEC}`, 'the working tree is as it was');
});

t('other line ends are no other spec', (context) => {
  const { repository, commits } = history(context, spec('1m'), spec('2m'));
  const goal = findGoal(named(repository, spec('2m').replaceAll('\n', '\r\n')), undefined);
  assert.is(goal.commit, commits[0]);
});

t('what a merge brought is one change: no commit of the branch was ever live', (context) => {
  const { repository, commits } = history(context, spec('1m'));
  repository.git('switch', '--quiet', '--create', 'feature');
  repository.commit({ [SPEC]: spec('2m') });
  repository.commit({ [SPEC]: spec('3m') });
  repository.git('switch', '--quiet', 'main');
  repository.git('merge', '--quiet', '--no-ff', '--message', 'merge', 'feature');
  assert.is(findGoal(named(repository), undefined).commit, commits[0]);
});

t('where verify last passed comes before the history, a named commit before both', (context) => {
  const { repository, commits } = history(context, spec('1m'), spec('2m'), spec('3m'));
  repository.git('tag', 'release');
  repository.commit({ [SPEC]: spec('4m') });
  const verified = findGoal(named(repository), commits[0]?.slice(0, 12));
  assert.equal([verified.commit, verified.by, idle(verified)], [commits[0], 'verified', 60]);
  const asked = findGoal(named(repository), commits[0], 'release');
  assert.equal([asked.commit, asked.by, idle(asked)], [commits[2], 'named', 180]);
  assert.is(findGoal(named(repository), undefined, 'HEAD~2').commit, commits[1]);
});

t('the spec that is there now is never gone back to', (context) => {
  const { repository, commits } = history(context, spec('1m'), spec('2m'));
  assert.match(refusal(() => findGoal(named(repository), commits[1])).message, /the one with which verify last passed/);
  assert.match(refusal(() => findGoal(named(repository), undefined, 'HEAD')).message, /the spec of that commit is the current one/);
  assert.match(refusal(() => findGoal(named(history(context, spec('1m')).repository), undefined)).message, /no earlier commit has another/);
});

t('what is missing is named, with the way to get it', (context) => {
  const { repository } = history(context, spec('1m'), spec('2m'));
  assert.match(refusal(() => findGoal(named(repository), undefined, 'nonsense')).message, 'there is no commit `nonsense`');
  assert.match(refusal(() => findGoal(named(repository), undefined, '--all')).message, 'there is no commit `--all`');
  assert.match(
    refusal(() => findGoal(named(repository), 'abcdef0123456')).message,
    'verify last passed at commit abcdef0123456, which is missing',
  );
  const first = repository.git('rev-list', '--max-parents=0', 'HEAD');
  repository.git('switch', '--quiet', '--orphan', 'other');
  const before = repository.commit({ 'README.md': 'no spec yet' });
  repository.git('switch', '--quiet', 'main');
  assert.match(refusal(() => findGoal(named(repository), undefined, before)).message, /there is no .*web.yaml at/);
  assert.is(findGoal(named(repository), undefined, first).commit, first);
});

t('a shallow clone is told as one, with how to fetch the rest', (context) => {
  const { repository, commits } = history(context, spec('1m'), spec('2m'));
  const shallow = makeRepository({ folder: repository.folder, depth: 1 });
  context.made.push(shallow);
  for (const error of [
    refusal(() => findGoal(named(shallow), undefined)),
    refusal(() => findGoal(named(shallow), undefined, commits[0])),
    refusal(() => findGoal(named(shallow), commits[0])),
  ]) {
    assert.match(error.message, 'shallow');
    assert.match(error.hint, /git fetch --unshallow.*fetch-depth: 0/);
  }
  const deeper = makeRepository({ folder: repository.folder, depth: 2 });
  context.made.push(deeper);
  assert.is(findGoal(named(deeper), undefined).commit, commits[0], 'two commits are enough here');
});

t('no repository, no folder, no file: each is told', (context) => {
  const bare = makeRepository();
  context.made.push(bare);
  bare.git('config', 'core.bare', 'false');
  const own = named(bare, spec('1m'));
  assert.match(refusal(() => findGoal(own, undefined)).message, /no earlier commit has another/, 'no commit yet');
  process.env['GIT_CEILING_DIRECTORIES'] = bare.folder;
  bare.git('config', 'core.worktree', '/nonexistent');
  try {
    assert.match(refusal(() => findGoal(own, undefined)).message, /not in a readable git repository/);
  } finally {
    delete process.env['GIT_CEILING_DIRECTORIES'];
  }
  assert.match(refusal(() => findGoal({ ...own, file: '<stdin>' }, undefined)).message, 'standard input has no history');
});

t('a spec that was not valid, or of another stack, is not gone back to', (context) => {
  const { repository, commits } = history(
    context,
    spec('1m').replace('idleTimeout: 1m', 'idleTimeuot: 1m'),
    spec('1m', (data) => (data.stack = 'elsewhere')),
    spec('1m', (data) => (data.region = 'eu-west-1')).replaceAll('us-east-1', 'eu-west-1'),
    'no: [yaml',
    spec('2m'),
  );
  const told = (index: number) => refusal(() => findGoal(named(repository), undefined, commits[index])).message;
  assert.match(told(0), /is not valid: line \d+: .*idleTimeuot/);
  assert.match(told(1), 'described another stack (elsewhere in us-east-1)');
  assert.match(told(2), 'described another stack (webserver in eu-west-1)');
  assert.match(told(3), 'is not valid');
});

t('files that the spec names are of the commit; those it has not are of the disk', async (context) => {
  const pair = async () => makeSelfSigned('webserver.example', ['webserver.example'], 90, Date.now());
  const [old, now] = [await pair(), await pair()];
  const files = (idleTimeout: string, name: string) =>
    spec(idleTimeout, (data) => (data.certificates.site = { files: { certificate: `${name}.pem`, privateKey: `${name}.key` } }));
  const { repository } = history(context);
  repository.write('.gitignore', '*.key\n');
  repository.write('envs/site.key', old.key);
  repository.write('envs/now.key', now.key);
  repository.commit({ [SPEC]: files('1m', 'site'), 'envs/site.pem': old.body });
  repository.commit({ [SPEC]: files('2m', 'now'), 'envs/now.pem': now.body, 'envs/site.pem': now.body });
  const goal = findGoal(named(repository), undefined);
  const values = goal.spec.stack.desired.find(({ kind }) => kind === 'certificate')?.values;
  assert.is(values?.['fingerprint'], hashing.fingerprint(old.body));
  assert.is(goal.spec.deferred.get('certificate:certificate/site:key'), old.key);
});

/** The stack live in a map, with a session that reads and writes it. */
async function live(text: string): Promise<{ aws: TinyAws; session: Session; warnings: string[] }> {
  const aws = tinyAws();
  await converge(aws, text);
  const warnings: string[] = [];
  const emit = (event: Event): void => {
    if (event.kind === 'warning') warnings.push(event.text);
  };
  const counting = { ...aws, count: () => ({ calls: 0, writes: 0, polls: 0, refused: 0, byOperation: {} }) };
  return {
    aws,
    warnings,
    session: { ...openSession({ region: 'us-east-1', env: process.env, clock: steppedClock(), emit }), cloud: counting },
  };
}

const remembered = async (own: NamedSpec, session: Session) => rememberedCommit((await preview(own.spec, session)).observation);

t('a pass is remembered on the load balancer once, and is no difference', async (context) => {
  const { repository, commits } = history(context, spec('1m'));
  const { aws, session } = await live(spec('1m'));
  const own = named(repository);
  assert.is(await remembered(own, session), undefined);
  const before = await preview(own.spec, session);
  await recordPass(own, before.observation, session);
  assert.is(await remembered(own, session), commits[0]?.slice(0, 12));
  const after = await preview(own.spec, session);
  assert.equal(after.plan.changes, []);
  const writes = () => aws.calls.filter(({ op }) => op === 'elbv2:AddTags').length;
  await recordPass(own, after.observation, session);
  assert.is(writes(), 1, 'the same commit is not written twice');
  const changed = named(repository, spec('2m'));
  const digest = async () => (await preview(changed.spec, session)).plan.digest;
  const one = await digest();
  await session.cloud.call('elbv2:AddTags', {
    ResourceArns: [String(after.observation.observed.live.find(({ kind }) => kind === 'loadBalancer')?.id)],
    Tags: [{ Key: VERIFIED_TAG, Value: 'abcdef012345' }],
  });
  assert.is(await remembered(own, session), 'abcdef012345');
  assert.is(await digest(), one, 'a plan that was reviewed holds, whatever passes meanwhile');
});

t('a pass of what is not committed is not remembered, nor one outside of a repository', async (context) => {
  const { repository } = history(context, spec('1m'));
  const { aws, session } = await live(spec('2m'));
  const own = named(repository, spec('2m'));
  const { observation } = await preview(own.spec, session);
  await recordPass(own, observation, session);
  await recordPass({ ...own, file: '<stdin>' }, observation, session);
  await recordPass({ ...own, file: '/nonexistent/web.yaml' }, observation, session);
  assert.equal(
    aws.calls.filter(({ op }) => op === 'elbv2:AddTags'),
    [],
  );
});

t('a tag that is no id of a commit is not believed; one that may not be written is a warning', async (context) => {
  const { repository } = history(context, spec('1m'));
  const { session, warnings } = await live(spec('1m'));
  const own = named(repository);
  const { observation } = await preview(own.spec, session);
  const withTag = (value: string) => ({
    ...observation,
    raws: observation.raws.map((raw) =>
      raw.kind.name === 'loadBalancer' ? { ...raw, tags: { ...raw.tags, [VERIFIED_TAG]: value } } : raw,
    ),
  });
  for (const value of ['', 'main', '--all', 'abc', 'HEAD~1', 'ABCDEF0']) assert.is(rememberedCommit(withTag(value)), undefined, value);
  assert.is(rememberedCommit(withTag('abcdef0')), 'abcdef0');
  const refusing = {
    ...session.cloud,
    call: async (op: string) => {
      throw new CloudError(op, 'AccessDenied', 'Denied', 'not you');
    },
  };
  await recordPass(own, observation, { ...session, cloud: refusing });
  assert.match(warnings[0] ?? '', /could not be recorded .*not you/);
});

t('the good spec is live again: its plan is empty, and the report says what was changed back', async (context) => {
  const { repository, commits } = history(
    context,
    spec('3m'),
    spec('2m', (data) => (data.targetGroups.web.deregistrationDelay = '20s')),
  );
  const { session } = await live(readFileSync(`${repository.folder}/${SPEC}`, 'utf8'));
  const goal = findGoal(named(repository), undefined);
  const done = await rollBack(goal, session, { policy: { allowReplace: [] } });
  assert.is(done.outcome, 'done', done.sentence);
  assert.is(done.commit, commits[0]);
  assert.match(done.sentence, `rolled back to ${commits[0]?.slice(0, 7)}, the last commit with another spec: 2 changes`);
  assert.equal(done.plan?.changes.map(({ address }) => address).toSorted(), ['loadBalancer/main', 'targetGroup/web']);
  assert.is(done.error, null);
  assert.equal((await preview(goal.spec, session)).plan.changes, []);
  const twice = await rollBack(goal, session, { policy: { allowReplace: [] } });
  assert.is(twice.outcome, 'done');
  assert.match(twice.sentence, 'no change was necessary');
});

t('the guard is asked as ever: a replacement needs consent, and nothing is changed without', async (context) => {
  const { repository } = history(
    context,
    spec('1m', (data) => (data.loadBalancer.scheme = 'internal')),
    spec('1m'),
  );
  const { aws, session } = await live(spec('1m'));
  const goal = findGoal(named(repository), undefined);
  const calls = aws.calls.length;
  const refused = await rollBack(goal, session, { policy: { allowReplace: [] } });
  assert.equal([refused.outcome, refused.error?.code], ['failed', 'GuardRefused']);
  assert.match(refused.error?.hint ?? '', '--allow-replace loadBalancer/main');
  assert.match(refused.sentence, /^not rolled back to .*would be replaced/);
  assert.is(refused.run, null);
  assert.equal(
    aws.calls.slice(calls).filter(({ op }) => !/:(Describe|List|Get)/.test(op)),
    [],
  );
});

t('a step that fails, and an interrupt, are in the answer with what was done', async (context) => {
  const { repository } = history(context, spec('3m'), spec('2m'));
  const { session } = await live(spec('2m'));
  const goal = findGoal(named(repository), undefined);
  const call: Session['cloud']['call'] = async (op, input, options) => {
    if (op === 'elbv2:ModifyLoadBalancerAttributes') throw new CloudError(op, 'AccessDenied', 'Denied', 'not you');
    return session.cloud.call(op, input, options);
  };
  const failed = await rollBack(goal, { ...session, cloud: { ...session.cloud, call } }, { policy: { allowReplace: [] } });
  assert.equal([failed.outcome, failed.error?.code, failed.run?.outcome], ['failed', 'Denied', 'failed']);
  const stopped = AbortSignal.abort(new Error('stop'));
  const interrupted = await rollBack(goal, { ...session, signal: stopped }, { policy: { allowReplace: [] } });
  assert.equal([interrupted.outcome, interrupted.error?.code], ['failed', 'Interrupted']);
});

t('what follows --rollback is a commit, unless it is a file or a folder that is there', () => {
  const read = (rollback: string | true | undefined, specs: readonly string[], existing: boolean) => {
    const { specs: found, flags } = readRollback(specs, existing, rollback === undefined ? {} : { rollback });
    return [found, 'rollback' in flags ? flags.rollback : undefined];
  };
  assert.equal(read(undefined, ['a.yaml'], true), [['a.yaml'], undefined]);
  assert.equal(read('1a2b3c4', ['a.yaml'], true), [['a.yaml'], '1a2b3c4']);
  assert.equal(read('package.json', ['environments'], false), [['package.json'], true]);
  assert.equal(read('package.json', ['a.yaml'], true), [['package.json', 'a.yaml'], true]);
  assert.is(rollbackRequest({}, undefined), undefined);
  assert.is(rollbackRequest({ rollback: true }, undefined)?.ref, undefined);
  assert.is(rollbackRequest({ rollback: 'v1' }, undefined)?.ref, 'v1');
});

t.run();
