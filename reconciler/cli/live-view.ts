import { liveText } from '../report/page/live-text.ts';
import type { Event } from '../run/events.ts';
import { createFeed, type Feed } from '../watch/feed.ts';

/** The page's figures as a few lines that are drawn over one another, for a terminal. */
export interface LiveView {
  see(event: Event): void;
  /** Empty before the load. */
  text(columns: number): string;
}

export function liveView(now: () => number): LiveView {
  let feed: Feed | undefined;
  return {
    see(event) {
      if (event.kind === 'targets') {
        const stage = {
          ...{ dnsName: '', listeners: [] },
          targets: event.targets.map((each) => ({ ...each, health: '', reason: '', broken: false, requests: 0, share: null })),
        };
        feed = createFeed({ stack: '', region: '', stage, experiment: '' });
        feed.begin(event.rate, event.seconds);
      }
      feed?.see(event, now());
    },
    text: (columns) => (feed === undefined ? '' : liveText(feed.scene([], now()), columns).join('\n')),
  };
}
