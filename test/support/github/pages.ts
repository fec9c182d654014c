/** Lists come in pages, with links to the others. Pure. */

const DEFAULT_PAGE = 30;
const LARGEST_PAGE = 100;

/** What a request asked for of a list, and the `Link` header; `cap` makes pages smaller than was asked for. */
export function takePage<T>(
  items: readonly T[],
  query: URLSearchParams,
  url: string,
  cap: number,
): { readonly page: readonly T[]; readonly link: string | undefined } {
  const asked = Number(query.get('per_page') ?? DEFAULT_PAGE);
  const size = Math.max(1, Math.min(Number.isInteger(asked) && asked > 0 ? asked : DEFAULT_PAGE, LARGEST_PAGE, cap));
  const number = Math.max(1, Number(query.get('page') ?? 1) || 1);
  const last = Math.max(1, Math.ceil(items.length / size));
  const to = (page: number, rel: string): string => {
    const next = new URLSearchParams(query);
    next.set('page', String(page));
    return `<${url}?${next}>; rel="${rel}"`;
  };
  const links = [
    ...(number > 1 ? [to(Math.min(number - 1, last), 'prev')] : []),
    ...(number < last ? [to(number + 1, 'next'), to(last, 'last')] : []),
    ...(number > 1 ? [to(1, 'first')] : []),
  ];
  return { page: items.slice((number - 1) * size, number * size), link: links.length === 0 ? undefined : links.join(', ') };
}
