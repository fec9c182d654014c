/** The files that `albedo init` writes, with path and text. Pure, except that it reads files of the package. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../../scripts/setup/places.mjs';
import { REPOSITORY, TAG } from '../about.ts';
import { SCHEMA_FOLDER, type SchemaName, schemaText } from '../editor.ts';
import { EXAMPLE } from '../program-parts.ts';

export interface Start {
  readonly stack: string;
  readonly region: string;
  readonly account?: string;
  /** Folder of the specs below `environments`. */
  readonly environment: string;
  /** An imported spec; otherwise the example is written. */
  readonly spec?: string;
  /** Names of workflows: `plan` is `albedo-plan.yml`. */
  readonly workflows: readonly string[];
  readonly editor: boolean;
}

export interface Planned {
  /** From the folder of the repository, with `/`. */
  readonly path: string;
  readonly text: string;
}

const SCHEMAS: readonly SchemaName[] = ['stack', 'policy', 'environment'];
const modeline = (name: SchemaName): string => `# yaml-language-server: $schema=../${SCHEMA_FOLDER}/${name}.schema.json\n`;

export const specPath = ({ environment, stack }: Pick<Start, 'environment' | 'stack'>): string =>
  `environments/${environment}/${stack}.yaml`;

export function filesOf(start: Start): readonly Planned[] {
  const folder = `environments/${start.environment}`;
  return [
    { path: specPath(start), text: start.spec ?? exampleSpec(start) },
    { path: `${folder}/environment.yaml`, text: environmentText(start) },
    { path: `${folder}/policy.yaml`, text: POLICY },
    ...SCHEMAS.map((name) => ({ path: `environments/${SCHEMA_FOLDER}/${name}.schema.json`, text: schemaText(name) })),
    ...start.workflows.map((name) => ({ path: `.github/workflows/albedo-${name}.yml`, text: workflowText(name) })),
    ...(start.editor ? EDITOR : []),
  ];
}

/** Zones that every account has, where a and b are not: Tokyo has no b for newer accounts (from memory). */
const ZONES: Readonly<Record<string, readonly [string, string]>> = { 'ap-northeast-1': ['a', 'c'] };

/** The example of the package under its own name and region. */
function exampleSpec({ stack, region }: Start): string {
  const [first, second] = ZONES[region] ?? ['a', 'b'];
  const text = readFileSync(join(root, EXAMPLE), 'utf8');
  const body = text.slice(text.indexOf('\nstack: ') + 1);
  return `${modeline('stack')}# Two instances in two zones behind a load balancer, over HTTP and HTTPS. Every field: albedo explain targetGroups.web
${body
  .replace(/^stack: webserver$/m, `stack: ${stack}`)
  .replace(/^region: us-east-1$/m, `region: ${region}`)
  .replace(/^( {2}name: )webserver$/m, `$1${stack}`)
  .replaceAll('availabilityZone: us-east-1a', `availabilityZone: ${region}${first}`)
  .replaceAll('availabilityZone: us-east-1b', `availabilityZone: ${region}${second}`)
  .replace(
    '# the tutorial serves HTTP on purpose, in addition to HTTPS',
    '# remove it, and redirect to HTTPS, once the name has a certificate',
  )}`;
}

const environmentText = ({ region, account }: Start): string =>
  `${modeline('environment')}# The AWS account and region of all stacks in this folder. With credentials of another account, albedo reads nothing.
${account === undefined ? '# account: "123456789012"        # fill in, before the first apply on AWS' : `account: "${account}"`}
region: ${region}
`;

const POLICY = `${modeline('policy')}# What the stacks of this folder may do without further consent. Changes that drop requests are refused unless this file allows them.
maxDeletes: 20
load: { maxRate: 200/s, maxDuration: 10m, stopInstances: true }
`;

const EDITOR: readonly Planned[] = [
  {
    path: '.vscode/settings.json',
    text: `${JSON.stringify(
      {
        'yaml.schemas': Object.fromEntries(
          SCHEMAS.map((name) => [
            `./environments/${SCHEMA_FOLDER}/${name}.schema.json`,
            name === 'stack' ? 'environments/*/!(environment|policy).yaml' : `environments/**/${name}.yaml`,
          ]),
        ),
        'yaml.completion': true,
        'yaml.hover': true,
        'yaml.validate': true,
      },
      null,
      2,
    )}\n`,
  },
  { path: '.vscode/extensions.json', text: `${JSON.stringify({ recommendations: ['redhat.vscode-yaml'] }, null, 2)}\n` },
];

const WORKFLOWS = '.github/workflows';

/** Names of the caller workflows in the package: the part between `albedo-` and `.yml`. */
export const workflowNames = (): readonly string[] =>
  readdirSync(join(root, WORKFLOWS)).flatMap((file) => /^albedo-(.+)\.yml$/.exec(file)?.[1] ?? []);

/** A caller workflow that uses the released workflow instead of the local one. */
export const workflowText = (name: string): string =>
  readFileSync(join(root, WORKFLOWS, `albedo-${name}.yml`), 'utf8').replace(
    /uses: \.\/(\.github\/workflows\/[\w.-]+)/g,
    (_, path: string) => `uses: ${REPOSITORY}/${path}@${TAG}`,
  );
