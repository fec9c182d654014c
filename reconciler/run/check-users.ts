/**
 * Who else uses what a plan deletes: AWS refuses that for as long as they do (DependencyViolation), without a word of whom, and after
 * everything else is gone. So it is asked when the plan is made, by the rows of the kinds (`users`).
 */

import type { UserLook } from '../model/field.ts';
import type { Json, Note } from '../model/json.ts';
import { KINDS, kindOf } from '../model/kinds.ts';
import { outputAt, valueAt, valuesAt } from '../model/paths.ts';
import { STACK_TAG } from '../model/tags.ts';
import type { LiveRead } from '../observe/slice.ts';
import { tagsIn, type World } from '../observe/snapshot.ts';
import type { Refusal } from '../plan/guard.ts';
import type { Change, Plan } from '../plan/types.ts';
import { ask, type Call, isNote } from './account-asked.ts';

export interface UsersFound {
  readonly refusals: readonly Refusal[];
  /** What could not be asked. */
  readonly notes: readonly Note[];
}

export async function checkUsers(planned: Plan, read: LiveRead, call: Call): Promise<UsersFound> {
  const ending = planned.changes.filter(({ verb, physicalId }) => (verb === 'destroy' || verb === 'replace') && physicalId !== undefined);
  const looks = KINDS.flatMap(({ name, users = [] }) => {
    const its = ending.filter(({ address }) => kindOf(address).name === name);
    return its.length === 0 ? [] : users.map((look) => ({ look, its }));
  });
  const isOurs = ownersOf(read);
  const notes: Note[] = [];
  const users = new Map<Change, string[]>();
  await Promise.all(
    looks.map(async ({ look, its }) => {
      const answers = await Promise.all(
        questions(look, its).map(async ({ about, input }) => ({
          about,
          answer: await ask(`Whether others use ${about.map(({ physicalId }) => physicalId).join(', ')}`, () => call(look.op, input)),
        })),
      );
      for (const { about, answer } of answers) {
        if (isNote(answer)) {
          notes.push(answer);
          continue;
        }
        const entries = valuesAt(answer, look.list).filter((entry) => !isOurs(look, entry) && !isExcepted(look, entry));
        for (const change of about) {
          const found = entries.filter((entry) => !('uses' in look) || valuesAt(entry, look.uses).includes(change.physicalId ?? ''));
          if (found.length > 0) users.set(change, [...(users.get(change) ?? []), ...found.map((entry) => told(look, entry))]);
        }
      }
    }),
  );
  return { notes, refusals: ending.flatMap((change) => refusalOf(change, users.get(change) ?? [], planned)) };
}

interface Question {
  readonly about: readonly Change[];
  readonly input: Json;
}

function questions(look: UserLook, its: readonly Change[]): readonly Question[] {
  if ('param' in look) return its.map((change) => ({ about: [change], input: { [look.param]: change.physicalId ?? '' } }));
  return [{ about: its, input: { Filters: [{ Name: look.filter, Values: its.map(({ physicalId = '' }) => physicalId) }] } }];
}

const isExcepted = ({ except }: UserLook, entry: Json): boolean =>
  except !== undefined && valuesAt(entry, except.path).includes(except.value);

/** What ELB calls its interfaces: `ELB app/name/id` (Application Load Balancers guide, "Security groups"). */
const OF_BALANCER = /^ELB (app\/.+)$/;

/**
 * Tells what goes too, or lets go: what is of the stack, or of another one that is destroyed in the same run; and of interfaces, those of
 * its instances and load balancers. Those of a load balancer that is gone linger for minutes.
 */
function ownersOf({ observed, world }: LiveRead): (look: UserLook, entry: Json) => boolean {
  const ids = new Set([...observed.live, ...observed.duplicates].map(({ id }) => id));
  if (world.mode === 'destroy') for (const id of goingIds(world)) ids.add(id);
  const balancers = [...(world.lists.get('loadBalancer') ?? [])].map(([id]) => id);
  return (look, entry) => {
    const balancer = OF_BALANCER.exec(String(valueAt(entry, 'Description')))?.[1];
    const arn = balancer === undefined ? undefined : balancers.find((id) => id.endsWith(`/${balancer}`));
    if (balancer !== undefined) return arn === undefined || ids.has(arn);
    const id = outputAt(entry, look.id) ?? '';
    return ids.has(id) || ids.has(String(valueAt(entry, 'Attachment.InstanceId')));
  };
}

/** What is of any stack of the run. Lists of kinds that are found by their tags hold nothing else, and tell the names of the stacks. */
function goingIds({ lists, tags }: World): readonly string[] {
  const tagged = KINDS.filter(({ read }) => read.by === 'tagged').flatMap((kind) =>
    [...(lists.get(kind.name) ?? [])].map(([id, object]) => ({ kind, id, object })),
  );
  const names = new Set(tagged.map(({ kind, object }) => tagsIn({ tags }, kind, object)[STACK_TAG]));
  const others = [...tags].flatMap(([id, own]) => (own[STACK_TAG] !== undefined && names.has(own[STACK_TAG]) ? [id] : []));
  return [...tagged.map(({ id }) => id), ...others];
}

function told({ label, id }: UserLook, entry: Json): string {
  const words = [valueAt(entry, 'Description'), valueAt(entry, 'GroupName')].find((text) => typeof text === 'string' && text !== '');
  return `${label} ${outputAt(entry, id)}${words === undefined ? '' : ` (${String(words)})`}`;
}

/** Of how many it is said which they are. */
const MOST_NAMED = 5;

function refusalOf(change: Change, users: readonly string[], { stack }: Plan): readonly Refusal[] {
  const all = [...new Set(users)].sort();
  if (all.length === 0) return [];
  const { address, label, physicalId, position } = change;
  const more = all.length > MOST_NAMED ? ` and ${all.length - MOST_NAMED} more` : '';
  return [
    {
      ...{ rule: 'in-use', address, label, owner: `stack ${stack}` },
      ...(physicalId === undefined ? {} : { physicalId }),
      ...(position === undefined ? {} : { position }),
      reason: `the ${label} would be ${change.verb === 'replace' ? 'replaced' : 'deleted'}, but others use it: ${all.slice(0, MOST_NAMED).join(', ')}${more}`,
      remedy: `No flag allows that, because AWS refuses it. Remove what uses it first, or keep it.`,
    },
  ];
}
