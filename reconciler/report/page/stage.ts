/** The picture of a stack: load balancer, zones, targets with their health, and the requests that go to each. Pure. */

import { html } from '../escape.ts';
import { percent } from '../format.ts';
import { type Size, seriesColour, WIDTHS } from '../html-chart.ts';

/** A target as the page shows it: live the one of this moment, in a report that of the end of the run. */
export interface StageTarget {
  /** Instance id, or address. */
  readonly id: string;
  readonly name: string;
  /** Empty: not known. */
  readonly zone: string;
  readonly group: string;
  readonly port: number;
  /** As AWS says it: `healthy`, `unhealthy`, `initial`, `draining`, `unused`; empty: not known. */
  readonly health: string;
  /** AWS's reason code; empty when it is healthy. */
  readonly reason: string;
  /** Something was done to it, and not yet undone. */
  readonly broken: boolean;
  /** Requests it answered well: a second when live, in all of the run in a report. */
  readonly requests: number;
  /** Of all that targets answered well, 0 to 1; null when nothing was. */
  readonly share: number | null;
}

export interface Stage {
  readonly dnsName: string;
  readonly listeners: readonly { readonly name: string; readonly protocol: string; readonly port: number }[];
  readonly targets: readonly StageTarget[];
}

const ROW = 62;
const HEAD = 26;

export const healthTone = (health: string): 'good' | 'bad' | 'doubt' =>
  health === 'healthy' ? 'good' : health === 'initial' || health === 'draining' || health === '' ? 'doubt' : 'bad';

const cut = (text: string, most: number): string => (text.length <= most ? text : `${text.slice(0, most - 1)}…`);

const zonesOf = (targets: readonly StageTarget[]): readonly (readonly [string, readonly StageTarget[]])[] => {
  const zones = new Map<string, StageTarget[]>();
  for (const target of targets) zones.set(target.zone, [...(zones.get(target.zone) ?? []), target]);
  return [...zones].sort(([a], [b]) => (a < b ? -1 : 1));
};

/** What is said of the requests of a target. */
const flow = ({ requests, share }: StageTarget, live: boolean): string => {
  const amount = live ? `${Math.round(requests * 10) / 10}/s` : `${requests}`;
  return share === null ? amount : `${amount} · ${percent(share, 0)}`;
};

/** `turn`: requests so far; the dashes of the lines move on with it, so that the flow is seen without an animation that costs. */
function picture(stage: Stage, size: Size, live: boolean, turn: number): string {
  const width = WIDTHS[size];
  const wide = size === 'wide';
  const left = wide ? 430 : 52;
  const zones = zonesOf(stage.targets);
  const top = wide ? 0 : 92;
  let y = top;
  const rooms: string[] = [];
  const rows: { readonly target: StageTarget; readonly y: number; readonly index: number }[] = [];
  for (const [zone, targets] of zones) {
    const height = HEAD + targets.length * ROW + 8;
    rooms.push(
      `<rect class="zone" x="${left - 14}" y="${y + 1}" width="${width - left + 13}" height="${height}" rx="10"/><text class="room" x="${left}" y="${y + 18}">${html(zone === '' ? 'zone not known' : zone)}</text>`,
    );
    for (const [index, target] of targets.entries()) rows.push({ target, y: y + HEAD + index * ROW, index: stage.targets.indexOf(target) });
    y += height + 12;
  }
  const bottom = Math.max(y, top + 80);
  const balancer = wide ? { x: 1, y: bottom / 2 - 40, w: 250, h: 80 } : { x: 1, y: 1, w: width - 2, h: 74 };
  const most = Math.max(0.001, ...stage.targets.map((each) => each.requests));
  const lines = rows.map(({ target, y: at, index }) => {
    const middle = at + 26;
    const thick = target.requests === 0 ? 1 : 1.5 + 5 * (target.requests / most);
    const path = wide
      ? `M${balancer.x + balancer.w} ${balancer.y + 40} C${left - 90} ${balancer.y + 40} ${left - 100} ${middle} ${left} ${middle}`
      : `M16 ${balancer.h} V${middle - 8} Q16 ${middle} 26 ${middle} H${left}`;
    const look = target.requests === 0 ? 'flow none' : 'flow';
    return `<path class="${look}" d="${path}" style="stroke:${seriesColour(index)};stroke-width:${thick.toFixed(1)};stroke-dashoffset:${-((turn * 3) % 20)}"/>`;
  });
  const room = width - left - 12;
  const boxes = rows.map(({ target, y: at, index }) => {
    const tone = healthTone(target.health);
    const health = target.health === '' ? 'not known' : target.health;
    return `<rect class="node ${tone}" x="${left}" y="${at}" width="${room}" height="52" rx="8"/><rect x="${left}" y="${at + 8}" width="4" height="36" rx="2" style="fill:${seriesColour(index)}"/>
<text class="name" x="${left + 14}" y="${at + 21}">${html(cut(target.name, wide ? 26 : 18))}${target.broken ? ' ⚡' : ''}</text><text x="${left + 14}" y="${at + 40}">${html(cut(`${target.id}:${target.port}`, wide ? 34 : 24))}</text>
<text class="state ${tone}" x="${left + room - 12}" y="${at + 21}" text-anchor="end">${html(cut(health, 14))}</text><text class="rate" x="${left + room - 12}" y="${at + 40}" text-anchor="end">${flow(target, live)}</text>`;
  });
  const doors = stage.listeners.map(({ protocol, port }) => `${protocol} ${port}`).join(' · ');
  const front = `<rect class="node front" x="${balancer.x}" y="${balancer.y}" width="${balancer.w}" height="${balancer.h}" rx="10"/><text class="name" x="${balancer.x + 16}" y="${balancer.y + 24}">load balancer</text><text x="${balancer.x + 16}" y="${balancer.y + 43}">${html(cut(stage.dnsName, wide ? 36 : 48))}</text><text x="${balancer.x + 16}" y="${balancer.y + 61}">${html(cut(doors, wide ? 36 : 48))}</text>`;
  return `<svg class="chart stage ${size}" viewBox="0 0 ${width} ${Math.ceil(bottom)}" aria-hidden="true" focusable="false">${rooms.join('')}${lines.join('')}${boxes.join('')}${front}</svg>`;
}

/** The picture in both sizes, and the table beside it that says the same. */
export function stageHtml(stage: Stage, live: boolean, turn = 0): string {
  if (stage.targets.length === 0)
    return `${picture(stage, 'wide', live, turn)}${picture(stage, 'narrow', live, turn)}<p class="soft">No target is registered.</p>`;
  const rows = stage.targets.map((target) => {
    const { health, reason, group, port, zone, name, id, broken } = target;
    return `<tr><th scope="row" class="who">${html(name)}${broken ? ' <span class="tag">fault</span>' : ''}<span class="note mono">${html(id)} ${html(zone)}</span></th><td class="${healthTone(health)}">${html(health === '' ? 'not known' : health)}${reason === '' ? '' : `<span class="note">${html(reason)}</span>`}</td><td class="number">${flow(target, live)}</td><td>${html(group)}<span class="note">port ${port}</span></td></tr>`;
  });
  const what = live ? 'requests a second' : 'requests answered';
  return `${picture(stage, 'wide', live, turn)}${picture(stage, 'narrow', live, turn)}<div class="scroll" tabindex="0" role="region" aria-label="Targets"><table class="fit"><thead><tr><th scope="col">target</th><th scope="col">health</th><th scope="col" class="number">${what}</th><th scope="col">group</th></tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}
