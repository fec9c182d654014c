/**
 * What texts of the spec name in the account and nothing of the spec makes: key pairs, machine images, instance types, zones, security
 * policies. Their rows say how to ask (`exists`); one call a row for all of them, and only of what the plan writes.
 */

import { nearestName } from '../config/nearest.ts';
import { CloudError, type Problem } from '../errors.ts';
import type { Exists, Kind } from '../model/field.ts';
import type { Json, Note } from '../model/json.ts';
import { fieldsOf, KINDS } from '../model/kinds.ts';
import type { Observed, Stack } from '../model/model.ts';
import { refsIn, textsIn, valueAt, valuesAt } from '../model/paths.ts';
import type { LiveRead } from '../observe/slice.ts';
import { type AccountChecks, ask, type Call, isNote, mistake, type Written } from './account-asked.ts';

export async function checkExists(written: readonly Written[], stack: Stack, read: LiveRead, call: Call): Promise<AccountChecks> {
  const rows = KINDS.flatMap((kind: Kind) =>
    fieldsOf(kind).flatMap(([field, { exists = [] }]) => exists.map((row) => ({ kind: kind.name, field, row }))),
  );
  const checks = await Promise.all(
    rows.map(({ kind, field, row }) => {
      const known = new Set(
        row.offered === undefined
          ? read.observed.live.flatMap((live) => (live.kind === kind ? textsIn(live.values[field] ?? null) : []))
          : [],
      );
      const named = written
        .filter((one) => one.resource.kind === kind && one.field === field)
        .flatMap((one) => textsIn(one.value).map((text) => ({ one, text })))
        .filter(({ text }) => (row.form?.test(text) ?? true) && !known.has(text));
      return named.length === 0 ? NOTHING : checkRow(row, named, { stack, observed: read.observed, call });
    }),
  );
  const absent = new Set(checks.flatMap((check) => check.absent));
  return {
    notes: checks.flatMap(({ notes }) => notes),
    // Where there is no such place, nothing is offered there: told once.
    problems: checks.flatMap(({ problems }) =>
      problems.flatMap(({ problem, at }) => (at !== undefined && absent.has(at) ? [] : [problem])),
    ),
  };
}

interface Checked {
  /** `at`: where it is not offered. */
  readonly problems: readonly { readonly problem: Problem; readonly at?: string }[];
  readonly absent: readonly string[];
  readonly notes: readonly Note[];
}
const NOTHING: Checked = { problems: [], absent: [], notes: [] };

interface Named {
  readonly one: Written;
  readonly text: string;
}

interface Place {
  readonly stack: Stack;
  readonly observed: Observed;
  readonly call: Call;
}

async function checkRow(row: Exists, named: readonly Named[], place: Place): Promise<Checked> {
  const names = [...new Set(named.map(({ text }) => text))];
  const answers = await Promise.all(questions(row, names).map((input) => answerOf(row, input, place.call)));
  const notes = answers.filter(isNote);
  if (notes.length > 0) return { ...NOTHING, notes: notes.slice(0, 1) };
  const found = answers as readonly Json[];
  const there = found.flatMap((answer) => valuesAt(answer, row.names).map(String));
  const absent = names.filter((name) => !there.includes(name));
  return { notes: [], absent, problems: named.flatMap((each) => troubleWith(row, each, there, found, place)) };
}

/** A filter takes 200 values (EC2 API reference). */
const MOST_VALUES = 200;

function questions({ input = {}, filter, param }: Exists, names: readonly string[]): readonly Json[] {
  if (param !== undefined) return names.map((name) => ({ ...input, [param]: name }));
  if (filter === undefined) return [input];
  return Array.from({ length: Math.ceil(names.length / MOST_VALUES) }, (_, index) => ({
    ...input,
    Filters: [{ Name: filter, Values: names.slice(index * MOST_VALUES, (index + 1) * MOST_VALUES) }],
  }));
}

/** To the question for one alone, "not found" is an answer: there is none. */
function answerOf({ label, op, param }: Exists, input: Json, call: Call): Promise<Json | Note> {
  return ask(`Whether each ${label} exists`, async () => {
    try {
      return await call(op, input);
    } catch (thrown) {
      if (param !== undefined && thrown instanceof CloudError && thrown.class === 'NotFound') return {};
      throw thrown;
    }
  });
}

function troubleWith(
  row: Exists,
  { one, text }: Named,
  there: readonly string[],
  answers: readonly Json[],
  place: Place,
): Checked['problems'] {
  const { stack } = place;
  if (!there.includes(text)) {
    const near = nearestName(text, there);
    const hint = near === undefined ? row.hint : `Did you mean \`${near}\`?`;
    return [{ problem: mistake(one, stack, `There is no ${row.label} \`${text}\` in ${stack.region}.`, hint) }];
  }
  const { offered } = row;
  const [at, name] = offered === undefined ? [] : placeOf(one, offered, place);
  if (offered === undefined || at === undefined) return [];
  const places = answers
    .flatMap((answer) => valuesAt(answer, offered.list))
    .flatMap((entry) => (valueAt(entry, offered.name) === text ? [String(valueAt(entry, offered.place))] : []));
  if (places.includes(at)) return [];
  const message = `The ${row.label} \`${text}\` is not available in ${at}, the zone of \`${name}\`.`;
  return [{ at, problem: mistake(one, stack, message, `It is available in ${[...places].sort().join(', ')}. ${row.hint}`) }];
}

/** Where the resource is to be, and the name of what says so. */
function placeOf({ resource }: Written, { by, of }: NonNullable<Exists['offered']>, { stack, observed }: Place): readonly string[] {
  const address = refsIn(resource.values[by])[0]?.address;
  if (address === undefined) return [];
  const value = stack.desired.find((entry) => entry.address === address)?.values[of] ?? observed.existing[address]?.[of];
  return typeof value === 'string' ? [value, address.slice(address.indexOf('/') + 1)] : [];
}
