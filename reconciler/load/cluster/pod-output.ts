/**
 * What a pod prints of what it measured (`runScript` of `job.ts`), read line by line. The node keeps the newest part of a long log
 * only, so every line has its number and every section its end: what is lost is seen. Pure.
 */

import { complaintsOf, type ScriptPlace } from '../k6-log.ts';

/** Lines of a section are of so many characters: no chunk of base64 is cut. */
const MOST_SECTION = 512 * 1024 * 1024;

export interface ShardOutput {
  line(text: string): void;
  /** Why it is not whole, in a clause; empty when it is. `points`: bytes of a gzip, handed to `take` as they came. */
  end(): { readonly objection: string; readonly version: Uint8Array; readonly log: Uint8Array; readonly hasPoints: boolean };
}

type Section = 'points' | 'version' | 'log';
const SECTIONS: readonly Section[] = ['points', 'version', 'log'];

interface State {
  lines: number;
  bytes: number;
  broken: boolean;
  ended: boolean;
}

/** `take` gets the bytes of the points, in order. */
export function shardOutput(mark: string, take: (bytes: Uint8Array) => void): ShardOutput {
  const states = new Map<string, State>(SECTIONS.map((name) => [name, { lines: 0, bytes: 0, broken: false, ended: false }]));
  const kept: Record<'version' | 'log', Uint8Array[]> = { version: [], log: [] };
  return {
    line(text) {
      const [own, name = '', place = '', data = ''] = text.split(' ');
      const state = own === mark ? states.get(name) : undefined;
      if (state === undefined || state.broken) return;
      if (place === 'end') {
        state.ended = Number(data) === state.lines;
        state.broken = !state.ended;
        return;
      }
      const bytes = Buffer.from(data, 'base64');
      state.bytes += bytes.length;
      // Whoever prints may run anybody's script: bytes are counted.
      state.broken = Number(place) !== state.lines + 1 || state.ended || state.bytes > MOST_SECTION;
      if (state.broken) return;
      state.lines += 1;
      if (name === 'points') take(bytes);
      else kept[name as 'version' | 'log'].push(bytes);
    },
    end() {
      const { broken, ended, lines } = states.get('points') as State;
      const whole = states.get('version')?.ended === true && states.get('log')?.ended === true && !broken && ended === lines > 0;
      return {
        objection: whole ? '' : 'the log of its pod is not whole: the node keeps the newest part only',
        version: Buffer.concat(kept.version),
        log: Buffer.concat(kept.log),
        hasPoints: ended,
      };
    },
  };
}

/** What k6 complained of, from the lines of its log that travelled. */
export function complaintsIn(log: string, scripts: ScriptPlace): ReturnType<ReturnType<typeof complaintsOf>['end']> {
  const complaints = complaintsOf(scripts);
  complaints.push(log);
  return complaints.end();
}
