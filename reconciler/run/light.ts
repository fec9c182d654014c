/** Drift of many stacks in few calls: a light look over all, and a full read of those whose turn it is or that it found something of. */

import { asError } from '../errors.ts';
import { type Glance, observeLight } from '../observe/light.ts';
import { chooseFull, type Rotation } from '../observe/rotation.ts';
import { buildReport } from '../report/report.ts';
import { FOR_ALL, type Group } from './group.ts';
import { nameOf } from './identity.ts';
import type { Outcome } from './outcome.ts';
import { explain, requireAccount } from './pipeline.ts';
import type { NamedSpec } from './specs.ts';

/** Always unseen by a light look, since the tagging API does not name them; their turn comes. */
const NEVER_SEEN: ReadonlySet<string> = new Set(['certificate', 'trustStore']);

/**
 * The stacks that need no full read now, with what the light look saw: nothing missing, extra or retagged. What it could not look at
 * is read in full, and so is what it found something of. Never throws: what fails here fails again, where it has a stack.
 */
export async function lookLightly(groups: ReadonlyMap<NamedSpec, Group>, rotation: Rotation): Promise<ReadonlyMap<NamedSpec, Glance>> {
  const glances = new Map<NamedSpec, Glance>();
  for (const group of new Set(groups.values())) {
    const { session } = group;
    const specs = [...groups].flatMap(([named, own]) => (own === group ? [named] : []));
    const [first] = specs;
    if (first === undefined) continue;
    const { region, name } = first.spec.stack;
    session.emit({ kind: 'phase', phase: 'observe', text: `light check of ${specs.length} stacks in ${region}` });
    try {
      const seen = await explain(session, async () => {
        await requireAccount(session, first.spec.account, name);
        return observeLight(
          specs.map(({ spec }) => spec.stack),
          session.cloud,
          { signal: session.signal },
        );
      });
      for (const [index, named] of specs.entries()) {
        const glance = seen[index];
        if (glance !== undefined) glances.set(named, glance);
      }
    } catch (thrown) {
      const error = asError(thrown);
      if (!FOR_ALL.has(error.code))
        session.emit({ kind: 'warning', text: `no light check in ${region}, so every stack is read in full: ${error.message}` });
    }
  }
  const now = [...groups.values()][0]?.session.clock.now() ?? 0;
  const turns = [...glances].map(([named, glance]) => ({
    identity: `${nameOf({ region: named.spec.stack.region, stack: named.spec.stack.name })} ${named.file}`,
    urgent: isUrgent(glance),
  }));
  const full = new Set(chooseFull(turns, now, rotation));
  return new Map([...glances].filter((_, index) => !full.has(turns[index]?.identity ?? '')));
}

const isUrgent = ({ missing, extra, retagged, unseen }: Glance): boolean =>
  missing.length + extra.length + retagged.length > 0 || unseen.some((kind) => !NEVER_SEEN.has(kind));

export function glancedAt({ spec, file }: NamedSpec, glance: Glance, { session }: Group): Outcome {
  const { name: stack, region } = spec.stack;
  const account = spec.account ?? '';
  const report = buildReport({ stack, account, region, createdAt: session.clock.now(), glance: { unseen: glance.unseen } });
  return { kind: 'glanced', glance, stack, region, account, file, ms: 0, report };
}
