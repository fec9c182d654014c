/**
 * Attributes of load balancers, target groups and listeners: one table per resource (`attribute-tables.ts`), read here.
 * A row says the key, its default, which values are legal and for which objects it exists.
 */
import type { Order } from '../shuffle.ts';
import { invalidConfiguration, validation } from './errors.ts';
import type { Input } from './input.ts';
import type { XmlNode } from './xml.ts';

/** What a row may depend on: scheme and address type, target type and protocol version, or a listener's protocol. */
export type AttributeContext = readonly string[];

export interface AttributeRow {
  readonly key: string;
  readonly initial: string | ((context: AttributeContext) => string);
  /** What is wrong with the value, in words that follow the key; undefined when it is legal. */
  readonly check: (value: string) => string | undefined;
  /** Contexts in which the key exists; absent: all. */
  readonly only?: readonly string[];
  /** Contexts in which it is answered without having been set; absent: all in which it exists. */
  readonly shown?: readonly string[];
}

export interface AttributeTable {
  readonly rows: readonly AttributeRow[];
  /** Message for a key that does not exist, or not for this object (InvalidConfigurationRequest). */
  readonly unknownKey: (key: string, context: AttributeContext) => string;
  /** Most attributes one call may carry. */
  readonly perCall?: number;
  /** Throws when the values together are refused. */
  readonly conflicts: (values: ReadonlyMap<string, string>) => void;
}

const applies = (row: AttributeRow, context: AttributeContext): boolean =>
  row.only === undefined || row.only.some((one) => context.includes(one));
const isShown = (row: AttributeRow, context: AttributeContext): boolean =>
  applies(row, context) && (row.shown === undefined || row.shown.some((one) => context.includes(one)));
const initialOf = (row: AttributeRow, context: AttributeContext): string =>
  typeof row.initial === 'string' ? row.initial : row.initial(context);

/** All attributes of a fresh object, in table order. */
export function initialAttributes(table: AttributeTable, context: AttributeContext): Map<string, string> {
  const out = new Map<string, string>();
  for (const row of table.rows) if (isShown(row, context)) out.set(row.key, initialOf(row, context));
  return out;
}

/** Brings the attributes in line with a new context: keys that no longer exist go, new ones get their defaults, what was set stays. */
export function adaptAttributes(table: AttributeTable, context: AttributeContext, values: Map<string, string>): void {
  const before = new Map(values);
  values.clear();
  for (const row of table.rows) {
    const set = before.get(row.key);
    if (isShown(row, context) || (set !== undefined && applies(row, context) && set !== initialOf(row, context)))
      values.set(row.key, set ?? initialOf(row, context));
  }
}

/** Reads `Attributes` of a modify call, checks each value and all of them together, then writes them. */
/** `check` refuses what the attributes cannot be together with the rest of the resource. */
export function modifyAttributes(
  table: AttributeTable,
  context: AttributeContext,
  values: Map<string, string>,
  input: Input,
  check: (merged: ReadonlyMap<string, string>) => void = () => undefined,
): void {
  const entries = input.list('Attributes') ?? [];
  if (entries.length === 0) throw validation('An attribute must be specified');
  if (table.perCall !== undefined && entries.length > table.perCall)
    input.violate('Attributes', `${entries.length} attributes`, `Member must have length less than or equal to ${table.perCall}`);
  const wanted = new Map<string, string>();
  for (const entry of entries) {
    entry.sized('Key', 1, 256);
    const key = entry.matching('Key', /^[a-zA-Z0-9._]+$/);
    const value = entry.sized('Value', 0, 1024) ?? '';
    if (key === undefined) throw validation('An attribute key must be specified');
    if (wanted.has(key)) throw validation(`Attribute key '${key}' was specified more than once`);
    wanted.set(key, value);
  }
  input.settle();
  for (const [key, value] of wanted) {
    const row = table.rows.find((candidate) => candidate.key === key && applies(candidate, context));
    if (row === undefined) throw invalidConfiguration(table.unknownKey(key, context));
    const wrong = row.check(value);
    if (wrong !== undefined) throw validation(`'${key}' value '${value}' ${wrong}`);
  }
  const merged = new Map([...values, ...wanted]);
  table.conflicts(merged);
  check(merged);
  for (const [key, value] of wanted) values.set(key, value);
}

/** The attributes as Describe…Attributes and Modify…Attributes answer them: all, always, in no order (recorded 2023 to 2026). */
export function describeAttributes(values: ReadonlyMap<string, string>, order: Order): XmlNode {
  const all = [...values].map(([Key, Value]) => ({ Key, Value }));
  return { Attributes: order.arrange(all, ({ Key }) => Key) };
}
