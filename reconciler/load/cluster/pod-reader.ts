/** What one pod measured, from its log: while it runs, and to the end. The points are kept in a file as they come. Edge: files. */

import { closeSync, constants, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { boundsOf, missingPart } from '../collect.ts';
import { parseVersion } from '../find-k6.ts';
import { outcomeOf } from '../k6-exit.ts';
import { complaintsOf, type ScriptPlace } from '../k6-log.ts';
import type { Part } from '../merge.ts';
import type { Points } from '../points.ts';
import type { Shard } from '../shards.ts';
import type { LoadSettings } from '../types.ts';
import { podOutput, type Section } from './pod-output.ts';
import type { ShardPod } from './pods.ts';

/** What a chunk unpacks to, bytes at most. */
const MOST_CHUNK = 64 * 1024 * 1024;
/** Lines for people, and characters of each. */
const RAW_LINES = 20;
const RAW_LENGTH = 1000;

export interface PodReader {
  readonly shard: Shard;
  /** Its log is read from the beginning: what is known of it counts once. */
  again(): void;
  line(text: string): void;
  /** When something new came last, milliseconds since the epoch; 0 before. */
  heardAt(): number;
  whole(): boolean;
  /** What is known of its part, and the k6 in its image; `unread`: why its log could not be read, empty when it could. */
  part(pod: Pick<ShardPod, 'exitCode'>, unread: string): { readonly part: Part; readonly k6: string | undefined };
  /** What is known of a part that has not ended, or that others broke off. */
  broken(calledOff: boolean): Part;
  close(): void;
}

export interface PodReaderInput {
  readonly mark: string;
  readonly shard: Shard;
  readonly startAt: number;
  readonly settings: LoadSettings;
  /** Folder for the points; made when it is missing. */
  readonly outDir: string;
  readonly scripts: ScriptPlace;
  readonly points: Points;
}

export function podReader({ mark, shard, startAt, settings, outDir, scripts, points }: PodReaderInput): PodReader {
  mkdirSync(outDir, { recursive: true });
  const path = join(outDir, `points-${shard.shard}.csv.gz`);
  const handle = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | (constants.O_NOFOLLOW ?? 0), 0o666);
  const { within, most } = boundsOf(shard, startAt, settings);
  const file = points.file(within);
  const texts: Record<Exclude<Section, 'points'>, string> = { version: '', log: '' };
  let raw: string[] = [];
  let heardAt = 0;
  let bytes = 0;
  let wrong = '';
  const output = podOutput(mark, (section, chunk) => {
    heardAt = Date.now();
    if (wrong !== '') return;
    try {
      const text = gunzipSync(chunk, { maxOutputLength: MOST_CHUNK }).toString('utf8');
      if (section !== 'points') {
        texts[section] += text;
        return;
      }
      bytes += text.length;
      if (bytes > most) throw new Error(`they have over ${Math.floor(most / 1024 / 1024)} MiB`);
      writeSync(handle, chunk);
      file.push(text);
    } catch (thrown) {
      wrong = `its points cannot be read: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
    }
  });
  const known = (calledOff: boolean): Part => ({ ...missingPart(shard, calledOff), file: file.told() });
  return {
    shard,
    again: () => {
      raw = [];
    },
    line(text) {
      if (output.line(text)) return;
      raw.push(text.slice(0, RAW_LENGTH));
      if (raw.length > RAW_LINES) raw.shift();
    },
    heardAt: () => heardAt,
    whole: () => output.whole(),
    part({ exitCode }, unread) {
      const outcome = outcomeOf(exitCode, false);
      const none: Part = { ...known(false), exitCode };
      const lost = unread !== '' ? `its log cannot be read: ${unread}` : output.whole() ? '' : NOT_WHOLE;
      const k6 = output.whole() ? parseVersion(texts.version) : undefined;
      // One that failed says why; of one that did not, what it measured is missing.
      if (outcome === 'done' && (lost || wrong) !== '') return { part: { ...none, log: raw, objection: lost || wrong }, k6 };
      const complaints = complaintsOf(scripts);
      complaints.push(texts.log);
      const { exceptions, lastException, lastError, thresholds } = complaints.end();
      const log = [...texts.log.split('\n'), ...raw].filter((line) => line.trim() !== '').slice(-RAW_LINES);
      const said = lastException || lastError || (outcome === 'done' ? '' : (raw.at(-1) ?? ''));
      const { malformed } = none.file;
      const objection = malformed === 0 ? '' : `${malformed} rows of its points cannot be read`;
      return { part: { ...none, outcome, exceptions, thresholds, said, log, objection }, k6 };
    },
    broken: known,
    close: () => closeSync(handle),
  };
}

const NOT_WHOLE = 'part of the log of its pod is missing: a node keeps only the newest part';
