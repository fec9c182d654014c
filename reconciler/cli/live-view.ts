import { liveText } from '../report/page/live-text.ts';
import type { Stage } from '../report/page/stage.ts';
import type { Event } from '../run/events.ts';
import { createFeed, type Feed } from '../watch/feed.ts';

/** The figures of the page as a few lines that a terminal redraws in place. */
export interface LiveView {
  see(event: Event): void;
  /** Empty before the load. */
  text(columns: number): string;
}

export function liveView(now: () => number): LiveView {
  let feed: Feed | undefined;
  let stage: Stage | undefined;
  return {
    see(event) {
      if (event.kind === 'targets') {
        stage = {
          ...{ dnsName: '', listeners: [] },
          targets: event.targets.map((each) => ({ ...each, reason: '', broken: false, requests: 0, share: null })),
        };
        feed = createFeed({ stack: '', region: '', stage, experiment: '' });
        feed.begin(event.rate, event.seconds);
      }
      if (event.kind === 'target-health' && stage !== undefined) {
        const { id, port, health, reason } = event;
        stage = {
          ...stage,
          targets: stage.targets.map((each) => (each.id === id && each.port === port ? { ...each, health, reason } : each)),
        };
        feed?.health(stage, now());
      }
      feed?.see(event, now());
    },
    text: (columns) => (feed === undefined ? '' : liveText(feed.scene([], now()), columns).join('\n')),
  };
}
