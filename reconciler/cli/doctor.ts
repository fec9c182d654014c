import { readFileSync } from 'node:fs';
import { fetchFor } from '../aws/proxy.ts';
import { type Diagnosis, diagnose, type Finding } from '../doctor/doctor.ts';
import { EXIT, ReconcileError } from '../errors.ts';
import type { Role } from '../iam/needs.ts';
import type { TrustDocument } from '../iam/trust.ts';
import { findK6 } from '../load/find-k6.ts';
import { headOf } from '../run/document.ts';
import { openSession } from '../run/pipeline.ts';
import { readSpecs } from '../run/specs.ts';
import { mayBeUnscheduled } from '../run/verify-terms.ts';
import { experimentsOf, fisRolesOf, scheduleRolesOf } from './iam.ts';
import { callLogger, listenForInterrupt, paletteFor, print, printJson, type Shared } from './shell.ts';

export interface DoctorFlags {
  readonly role: Role;
  readonly region: string;
  readonly trust?: string;
  readonly orphans?: boolean;
  readonly unmasked?: boolean;
}

/** What a run needs and what it has: a table, and the policy statements to add. Exit 6 if something is missing. */
export async function doctorCommand(paths: readonly string[], flags: DoctorFlags, shared: Shared): Promise<number> {
  const specs = paths.length === 0 ? [] : (await readSpecs(paths, process.env)).specs;
  const stacks = specs.map(({ spec }) => spec.stack);
  const trust = flags.trust === undefined ? undefined : readTrust(flags.trust);
  const regions = stacks.length === 0 ? [flags.region] : [...new Set(stacks.map((stack) => stack.region))];
  const interrupt = listenForInterrupt();
  const diagnoses: Diagnosis[] = [];
  try {
    for (const region of regions) {
      const session = openSession({ region, env: process.env, signal: interrupt.signal, ...callLogger(shared) });
      diagnoses.push(
        await diagnose(
          {
            role: flags.role,
            stacks: stacks.filter((stack) => stack.region === region),
            ...experimentsOf(specs),
            scheduleRoles: scheduleRolesOf(specs),
            fisRoles: fisRolesOf(specs),
            withoutSchedule: specs.length > 0 && specs.every(({ policy }) => mayBeUnscheduled(policy)),
            region,
            unmasked: flags.unmasked === true,
            startOrphans: flags.orphans === true,
            ...(trust === undefined ? {} : { trust }),
            env: process.env,
            findK6: () => findK6(process.env),
            ask: fetchFor(process.env),
          },
          session,
        ),
      );
    }
  } finally {
    interrupt.done();
  }
  const isMissing = diagnoses.some(({ findings }) => findings.some((finding) => finding.state === 'missing'));
  const status = isMissing ? EXIT.credentials : EXIT.ok;
  if (shared.format.prints === 'document') printJson({ ...headOf('doctor', status), diagnoses });
  else for (const diagnosis of diagnoses) print(shared.format.prints === 'reports' ? asMarkdown(diagnosis) : asText(diagnosis, shared));
  return status;
}

function readTrust(file: string): TrustDocument {
  try {
    const read = JSON.parse(readFileSync(file, 'utf8')) as TrustDocument;
    if (Array.isArray(read.Statement)) return read;
  } catch {
    // Reported below.
  }
  throw new ReconcileError('SpecInvalid', `${file} is not a trust policy`, { hint: 'Create one with `albedo iam trust … > trust.json`.' });
}

/** Permissions with the same state and reason share a line: sixty that cannot be simulated are one fact. */
function folded(findings: readonly Finding[]): readonly Finding[] {
  const alike = (one: Finding) => `${one.area} ${one.state} ${one.detail}`;
  return findings.flatMap((finding, index) => {
    if (finding.area !== 'permissions' || finding.state === 'missing') return [finding];
    const same = findings.filter((other) => alike(other) === alike(finding));
    if (same.length === 1) return [finding];
    if (findings.findIndex((other) => alike(other) === alike(finding)) !== index) return [];
    const names = same.map(({ name }) => name).join(' ');
    return [{ ...finding, name: `${same.length} actions`, detail: finding.detail === '' ? names : `${finding.detail}: ${names}` }];
  });
}

const MARKS = { ok: '✔', missing: '✘', unchecked: '?' } as const;
const WORDS = { ok: 'ok', missing: 'missing', unchecked: 'not checked' } as const;

function asText({ findings: all, grant }: Diagnosis, shared: Shared): string {
  const palette = paletteFor(shared);
  const findings = folded(all);
  const width = Math.max(...findings.map(({ name }) => name.length));
  const colour = { ok: palette.good, missing: palette.bad, unchecked: palette.doubt } as const;
  const lines = findings.map(
    ({ name, state, detail }) =>
      `  ${colour[state](MARKS[state])} ${name.padEnd(width)}  ${WORDS[state]}${detail === '' ? '' : `  ${palette.dim(detail)}`}`,
  );
  return `${[...lines, ...grantLines(grant), summary(all)].join('\n')}\n`;
}

const grantLines = (grant: string): readonly string[] => (grant === '' ? [] : ['', 'Add this to a policy of the role:', `  ${grant}`]);

function asMarkdown({ findings, grant }: Diagnosis): string {
  const safe = (text: string) => text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('@', '&#64;').replaceAll('\n', ' ');
  const rows = folded(findings).map(({ name, state, detail }) => `| ${MARKS[state]} | ${safe(name)} | ${WORDS[state]} | ${safe(detail)} |`);
  const code = grant === '' ? [] : ['', 'Add this to a policy of the role:', '', '```json', grant, '```'];
  return [`### ${summary(findings)}`, '', '| | what | state | |', '| --- | --- | --- | --- |', ...rows, ...code, ''].join('\n');
}

function summary(findings: readonly Finding[]): string {
  const count = (state: Finding['state']) => findings.filter((finding) => finding.state === state).length;
  return `${count('ok')} ok, ${count('missing')} missing, ${count('unchecked')} not checked`;
}
