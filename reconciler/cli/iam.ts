import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { faultsOf, isByFis } from '../chaos/experiments.ts';
import { EXIT, ReconcileError } from '../errors.ts';
import type { Role } from '../iam/needs.ts';
import { type PolicyRequest, rolePolicy } from '../iam/role-policy.ts';
import { fisTrust, scheduleTrust, trustPolicy } from '../iam/trust.ts';
import { type NamedSpec, readSpecs } from '../run/specs.ts';
import { print, printJson, type Shared } from './shell.ts';

export interface IamPolicyFlags {
  readonly role: Role;
  readonly account?: string;
  readonly region: string;
  readonly out?: string;
}

/** Prints the least-privilege policy of a role. Calls nothing: it follows from the specs and the tables. */
export async function policyCommand(paths: readonly string[], flags: IamPolicyFlags, shared: Shared): Promise<number> {
  if (flags.account !== undefined && !/^\d{12}$/.test(flags.account))
    throw new ReconcileError('SpecInvalid', `--account ${flags.account} is not an AWS account`, {
      hint: 'An account id has twelve digits.',
    });
  const specs = paths.length === 0 ? [] : (await readSpecs(paths, process.env)).specs;
  const stacks = specs.map(({ spec }) => spec.stack);
  const scheduleRoles = scheduleRolesOf(specs);
  const documents = rolePolicy({
    ...{ role: flags.role, stacks, ...experimentsOf(specs), scheduleRoles, fisRoles: fisRolesOf(specs) },
    ...{ region: flags.region, account: flags.account ?? '*' },
  });
  if (flags.out !== undefined) {
    mkdirSync(flags.out, { recursive: true });
    const names = documents.map((_, index) => join(flags.out ?? '', `albedo-${flags.role}${index === 0 ? '' : `-${index + 1}`}.json`));
    documents.forEach((document, index) => {
      writeFileSync(names[index] ?? '', `${JSON.stringify(document, null, 2)}\n`);
    });
    print(names.join('\n'));
    return EXIT.ok;
  }
  if (documents.length > 1 && shared.quiet !== true)
    process.stderr.write(
      `albedo: a managed policy has at most 6,144 characters, so this is a list of ${documents.length}; --out FOLDER writes a file for each\n`,
    );
  printJson(documents.length === 1 ? documents[0] : documents);
  return EXIT.ok;
}

/** The experiments that these specs ask for, and those of them that they all leave to AWS FIS; without specs, nothing is known. */
export function experimentsOf(specs: readonly NamedSpec[]): Pick<PolicyRequest, 'experiments' | 'leftToFis'> {
  if (specs.length === 0) return {};
  const faults = specs.flatMap(({ spec }) => faultsOf(spec.settings));
  const called = new Set(faults.filter((fault) => !isByFis(fault)).map(({ experiment }) => experiment.name));
  const experiments = [...new Set(faults.map(({ experiment }) => experiment.name))];
  return { experiments, leftToFis: experiments.filter((name) => !called.has(name)) };
}

/** Roles that the environments of these specs name. */
export const scheduleRolesOf = (specs: readonly NamedSpec[]): readonly string[] => [
  ...new Set(specs.flatMap(({ scheduleRole }) => scheduleRole ?? [])),
];

/** The same by which AWS FIS breaks, of specs that ask it to. */
export const fisRolesOf = (specs: readonly NamedSpec[]): readonly string[] => [
  ...new Set(specs.flatMap(({ fis, spec }) => (fis !== undefined && faultsOf(spec.settings).some(isByFis) ? [fis.role] : []))),
];

export interface IamTrustFlags {
  readonly role: Role;
  readonly account: string;
  readonly region: string;
  /** Required for every role except that of schedules, which no workflow assumes. */
  readonly repository?: string;
  readonly repositoryId?: string;
  readonly ownerId?: string;
  readonly environment?: readonly string[];
  readonly branch?: readonly string[];
  readonly mergeQueue?: readonly string[];
  readonly pullRequest?: boolean;
  readonly workflow?: readonly string[];
}

/** Prints who may assume a role. */
export async function trustCommand(flags: IamTrustFlags, shared: Shared): Promise<number> {
  const { repository, environment = [], branch = [], mergeQueue = [], workflow = [], pullRequest = false, ...rest } = flags;
  if (flags.role === 'schedule' || flags.role === 'fis') {
    printJson(flags.role === 'fis' ? fisTrust(flags) : scheduleTrust(flags));
    return EXIT.ok;
  }
  if (repository === undefined)
    throw new ReconcileError('SpecInvalid', 'no repository is named', {
      hint: 'Add --repository ORG/REPO, whose workflows assume the role.',
    });
  const named = { environments: environment, branches: branch, mergeQueues: mergeQueue, workflows: workflow };
  const document = trustPolicy({ ...rest, ...named, repository, pullRequest });
  if ((flags.repositoryId === undefined || flags.ownerId === undefined) && shared.quiet !== true)
    process.stderr.write(
      `albedo: without --repository-id and --owner-id this works only for repositories whose tokens have the older subject format; \`gh api repos/${flags.repository} --jq '.id,.owner.id'\` prints both\n`,
    );
  printJson(document);
  return EXIT.ok;
}
