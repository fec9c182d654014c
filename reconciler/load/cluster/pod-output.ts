/**
 * What a pod prints of what it measures (`pod-script.ts`), read line by line, while it runs or afterwards. Every line has its number: what
 * comes twice counts once, as when a log is read again, and what is lost is seen. Pure.
 */

/** All bytes of a pod: whoever prints may run anybody's script. */
const MOST_BYTES = 512 * 1024 * 1024;

export type Section = 'points' | 'version' | 'log';
const SECTIONS: readonly Section[] = ['points', 'version', 'log'];

export interface PodOutput {
  /** Whether it was a line of what was measured; anything else is for people. */
  line(text: string): boolean;
  /** Whether all of it has come. */
  whole(): boolean;
}

/** `take` gets each chunk once, in order: bytes of a gzip. */
export function podOutput(mark: string, take: (section: Section, bytes: Uint8Array) => void): PodOutput {
  const states = new Map(SECTIONS.map((name) => [name as string, { name, chunks: 0, pieces: [] as Uint8Array[], ended: false }]));
  let bytes = 0;
  return {
    line(text) {
      // `MARK points 7 2 DATA`, `MARK points 7 end 2`, `MARK points end 7`
      const [own, name = '', chunk = '', place = '', data = ''] = text.split(' ', 5);
      if (own !== mark) return false;
      const state = states.get(name);
      if (state === undefined || state.ended) return true;
      if (chunk === 'end') {
        state.ended = Number(place) === state.chunks && state.pieces.length === 0;
        return true;
      }
      // Known already, or behind something that is missing.
      if (Number(chunk) !== state.chunks + 1) return true;
      if (place === 'end') {
        if (Number(data) !== state.pieces.length) return true;
        state.chunks++;
        take(state.name, Buffer.concat(state.pieces));
        state.pieces = [];
        return true;
      }
      if (Number(place) !== state.pieces.length + 1) return true;
      const piece = Buffer.from(data, 'base64');
      bytes += piece.length;
      if (bytes <= MOST_BYTES) state.pieces.push(piece);
      return true;
    },
    whole: () => [...states.values()].every(({ ended }) => ended),
  };
}
