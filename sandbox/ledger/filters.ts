/** EC2's request filters, for those the ledger answers itself. */
import { ApiRefusal, filterParams } from '../wire.ts';
import { items, text, type XmlObject } from '../xml.ts';

export interface Filter {
  readonly name: string;
  readonly values: readonly string[];
}

/** What a resource's element has under a filter's name. */
export type Extractors = Readonly<Record<string, (node: XmlObject) => readonly string[]>>;

/** A filter value with EC2's wildcards: `*` any text, `?` one character, a backslash takes either literally. */
export function matches(pattern: string, value: string): boolean {
  const source = pattern.replace(/\\([*?\\])|[\\^$.*+?()[\]{}|]/g, (found, literal: string | undefined) => {
    if (literal !== undefined) return `\\${literal}`;
    if (found === '*') return '.*';
    if (found === '?') return '.';
    return `\\${found}`;
  });
  return new RegExp(`^${source}$`, 's').test(value);
}

/** `tag:Name` and `tag-key` on the element's `tagSet`, otherwise the named extractor; undefined for an unknown name. */
function valuesOf(node: XmlObject, name: string, extractors: Extractors): readonly string[] | undefined {
  if (name.startsWith('tag:')) {
    return items(node, 'tagSet')
      .filter((tag) => text(tag, 'key') === name.slice(4))
      .map((tag) => text(tag, 'value'));
  }
  if (name === 'tag-key') return items(node, 'tagSet').map((tag) => text(tag, 'key'));
  return Object.hasOwn(extractors, name) ? extractors[name]?.(node) : undefined;
}

/** Whether the element passes every filter (all filters, any value). Refuses names it does not know, as EC2 does. */
export function passes(node: XmlObject, filters: readonly Filter[], extractors: Extractors): boolean {
  return filters.every((filter) => {
    const values = valuesOf(node, filter.name, extractors);
    if (!values) throw new ApiRefusal('InvalidParameterValue', `The filter '${filter.name}' is invalid`);
    return filter.values.some((pattern) => values.some((value) => matches(pattern, value)));
  });
}

/** Splits a request's filters: those named are taken out and answered, the others stay in the parameters for moto. */
export function takeFilters(
  params: Readonly<Record<string, string>>,
  taken: (name: string) => boolean,
): { readonly filters: readonly Filter[]; readonly rest: Record<string, string> } {
  const rest = Object.fromEntries(Object.entries(params).filter(([name]) => !name.startsWith('Filter.')));
  const filters: Filter[] = [];
  let index = 0;
  for (const filter of filterParams(params)) {
    if (taken(filter.name)) {
      filters.push(filter);
      continue;
    }
    index += 1;
    rest[`Filter.${index}.Name`] = filter.name;
    filter.values.forEach((value, at) => {
      rest[`Filter.${index}.Value.${at + 1}`] = value;
    });
  }
  return { filters, rest };
}
