/** `albedo init`: from an empty repository to a spec that validates, its environment, its policy, its workflows and the editor's settings. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { EXIT, ReconcileError } from '../../errors.ts';
import { type Imported, importBalancer } from '../../import/import.ts';
import { valueAt } from '../../model/paths.ts';
import { TOP } from '../../model/top.ts';
import { openSession, type Session } from '../../run/pipeline.ts';
import { readSpecs } from '../../run/specs.ts';
import { PACKAGE } from '../about.ts';
import { askText, canAsk, choose, confirm } from '../ask.ts';
import { callLogger, print, printJson, type Shared } from '../shell.ts';
import { filesOf, type Planned, type Start, specPath, workflowNames } from './files.ts';

export interface InitFlags {
  readonly stack?: string;
  readonly region?: string;
  readonly account?: string;
  readonly environment: string;
  /** Name, ARN or DNS name of a load balancer; false: do not look for any. */
  readonly import?: string | false;
  /** Names with commas, `all` or `none`. */
  readonly workflows: string;
  /** False: `--no-editor`. */
  readonly editor: boolean;
  readonly force?: boolean;
}

/** Longest wait for AWS to identify the credentials and list load balancers (ms), so that `init` does not hang. */
const LOOK_MS = 10_000;

export async function initCommand(folder: string, flags: InitFlags, shared: Shared): Promise<number> {
  const asks = shared.yes !== true && canAsk();
  const workflows = workflowsOf(flags.workflows);
  const look = await lookAround(flags, shared);
  const region = await settle('region', flags.region, 'AWS region', look?.region ?? 'us-east-1', asks);
  const chosen = await chooseBalancer(flags, look, asks);
  const imported = chosen === undefined ? undefined : await importOne(chosen, region, flags, shared);
  const stack = imported?.stack ?? (await settle('stack', flags.stack, 'Name of the stack', 'webserver', asks));
  const account = await accountOf(flags, look, asks);
  const start: Start = {
    ...{ stack, region, environment: checked('environment', flags.environment), workflows, editor: flags.editor },
    ...(account === undefined ? {} : { account }),
    ...(imported === undefined ? {} : { spec: imported.text }),
  };
  const written = await writeAll(folder, filesOf(start), flags.force === true, asks);
  const spec = join(folder, specPath(start));
  const { warnings } = await readSpecs([spec], process.env);
  if (shared.format.prints === 'document') printJson({ version: 1, stack, region, account: account ?? null, spec, ...written });
  else print(told(folder, spec, written, warnings.length, imported, account));
  return EXIT.ok;
}

/** Checks of the answers; for the first three, the schema of specs decides. */
const RULES: Readonly<Record<'stack' | 'region' | 'account' | 'environment', readonly [pattern: string, words: string]>> = {
  stack: rule('stack'),
  region: rule('region'),
  account: rule('account'),
  environment: ['^[a-z][a-z0-9-]{0,62}$', 'a name of lower-case letters, digits and hyphens, beginning with a letter'],
};

function rule(key: 'stack' | 'region' | 'account'): readonly [string, string] {
  const schema = TOP[key] as { readonly pattern?: string; readonly 'x-pattern-message'?: string };
  return [schema.pattern ?? '', schema['x-pattern-message'] ?? ''];
}

const wrong = (key: keyof typeof RULES, value: string): string | undefined =>
  new RegExp(RULES[key][0], 'u').test(value) ? undefined : `It must be ${RULES[key][1]}.`;

function checked(key: keyof typeof RULES, value: string): string {
  const trouble = wrong(key, value);
  if (trouble !== undefined)
    throw new ReconcileError('InitRefused', `--${key} ${JSON.stringify(value)} is not valid`, { hint: `${trouble} Nothing was written.` });
  return value;
}

async function settle(
  key: 'stack' | 'region',
  flag: string | undefined,
  question: string,
  initial: string,
  asks: boolean,
): Promise<string> {
  if (flag !== undefined) return checked(key, flag);
  return asks ? askText(question, initial, (value) => wrong(key, value)) : initial;
}

function workflowsOf(text: string): readonly string[] {
  const known = workflowNames();
  if (text === 'none') return [];
  if (text === 'all') return known;
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new ReconcileError('InitRefused', `there is no workflow ${unknown.join(', ')}`, {
      hint: `Name some of ${known.join(', ')}, separated by commas, or all, or none. Nothing was written.`,
    });
  return names;
}

interface Look {
  readonly region: string;
  readonly account: string;
  readonly balancers: readonly { readonly name: string; readonly dnsName: string }[];
}

const open = (region: string, shared: Shared, signal: AbortSignal): Session =>
  openSession({ region, env: process.env, signal, ...callLogger(shared) });

/** The account of the credentials and the load balancers of the region. Undefined without credentials: `init` needs none. */
async function lookAround(flags: InitFlags, shared: Shared): Promise<Look | undefined> {
  const { env } = process;
  const region = flags.region ?? env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'] ?? 'us-east-1';
  const named = env['AWS_ACCESS_KEY_ID'] ?? env['AWS_PROFILE'] ?? env['AWS_WEB_IDENTITY_TOKEN_FILE'];
  if (named === undefined && flags.import === undefined) return undefined;
  const late = AbortSignal.timeout(LOOK_MS);
  try {
    const session = open(region, shared, late);
    const [account, answer] = await Promise.race([
      Promise.all([session.account(), session.cloud.call('elbv2:DescribeLoadBalancers', {}, { signal: late })]),
      new Promise<never>((_, reject) => late.addEventListener('abort', () => reject(new Error('AWS did not answer in time')))),
    ]);
    const all = (valueAt(answer, 'LoadBalancers') ?? []) as readonly { Type?: string; LoadBalancerName?: string; DNSName?: string }[];
    const balancers = all.flatMap(({ Type, LoadBalancerName: name, DNSName: dnsName }) =>
      Type === 'application' && name !== undefined ? [{ name, dnsName: dnsName ?? '' }] : [],
    );
    return { region, account, balancers };
  } catch (error) {
    if (typeof flags.import === 'string') throw error;
    process.stderr.write(`AWS was not read: ${error instanceof Error ? error.message : String(error)}\n`);
    return undefined;
  }
}

const NEW = '';

async function chooseBalancer(flags: InitFlags, look: Look | undefined, asks: boolean): Promise<string | undefined> {
  if (typeof flags.import === 'string') return flags.import;
  if (flags.import === false || look === undefined || look.balancers.length === 0) return undefined;
  if (!asks) {
    const names = look.balancers.map(({ name }) => name).join(', ');
    process.stderr.write(`${look.region} has load balancers: ${names}. To start from one of them: albedo init --import NAME\n`);
    return undefined;
  }
  const answer = await choose(`${look.balancers.length} load balancers are in ${look.region}. Begin with`, [
    { value: NEW, label: 'a new one', hint: 'two instances behind it' },
    ...look.balancers.map(({ name, dnsName }) => ({ value: name, label: `import ${name}`, hint: dnsName })),
  ]);
  return answer === NEW ? undefined : answer;
}

async function importOne(word: string, region: string, flags: InitFlags, shared: Shared): Promise<Imported> {
  const session = open(region, shared, new AbortController().signal);
  const options = { region, file: '<import>', schema: '../.schemas/stack.schema.json' };
  const imported = await importBalancer(
    word,
    { ...options, ...(flags.stack === undefined ? {} : { stack: checked('stack', flags.stack) }) },
    session,
  );
  if (imported.problems.length === 0) return imported;
  throw new ReconcileError('SpecInvalid', `${word} was written but cannot be planned`, {
    cause: { problems: imported.problems, sources: new Map([['<import>', new TextEncoder().encode(imported.text)]]) },
    hint: 'AWS has values that a spec may not have. Nothing was written; `albedo import` writes the spec anyway, so that you can correct it.',
  });
}

async function accountOf(flags: InitFlags, look: Look | undefined, asks: boolean): Promise<string | undefined> {
  if (flags.account !== undefined) return checked('account', flags.account);
  if (look !== undefined || !asks) return look?.account;
  const answer = await askText('AWS account (12 digits; leave empty to start with the sandbox)', '', (value) =>
    value === '' ? undefined : wrong('account', value),
  );
  return answer === '' ? undefined : answer;
}

interface Written {
  readonly written: readonly string[];
  /** Files that existed with another text and were left unchanged. */
  readonly skipped: readonly string[];
  readonly unchanged: readonly string[];
}

/** Writes missing files. Overwrites a file with another text only after a yes, or with `--force`. */
async function writeAll(folder: string, files: readonly Planned[], force: boolean, asks: boolean): Promise<Written> {
  const result = { written: [] as string[], skipped: [] as string[], unchanged: [] as string[] };
  for (const { path, text } of files) {
    const target = join(folder, path);
    const before = existsSync(target) ? readFileSync(target, 'utf8') : undefined;
    if (before === text) result.unchanged.push(path);
    else if (before === undefined || force || (asks && (await confirm(`${path} exists. Overwrite it?`, false)))) {
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, text, before === undefined ? { flag: 'wx' } : {});
      result.written.push(path);
    } else result.skipped.push(path);
  }
  return result;
}

function told(
  folder: string,
  spec: string,
  { written, skipped, unchanged }: Written,
  warnings: number,
  imported: Imported | undefined,
  account: string | undefined,
): string {
  const list = (title: string, paths: readonly string[]) => (paths.length === 0 ? [] : [title, ...paths.map((path) => `  ${path}`), '']);
  const at = relative(process.cwd(), folder);
  const run = `npx ${PACKAGE}`;
  const next =
    imported !== undefined
      ? [`${run} plan --adopt ${spec}`, 'shows what adopting it would change: only tags, unless shown otherwise above']
      : account === undefined
        ? [`${run} sandbox up`, 'starts a local AWS; export what it prints, then plan and apply']
        : [`${run} plan ${spec}`, 'shows what would be created'];
  return [
    ...list('Written:', written),
    ...list('Already there, left unchanged (--force overwrites):', skipped),
    ...(unchanged.length === 0 || written.length + skipped.length > 0 ? [] : ['Everything is there already.', '']),
    `${spec} is a valid spec${warnings === 0 ? '' : `, with ${warnings} warnings`}. Next:`,
    ...(at === '' ? [] : [`  cd ${at}`]),
    `  ${next[0]}   # ${next[1]}`,
    ...(written.some((path) => path.startsWith('.github/'))
      ? ['Commit it: the workflows run on the sandbox until the repository has the variable AWS_ACCOUNT_ID (docs/github-actions.md).']
      : []),
  ].join('\n');
}
