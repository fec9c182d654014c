/** How often AWS is called to create, change and destroy the tutorial's stack; polls of waits are counted apart. */
import { parseDocument } from 'yaml';
import { type Converged, converge } from './converge.ts';
import type { Row } from './rows.ts';
import { type Account, tutorialSpec } from './world.ts';

/** One field each, changed in place, of the resources that a user changes most: path in the spec and another value. */
const CHANGES: Readonly<Record<string, string | number>> = {
  'targetGroups.web.healthCheck.interval': '11s',
  'targetGroups.web.stickiness.duration': '2d',
  'listeners.http.port': 8081,
};

/** Throws when the path is not in the spec or has that value already: then nothing would be measured. */
function edited(text: string, path: string, value: string | number): string {
  const document = parseDocument(text);
  const keys = path.split('.');
  if (!document.hasIn(keys) || document.getIn(keys) === value)
    throw new Error(`the tutorial's spec has no ${path} to be changed to ${value}`);
  document.setIn(keys, value);
  return document.toString();
}

const row = (name: string, converged: Converged, limit: number, others: string): Row => ({
  name: `${name}: API calls`,
  measured: converged.calls,
  limit,
  unit: 'calls',
  kind: 'count',
  detail: `${others}; ${converged.polls} polls apart`,
});

export async function create(account: Account): Promise<{ readonly rows: readonly Row[]; readonly refused: number }> {
  const converged = await converge(tutorialSpec(), account);
  return { rows: [row('create', converged, 60, 'Terraform 112')], refused: converged.refused };
}

/** Each change is made and undone. The row is the one that takes most calls. */
export async function change(account: Account): Promise<{ readonly rows: readonly Row[]; readonly refused: number }> {
  const all: { field: string; converged: Converged }[] = [];
  for (const [field, value] of Object.entries(CHANGES)) {
    all.push({
      field,
      converged: await converge(
        tutorialSpec((text) => edited(text, field, value)),
        account,
      ),
    });
    all.push({ field, converged: await converge(tutorialSpec(), account) });
  }
  const worst = all.reduce((most, other) => (other.converged.calls > most.converged.calls ? other : most));
  return {
    rows: [
      row(
        'one field changed, with the check after it',
        worst.converged,
        30,
        `Terraform 58; most of ${Object.keys(CHANGES).length} fields: ${worst.field}`,
      ),
    ],
    refused: all.reduce((sum, { converged }) => sum + converged.refused, 0),
  };
}

export async function destroy(account: Account): Promise<{ readonly rows: readonly Row[]; readonly refused: number }> {
  const converged = await converge(tutorialSpec(), account, 'destroy');
  return {
    rows: [
      // Eight of them ask who else uses what goes, before anything does (`run/check-users.ts`).
      row('destroy', converged, 48, 'Terraform 92'),
      { name: 'destroy: resources left', measured: await account.left(), limit: 0, unit: '', kind: 'count', detail: '' },
    ],
    refused: converged.refused,
  };
}

export const refusals = (refused: number): Row => ({
  name: 'calls that AWS refused in all of these',
  measured: refused,
  limit: 0,
  unit: 'calls',
  kind: 'count',
  detail: '',
});
