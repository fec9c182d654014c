/** Sends requests like one browser, with a cookie jar that the page shows. */

import { cookiesOf } from '../load/cookies.ts';
import { listenerOf } from '../load/k6-command.ts';
import { instanceOf, requester } from '../load/requests.ts';
import type { LoadSettings, VerifyTarget } from '../load/types.ts';
import type { JarCookie, JarView } from '../report/page/jar.ts';

const REQUESTS = 10;
/** Limit, since a server can set any number of cookies. */
const MOST_COOKIES = 50;

export interface StickyProbe {
  /** Sends ten requests, one after the other. */
  ask(target: VerifyTarget, settings: LoadSettings, signal: AbortSignal): Promise<JarView>;
  forget(): void;
}

export function stickyProbe(now: () => number): StickyProbe {
  const jar = new Map<string, JarCookie>();
  return {
    forget: () => jar.clear(),
    async ask(target, settings, signal) {
      const listener = listenerOf(target, settings);
      if (listener === undefined) throw new Error('The stack has no listener to send requests to.');
      const { dnsName, hosts } = target;
      const client = requester({ dnsName, hosts, listener, timeoutMs: settings.timeout * 1000, signal });
      const answers: JarView['answers'][number][] = [];
      const nameOf = (id: string): string =>
        target.groups.flatMap(({ targets }) => targets).find(({ instanceId }) => instanceId === id)?.name ?? id;
      try {
        for (let n = 0; n < REQUESTS && !signal.aborted; n++) {
          for (const [name, { expires }] of jar) if (expires !== null && expires <= now()) jar.delete(name);
          const sent = [...jar.values()];
          const header = sent.map(({ name, value }) => `${name}=${value}`).join('; ');
          const names = sent.map(({ name }) => name);
          try {
            const answer = await client.get(settings.path, header === '' ? {} : { cookie: header });
            const set = cookiesOf(answer.headers['set-cookie'], answer.at);
            for (const { name, value, lifetime } of set) {
              if (lifetime !== null && lifetime <= 0) jar.delete(name);
              else if (jar.has(name) || jar.size < MOST_COOKIES)
                jar.set(name, { name, value, expires: lifetime === null ? null : answer.at + lifetime * 1000 });
            }
            const id = instanceOf(answer);
            answers.push({ sent: names, set: set.map(({ name }) => name), target: nameOf(id), status: answer.status, error: '' });
          } catch (thrown) {
            const error = thrown instanceof Error ? thrown.message : String(thrown);
            answers.push({ sent: names, set: [], target: '', status: 0, error });
          }
        }
      } finally {
        client.close();
      }
      return { path: settings.path, answers, cookies: [...jar.values()] };
    },
  };
}
