/**
 * Circles of imports: files that need each other to be loaded, or, through types alone, to be read. Used by `check-layers.ts`.
 */

export interface Edge {
  readonly from: string;
  readonly to: string;
  /** Only types are imported: nothing is loaded for it. */
  readonly typeOnly: boolean;
}

/** Groups of files that reach each other, each sorted, the whole sorted too (Tarjan's strongly connected components). */
export function findCircles(edges: readonly Edge[]): readonly (readonly string[])[] {
  const next = new Map<string, string[]>();
  for (const { from, to } of edges) next.set(from, [...(next.get(from) ?? []), to]);
  const order = new Map<string, number>();
  const low = new Map<string, number>();
  const open: string[] = [];
  const circles: string[][] = [];
  const visit = (file: string): void => {
    order.set(file, order.size);
    low.set(file, order.get(file) ?? 0);
    open.push(file);
    for (const other of next.get(file) ?? []) {
      if (!order.has(other)) visit(other);
      if (open.includes(other)) low.set(file, Math.min(low.get(file) ?? 0, low.get(other) ?? 0));
    }
    if (low.get(file) !== order.get(file)) return;
    const group = open.splice(open.indexOf(file));
    if (group.length > 1 || next.get(file)?.includes(file) === true) circles.push(group.sort());
  };
  for (const file of [...next.keys()].sort()) if (!order.has(file)) visit(file);
  return circles.sort((a, b) => (a[0] ?? '').localeCompare(b[0] ?? ''));
}

/** What is wrong: a circle at run time, or one of types. What two files need of each other goes into a file of its own. */
export function judgeCircles(edges: readonly Edge[]): readonly string[] {
  const runtime = findCircles(edges.filter((edge) => !edge.typeOnly));
  const told = new Set(runtime.map((circle) => circle.join()));
  return [
    ...runtime.map((circle) => `these files load each other: ${circle.join(', ')}`),
    ...findCircles(edges)
      .filter((circle) => !told.has(circle.join()))
      .map((circle) => `these files need each other's types: ${circle.join(', ')}`),
  ];
}
