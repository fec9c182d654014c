/**
 * What a page does in the browser: reads values out of charts by pointer and keyboard, filters rows, and, where it is live, takes over what
 * the server sends. It makes no HTML of its own: all markup comes from the functions that render the report. `npm run generate` puts it,
 * without blanks, into `page/script.ts`.
 */

interface Plot {
  readonly width: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  /** Seconds that a point stands for. */
  readonly step: number;
  readonly columns: readonly (readonly [name: string, unit: string, values: readonly (number | null)[]])[];
}

/** What the server of a live page says of itself, beside the parts that changed. */
interface News {
  readonly parts: Readonly<Record<string, string>>;
  /** Names of the buttons that may be pressed. */
  readonly can: readonly string[];
  readonly title: string;
  readonly said: string;
}

const all = <E extends Element>(selector: string, from: ParentNode = document): E[] => [...from.querySelectorAll<E>(selector)];
const number = (value: number): string => value.toLocaleString('en', { maximumFractionDigits: 1 });

/** Where the reader of each chart stands: a point, or nowhere. */
const places = new Map<HTMLElement, number>();

/** The drawing that the style sheet shows. */
const shown = (plot: HTMLElement): SVGSVGElement | undefined =>
  all<SVGSVGElement>('svg', plot).find((svg) => svg.getBoundingClientRect().width > 0);

function read(plot: HTMLElement, index: number | undefined, aloud: boolean): void {
  const svg = shown(plot);
  const out = plot.querySelector<HTMLElement>('.readout');
  if (svg === undefined || out === null || svg.dataset['plot'] === undefined) return;
  svg.querySelector('.cursor')?.remove();
  // Only what the keyboard asks for is spoken: a pointer that crosses the chart would not stop it.
  out.setAttribute('aria-live', aloud ? 'polite' : 'off');
  const { width, left, right, top, bottom, step, columns } = JSON.parse(svg.dataset['plot']) as Plot;
  const count = columns[0]?.[2].length ?? 0;
  if (index === undefined || count === 0) {
    places.delete(plot);
    out.textContent = '';
    return;
  }
  const at = Math.min(count - 1, Math.max(0, index));
  places.set(plot, at);
  const x = left + ((at + 0.5) / count) * (width - left - right);
  const line = document.createElementNS('http://www.w3.org/2000/svg', 'line');
  for (const [name, value] of Object.entries({ class: 'cursor', x1: x, x2: x, y1: top, y2: bottom }))
    line.setAttribute(name, String(value));
  svg.append(line);
  const values = columns.map(([name, unit, list]) => {
    const value = list[at];
    return `${name} ${value === null || value === undefined ? '–' : `${number(value)}${unit === '' ? '' : ` ${unit}`}`}`;
  });
  out.textContent = `${at * step}–${(at + 1) * step} s: ${values.join(', ')}`;
}

function indexAt(plot: HTMLElement, clientX: number): number | undefined {
  const svg = shown(plot);
  if (svg?.dataset['plot'] === undefined) return undefined;
  const { width, left, right, columns } = JSON.parse(svg.dataset['plot']) as Plot;
  const box = svg.getBoundingClientRect();
  const x = ((clientX - box.left) / box.width) * width;
  return Math.floor(((x - left) / (width - left - right)) * (columns[0]?.[2].length ?? 0));
}

for (const plot of all<HTMLElement>('.plot')) {
  plot.addEventListener('pointermove', (event) => read(plot, indexAt(plot, event.clientX), false));
  plot.addEventListener('pointerleave', () => read(plot, undefined, false));
  plot.addEventListener('blur', () => read(plot, undefined, false));
  plot.addEventListener('keydown', (event) => {
    const at = places.get(plot);
    const steps: Readonly<Record<string, number>> = {
      ArrowRight: (at ?? -1) + 1,
      ArrowLeft: (at ?? 1) - 1,
      PageDown: (at ?? 0) + 10,
      PageUp: (at ?? 0) - 10,
      Home: 0,
      End: Number.MAX_SAFE_INTEGER,
    };
    const to = event.key === 'Escape' ? undefined : steps[event.key];
    if (event.key !== 'Escape' && to === undefined) return;
    event.preventDefault();
    read(plot, to, true);
  });
}

/** Rows that fit every filter of their section. Asked of the document each time: a live page replaces sections. */
document.addEventListener('change', (event) => {
  const section =
    event.target instanceof HTMLElement && event.target.dataset['filter'] !== undefined ? event.target.closest('section') : null;
  if (section === null) return;
  const wanted = all<HTMLSelectElement>('[data-filter]', section).map(({ dataset, value }) => [dataset['filter'] ?? '', value] as const);
  let left = 0;
  for (const row of all<HTMLElement>('[data-filtered] tbody tr', section)) {
    row.hidden = wanted.some(([name, value]) => value !== '' && row.dataset[name] !== value);
    if (!row.hidden) left++;
  }
  const told = section.querySelector('[data-shown]');
  if (told !== null) told.textContent = `${number(left)} shown.`;
});

/** A page on paper has nothing folded. */
addEventListener('beforeprint', () => {
  for (const each of all<HTMLDetailsElement>('details:not(.values)')) each.open = true;
});

if (document.body.dataset['live'] !== undefined) live();

function live(): void {
  const say = (text: string): void => {
    const line = document.querySelector('#said');
    if (line !== null && line.textContent !== text) line.textContent = text;
  };
  const events = new EventSource('/events');
  events.onmessage = (message) => {
    const news = JSON.parse(message.data as string) as News;
    for (const [name, markup] of Object.entries(news.parts)) {
      const part = document.querySelector(`[data-part="${name}"]`);
      if (part === null) continue;
      // Text from specs and servers was escaped where it was rendered.
      part.innerHTML = markup;
      const plot = part.closest<HTMLElement>('.plot');
      const at = plot === null ? undefined : places.get(plot);
      if (plot !== null && at !== undefined) read(plot, at, false);
    }
    for (const button of all<HTMLButtonElement>('button[data-do]')) button.disabled = !news.can.includes(button.dataset['do'] ?? '');
    document.title = news.title;
    say(news.said);
  };
  events.onerror = () =>
    say(
      events.readyState === EventSource.CLOSED
        ? 'albedo has ended; this page shows the last state.'
        : 'The connection to albedo was lost; trying again.',
    );
  for (const button of all<HTMLButtonElement>('button[data-do]'))
    button.addEventListener('click', async () => {
      const field = button.dataset['with'] === undefined ? null : document.querySelector<HTMLInputElement>(button.dataset['with']);
      const answer = await fetch('/do', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ action: button.dataset['do'], ...(field === null ? {} : { value: field.value }) }),
      }).catch(() => undefined);
      if (answer?.ok !== true) say((await answer?.text().catch(() => '')) || 'albedo did not answer.');
    });
}
