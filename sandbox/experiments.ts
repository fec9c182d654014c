/**
 * AWS FIS, as far as experiments go that stop instances named by their ARNs (`aws:ec2:stop-instances`): templates, experiments and their states. FIS acts as the
 * role of the template, and by what that may do. API reference and user guide; `fis-2020-12-01` of botocore. Chosen, since AWS does not say: how long each state
 * lasts, the words of reasons other than that of a stop condition, and what happens to one whose alarm is in ALARM already.
 */
import { createHash } from 'node:crypto';
import type { ServiceRoles } from './ledger/service-role.ts';
import { faultsIn, type Shape } from './rest-json.ts';
import type { ApiAnswer, ApiCall, Clock } from './types.ts';
import { asRole, TARGETS } from './universal-targets.ts';
import { ACCOUNT, ApiRefusal } from './wire.ts';

const SERVICE = 'fis.amazonaws.com';
const STEP_MS = 500;
/** FIS goes on asking EC2 to start what is still stopping. */
const START_MS = 600_000;
/** Quotas that a template can run into (FIS user guide). */
const MOST = { actions: 20, sideBySide: 10, conditions: 5, inTarget: 5 } as const;

const TOKEN = { text: /^\S{1,1024}$/, needed: true } as const;
const ID = { text: /^\S{1,64}$/, needed: true } as const;
const TAGS = { mapOf: { length: [0, 256] }, keys: /^[\s\S]{1,128}$/, most: 50 } as const;
const NAME = /^\S{1,64}$/;
const PAGE = { maxResults: { text: /^([1-9]\d?|100)$/ }, nextToken: { text: /^\S{1,1024}$/ } } as const;

const SHAPES: Readonly<Record<string, Shape>> = {
  CreateExperimentTemplate: {
    clientToken: TOKEN,
    description: { length: [0, 512], needed: true },
    roleArn: { text: /^\S{20,2048}$/, needed: true },
    stopConditions: {
      listOf: { of: { source: { text: /^\S{1,64}$/, needed: true }, value: { length: [20, 2048] } } },
      needed: true,
    },
    targets: {
      keys: NAME,
      mapOf: {
        of: {
          resourceType: { text: /^\S{1,128}$/, needed: true },
          selectionMode: { text: /^\S{1,64}$/, needed: true },
          resourceArns: { listOf: { text: /^\S{20,2048}$/ }, most: MOST.inTarget },
        },
      },
    },
    actions: {
      keys: NAME,
      needed: true,
      mapOf: {
        of: {
          actionId: { text: /^\S{1,128}$/, needed: true },
          description: { length: [0, 512] },
          parameters: { keys: NAME, mapOf: { text: /^\S{1,1024}$/ } },
          targets: { keys: NAME, mapOf: { text: NAME } },
        },
      },
    },
    tags: TAGS,
  },
  GetExperimentTemplate: { id: ID },
  DeleteExperimentTemplate: { id: ID },
  ListExperimentTemplates: PAGE,
  StartExperiment: { clientToken: TOKEN, experimentTemplateId: ID, tags: TAGS },
  GetExperiment: { id: ID },
  StopExperiment: { id: ID },
  ListExperiments: { ...PAGE, experimentTemplateId: { text: /^\S{1,64}$/ } },
};

type Tags = Readonly<Record<string, string>>;

interface Content {
  readonly description: string;
  readonly roleArn: string;
  readonly stopConditions: readonly { readonly source: string; readonly value?: string }[];
  readonly targets?: Readonly<
    Record<string, { readonly resourceType: string; readonly selectionMode: string; readonly resourceArns?: readonly string[] }>
  >;
  readonly actions: Readonly<
    Record<string, { readonly actionId: string; readonly parameters?: Tags; readonly targets?: Readonly<Record<string, string>> }>
  >;
  readonly tags?: Tags;
}

interface Template {
  readonly id: string;
  readonly region: string;
  readonly account: string;
  readonly token: string;
  /** Of the content. */
  readonly digest: string;
  readonly content: Content;
  readonly madeAt: number;
}

type Status = 'pending' | 'initiating' | 'running' | 'completed' | 'stopping' | 'stopped' | 'failed';

interface Experiment {
  readonly id: string;
  readonly template: Template;
  readonly token: string;
  readonly tags: Tags;
  readonly madeAt: number;
  status: Status;
  reason: string;
  action: 'pending' | 'running' | 'completed' | 'cancelled' | 'stopping' | 'stopped' | 'failed';
  beganAt?: number;
  /** Of the next step, milliseconds since the epoch; undefined: none follows. */
  due?: number;
}

interface Saved {
  readonly templates: readonly Template[];
  readonly experiments: readonly Experiment[];
}

export interface Experiments {
  answer(call: ApiCall, json?: { readonly body: string }): Promise<ApiAnswer>;
  /** Whether a call is of experiments. */
  has(action: string): boolean;
  /** Puts an alarm of CloudWatch of the default account into a state, or takes it out: those with it as a stop condition end. */
  alarm(region: string, name: string, state: 'ALARM' | 'OK'): void;
  /** What the safety lever does when it is engaged. */
  stopAll(place: Pick<ApiCall, 'account' | 'region'>): void;
  /** Number of templates. */
  count(): number;
  /** What became of all experiments, oldest first. */
  states(): readonly { readonly id: string; readonly status: Status; readonly reason: string }[];
  reset(): void;
  save(): Saved;
  load(saved: Saved): void;
}

export interface ExperimentsOptions {
  readonly clock: Clock;
  readonly roles: ServiceRoles;
  /** Makes a call of EC2. */
  readonly send: (call: ApiCall) => Promise<ApiAnswer> | ApiAnswer;
  /** Whether the safety lever of the region is engaged. */
  readonly isEngaged: (call: Pick<ApiCall, 'account' | 'region'>) => boolean;
  readonly log: (line: string) => void;
}

const invalid = (message: string): ApiRefusal => new ApiRefusal('ValidationException', message);
const ENDED: ReadonlySet<Status> = new Set(['completed', 'stopped', 'failed']);

export function createExperiments({ clock, roles, send, isEngaged, log }: ExperimentsOptions): Experiments {
  const templates = new Map<string, Template>();
  const experiments = new Map<string, Experiment>();
  const timers = new Map<string, () => void>();
  const alarms = new Set<string>();
  let last = 0;
  const idOf = (kind: 'EXT' | 'EXP'): string => `${kind}${createHash('sha256').update(`${++last}`).digest('hex').slice(0, 15)}`;
  const here = <T extends { readonly region: string; readonly account: string }>(call: ApiCall, list: Iterable<T>): T[] =>
    [...list].filter(({ region, account }) => region === call.region && account === call.account);
  const experimentsOf = (call: ApiCall): Experiment[] =>
    [...experiments.values()].filter(({ template }) => here(call, [template]).length === 1);

  const after = (experiment: Experiment, ms: number): void => {
    timers.get(experiment.id)?.();
    experiment.due = clock.now() + ms;
    const cancel = clock.after(ms, () => {
      timers.delete(experiment.id);
      void step(experiment).catch((error: unknown) => log(`experiment ${experiment.id}: ${String(error)}`));
    });
    timers.set(experiment.id, cancel);
  };
  const end = (experiment: Experiment, status: Status, action: Experiment['action'], reason: string): void => {
    timers.get(experiment.id)?.();
    timers.delete(experiment.id);
    delete experiment.due;
    Object.assign(experiment, { status, action, reason });
    log(`experiment ${experiment.id} is ${status}${reason === '' ? '' : `: ${reason}`}`);
  };

  const idsOf = ({ content }: Template): string[] =>
    Object.values(content.targets ?? {}).flatMap(({ resourceArns = [] }) => resourceArns.map((arn) => arn.split('/').at(-1) ?? ''));
  const secondsOf = ({ content }: Template): number =>
    Math.max(...Object.values(content.actions).map(({ parameters = {} }) => durationOf(parameters['startInstancesAfterDuration']) ?? 0));
  const isRinging = ({ content }: Template): boolean => content.stopConditions.some(({ value = '' }) => alarms.has(value));
  const call = (template: Template, name: 'ec2:stopInstances' | 'ec2:startInstances'): Promise<string> => {
    const { region, account, content } = template;
    const target = TARGETS[name];
    if (target === undefined) throw new Error(`there is no ${name}`);
    return asRole({ roles, send, roleArn: content.roleArn, region, account }, target, { InstanceIds: idsOf(template) });
  };

  /** What comes next of an experiment whose time has come. */
  const step = async (experiment: Experiment): Promise<void> => {
    const { template } = experiment;
    const { region, account, content } = template;
    if (experiment.status === 'pending') {
      experiment.status = 'initiating';
      return after(experiment, STEP_MS);
    }
    if (experiment.status === 'initiating') {
      const asking = new Map([
        ['aws:sourcearn', [`arn:aws:fis:${region}:${account}:experiment/${experiment.id}`]],
        ['aws:sourceaccount', [account]],
      ]);
      const mayAct = await roles.letsIn(content.roleArn, SERVICE, asking);
      // Somebody may have ended it meanwhile; below too.
      if (experiment.action !== 'pending') return;
      if (!mayAct)
        return end(
          experiment,
          'failed',
          'cancelled',
          'Unable to assume role. Verify the role and its trust relationship with fis.amazonaws.com.',
        );
      if (isRinging(template)) return end(experiment, 'stopped', 'cancelled', HALTED);
      Object.assign(experiment, { status: 'running', action: 'running', beganAt: clock.now(), reason: 'Experiment is running.' });
      const problem = await call(template, 'ec2:stopInstances');
      if (problem !== '') return end(experiment, 'failed', 'failed', `Experiment failed: ${problem}`);
      const seconds = secondsOf(template);
      if (!isGoing(experiment)) return;
      // Without a time to start them at, its work is done.
      return seconds > 0 ? after(experiment, seconds * 1000) : end(experiment, 'completed', 'completed', 'Experiment completed.');
    }
    if (ENDED.has(experiment.status)) return;
    const problem = await call(template, 'ec2:startInstances');
    if (ENDED.has(experiment.status)) return;
    const mayPass =
      problem.includes('IncorrectInstanceState') && clock.now() < (experiment.beganAt ?? 0) + secondsOf(template) * 1000 + START_MS;
    if (mayPass) return after(experiment, STEP_MS);
    if (problem !== '') return end(experiment, 'failed', 'failed', `Experiment failed: ${problem}`);
    return experiment.status === 'stopping'
      ? end(experiment, 'stopped', 'stopped', experiment.reason)
      : end(experiment, 'completed', 'completed', 'Experiment completed.');
  };
  const isGoing = ({ status }: Experiment): boolean => status === 'running';
  const stop = (experiment: Experiment, reason: string): void => {
    if (ENDED.has(experiment.status) || experiment.status === 'stopping') return;
    if (experiment.beganAt === undefined) end(experiment, 'stopped', 'cancelled', reason);
    else {
      Object.assign(experiment, { status: 'stopping', action: 'stopping', reason });
      after(experiment, STEP_MS);
    }
  };

  const shownTemplate = ({ id, region, account, content, madeAt }: Template) => ({
    ...{ id, arn: `arn:aws:fis:${region}:${account}:experiment-template/${id}`, tags: {} },
    ...content,
    ...{ creationTime: madeAt / 1000, lastUpdateTime: madeAt / 1000 },
  });
  const shown = ({ id, template, status, reason, action, beganAt, madeAt, tags }: Experiment) => ({
    ...{ id, arn: `arn:aws:fis:${template.region}:${template.account}:experiment/${id}`, experimentTemplateId: template.id },
    ...{ roleArn: template.content.roleArn, state: { status, reason }, stopConditions: template.content.stopConditions, tags },
    targets: template.content.targets ?? {},
    actions: Object.fromEntries(
      Object.entries(template.content.actions).map(([name, content]) => [
        name,
        { ...content, state: { status: action, reason }, ...(beganAt === undefined ? {} : { startTime: beganAt / 1000 }) },
      ]),
    ),
    creationTime: madeAt / 1000,
    startTime: madeAt / 1000,
  });
  const templateOf = (from: ApiCall, id: string): Template => {
    const [found] = here(
      from,
      [...templates.values()].filter((each) => each.id === id),
    );
    if (found === undefined) throw new ApiRefusal('ResourceNotFoundException', `Experiment template ${id} does not exist.`, 404);
    return found;
  };
  const experimentOf = (from: ApiCall, id: string): Experiment => {
    const found = experimentsOf(from).find((each) => each.id === id);
    if (found === undefined) throw new ApiRefusal('ResourceNotFoundException', `Experiment ${id} does not exist.`, 404);
    return found;
  };
  /** The same token again is the same request; another request with it is refused. */
  const known = <T extends { readonly token: string }>(all: readonly T[], token: string, isSame: (one: T) => boolean): T | undefined => {
    const found = all.find((each) => each.token === token);
    if (found !== undefined && !isSame(found))
      throw new ApiRefusal('ConflictException', 'The client token was used with other parameters.', 409);
    return found;
  };

  type Given = Content & { readonly clientToken: string; readonly id: string; readonly experimentTemplateId: string };
  const actions: Readonly<Record<string, (from: ApiCall, input: Given) => unknown>> = {
    CreateExperimentTemplate(from, { clientToken, ...content }) {
      const digest = createHash('sha256').update(JSON.stringify(content)).digest('hex');
      const there = known(here(from, templates.values()), clientToken, (each) => each.digest === digest);
      if (there !== undefined) return { experimentTemplate: shownTemplate(there) };
      const wrong = faultsOfContent(content, from);
      if (wrong !== '') throw invalid(wrong);
      const { region, account } = from;
      const template = { id: idOf('EXT'), region, account, token: clientToken, digest, content, madeAt: clock.now() };
      templates.set(template.id, template);
      return { experimentTemplate: shownTemplate(template) };
    },
    GetExperimentTemplate: (from, { id }) => ({ experimentTemplate: shownTemplate(templateOf(from, id)) }),
    // Experiments have a copy of it, and go on.
    DeleteExperimentTemplate(from, { id }) {
      const template = templateOf(from, id);
      templates.delete(id);
      return { experimentTemplate: shownTemplate(template) };
    },
    ListExperimentTemplates: (from) => ({
      experimentTemplates: here(from, templates.values())
        .map(shownTemplate)
        .map(({ id, arn, description, creationTime, lastUpdateTime, tags }) => ({
          id,
          arn,
          description,
          creationTime,
          lastUpdateTime,
          tags,
        })),
    }),
    StartExperiment(from, { clientToken, experimentTemplateId, tags = {} }) {
      const there = known(experimentsOf(from), clientToken, (each) => each.template.id === experimentTemplateId);
      if (there !== undefined) return { experiment: shown(there) };
      const template = templateOf(from, experimentTemplateId);
      if (isEngaged(from))
        throw new ApiRefusal('ConflictException', 'sandbox: the safety lever is engaged, so no experiment can start.', 409);
      const experiment: Experiment = {
        ...{ id: idOf('EXP'), template, token: clientToken, tags, madeAt: clock.now() },
        ...{ status: 'pending', reason: 'Experiment is pending.', action: 'pending' },
      };
      experiments.set(experiment.id, experiment);
      after(experiment, STEP_MS);
      return { experiment: shown(experiment) };
    },
    GetExperiment: (from, { id }) => ({ experiment: shown(experimentOf(from, id)) }),
    StopExperiment(from, { id }) {
      const experiment = experimentOf(from, id);
      if (ENDED.has(experiment.status)) throw invalid(`sandbox: experiment ${id} has ended: it is ${experiment.status}.`);
      stop(experiment, 'Experiment stopped by user.');
      return { experiment: shown(experiment) };
    },
    ListExperiments: (from, { experimentTemplateId }) => ({
      experiments: experimentsOf(from)
        .filter(({ template }) => experimentTemplateId === undefined || template.id === experimentTemplateId)
        .map(shown)
        .map(({ id, arn, experimentTemplateId: template, state, creationTime, tags }) => ({
          ...{ id, arn, experimentTemplateId: template, state, creationTime, tags },
        })),
    }),
  };

  const clear = (): void => {
    for (const cancel of timers.values()) cancel();
    timers.clear();
    templates.clear();
    experiments.clear();
    alarms.clear();
  };
  return {
    has: (action) => Object.hasOwn(SHAPES, action),
    async answer(from, json) {
      const [shape, act] = [SHAPES[from.action], actions[from.action]];
      if (shape === undefined || act === undefined || json === undefined)
        throw new ApiRefusal('UnknownOperationException', `sandbox: FIS answers ${Object.keys(SHAPES).join(', ')} here.`);
      const input = JSON.parse(json.body) as Given;
      const faults = faultsIn(input, shape);
      if (faults.length > 0) throw invalid(faults.join('; '));
      return { status: 200, contentType: 'application/json', body: JSON.stringify(act(from, input)) };
    },
    alarm(region, name, state) {
      const arn = `arn:aws:cloudwatch:${region}:${ACCOUNT}:alarm:${name}`;
      if (state === 'OK') return void alarms.delete(arn);
      alarms.add(arn);
      for (const experiment of experiments.values()) if (isRinging(experiment.template)) stop(experiment, HALTED);
    },
    stopAll({ account, region }) {
      for (const experiment of experiments.values())
        if (experiment.template.region === region && experiment.template.account === account)
          stop(experiment, 'sandbox: the safety lever was engaged.');
    },
    count: () => templates.size,
    states: () => [...experiments.values()].map(({ id, status, reason }) => ({ id, status, reason })),
    reset: clear,
    save: () => structuredClone({ templates: [...templates.values()], experiments: [...experiments.values()] }),
    load(saved) {
      clear();
      const own = structuredClone(saved);
      for (const template of own.templates) templates.set(template.id, template);
      for (const experiment of own.experiments) {
        experiments.set(experiment.id, experiment);
        if (experiment.due !== undefined) after(experiment, Math.max(0, experiment.due - clock.now()));
      }
    },
  };
}

/** In AWS's words (seen in the field). */
const HALTED = 'Experiment halted by stop condition.';

/** Why no experiment can be made of it; empty when one can. */
function faultsOfContent({ actions, targets = {}, stopConditions, roleArn }: Content, { region, account }: ApiCall): string {
  if (!/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/.test(roleArn)) return 'The role ARN is not valid.';
  const count = Object.keys(actions).length;
  if (count === 0) return 'At least one action is needed.';
  if (count > Math.min(MOST.actions, MOST.sideBySide)) return `There may be ${MOST.sideBySide} actions side by side at most.`;
  if (stopConditions.length === 0 || stopConditions.length > MOST.conditions)
    return `There must be 1 to ${MOST.conditions} stop conditions.`;
  for (const { source, value } of stopConditions) {
    if (source === 'none') {
      if (value !== undefined || stopConditions.length > 1) return 'A stop condition of the source none stands alone and has no value.';
    } else if (source !== 'aws:cloudwatch:alarm') return `The source ${source} of a stop condition is not valid.`;
    else if (value?.startsWith(`arn:aws:cloudwatch:${region}:${account}:alarm:`) !== true)
      return `The value of a stop condition must be the ARN of an alarm of ${region} in ${account}.`;
  }
  for (const [name, { resourceType, selectionMode, resourceArns = [] }] of Object.entries(targets)) {
    if (resourceType !== 'aws:ec2:instance') return `sandbox: target ${name}: only aws:ec2:instance is here.`;
    if (selectionMode !== 'ALL') return `sandbox: target ${name}: only the selection mode ALL is here.`;
    if (resourceArns.length === 0) return `sandbox: target ${name}: only ARNs select here.`;
    const stranger = resourceArns.find((arn) => !new RegExp(`^arn:aws:ec2:${region}:${account}:instance/i-[0-9a-f]+$`).test(arn));
    if (stranger !== undefined) return `Target ${name}: ${stranger} is no instance of ${region} in ${account}.`;
  }
  for (const [name, { actionId, parameters = {}, targets: aims = {} }] of Object.entries(actions)) {
    if (actionId !== 'aws:ec2:stop-instances') return `sandbox: action ${name}: only aws:ec2:stop-instances is here.`;
    const [aim, ...more] = Object.entries(aims);
    if (aim?.[0] !== 'Instances' || more.length > 0) return `Action ${name} needs one target, Instances.`;
    if (!Object.hasOwn(targets, aim[1])) return `Action ${name}: there is no target ${aim[1]}.`;
    const stranger = Object.keys(parameters).find((each) => !/^(startInstancesAfterDuration|completeIfInstancesTerminated)$/.test(each));
    if (stranger !== undefined) return `Action ${name} has no parameter ${stranger}.`;
    const seconds = parameters['startInstancesAfterDuration'];
    const lasts = seconds === undefined ? 60 : durationOf(seconds);
    // From one minute to twelve hours (actions reference).
    if (lasts === undefined || lasts < 60 || lasts > 43_200)
      return `Action ${name}: startInstancesAfterDuration must be from PT1M to PT12H.`;
  }
  return '';
}

/** Seconds of `PT1H30M`, `PT90S`; undefined for anything else. */
function durationOf(text = ''): number | undefined {
  const [, hours, minutes, seconds] = /^PT(?=\d)(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6})S)?$/.exec(text) ?? [undefined, null, null, null];
  if (hours === null) return undefined;
  return Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0);
}
