/**
 * k6's CSV points -> samples. Pure; fed with pieces of the file as it grows, so that a long run costs memory for its
 * samples only (about 16 rows are written for each of them).
 *
 * A k6 row carries the time at which a request *ended* (k6 source: httpext/tracer.go, `EndTime`). What a user asks is
 * whether a request begun at a moment got its answer, so a sample begins at that time minus all the user waited.
 *
 * Two sources in one file, best first:
 * 1. `albedo_request`, written by `k6/lib/albedo.ts`: one row, with the instance that answered;
 * 2. k6's own `http_req_*` rows, for scripts that do not call `record`: the rows of one request stand together, from
 *    `http_reqs` to `http_req_failed`; no instance is known then.
 */

import { SampleTable } from './samples.ts';
import type { Sample, Samples, Traffic } from './types.ts';

/** Must stay the name of the metric in `k6/lib/albedo.ts`. */
export const RECORDED = 'albedo_request';
/** Rows that count in any case. */
export const COUNTED_METRICS = ['dropped_iterations', 'iterations', 'data_sent', 'data_received', 'vus'] as const;
/** Of these, rows with a value above 0. */
export const ABOVE_ZERO_METRICS = ['http_req_failed', 'http_req_connecting'] as const;
/** Those of k6 that make a sample where the script records none. */
export const PLAIN_METRICS = ['http_reqs', 'http_req_duration', 'http_req_blocked', 'http_req_failed'] as const;

export interface PointsRead {
  readonly samples: Samples;
  /** Iterations that k6 could not begin. */
  readonly dropped: number;
  /** Iterations that ended, well or not. */
  readonly iterations: number;
  /** Requests that k6 saw fail, and that the script did not record beside those that it did. */
  readonly unrecorded: number;
  readonly traffic: Traffic;
  /** Rows that cannot be read. */
  readonly malformed: number;
}

/** What came from one file. */
export interface FileRead {
  readonly requests: number;
  readonly iterations: number;
  readonly dropped: number;
  /** When the earliest request began; undefined when there is none. */
  readonly firstAt: number | undefined;
  /** Rows that cannot be read. */
  readonly malformed: number;
}

/** Milliseconds since the epoch. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface PointsFile {
  /** Takes the next piece of the file, cut anywhere. The first one must be its beginning, since the header names the columns. */
  push(text: string): void;
  told(): FileRead;
}

export interface Points {
  /**
   * A reader for one more file: what several send together is one load. `within`: requests that began before or ended after it, in
   * milliseconds since the epoch, are out of shape.
   */
  file(within?: Span): PointsFile;
  /** How much of all files was counted so far. */
  counted(): { readonly requests: number; readonly failed: number };
  /** When the earliest request known so far began; undefined when there is none. */
  firstAt(): number | undefined;
  /** No more to come. Samples of all files are ordered by their beginning. */
  end(): PointsRead;
}

/** The fields of one CSV row (RFC 4180 quotes, no line breaks within a field). */
export function splitRow(line: string): string[] {
  if (!line.includes('"')) return line.split(',');
  const fields: string[] = [];
  let field = '';
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    const c = line[i];
    if (quoted) {
      if (c !== '"') field += c;
      else if (line[i + 1] === '"') {
        field += '"';
        i++;
      } else quoted = false;
    } else if (c === '"') quoted = true;
    else if (c === ',') {
      fields.push(field);
      field = '';
    } else field += c;
  }
  return [...fields, field];
}

const isOk = (status: number, errorCode: number): boolean => errorCode === 0 && status >= 200 && status < 400;

/** Value of one key of k6's `extra_tags` column, `k=v&k=v`; empty when it is not there. */
function extraTag(tags: string, key: string): string {
  for (const pair of tags.split('&')) if (pair.startsWith(`${key}=`)) return pair.slice(key.length + 1);
  return '';
}

/** What names an instance, or the address of a target; anything else that stands there is no name (k6/lib/albedo.ts). */
const NAME = /^[\w.:-]{1,64}$/;
const nameIn = (tags: string): string => {
  const name = extraTag(tags, 'instance');
  return NAME.test(name) ? name : '';
};

/** No row of k6 comes near it; a file of somebody else may be one endless line. */
const MOST_LINE = 1 << 20;

/** Rows that are summed up: of a time to connect, those in which there was one. */
const TRAFFIC: ReadonlySet<string> = new Set(['data_sent', 'data_received', 'vus', 'http_req_connecting']);
/** Where the way to an address leads over the closed one (bounds.ts), k6's code is that of any trouble with a proxy; k6/lib/albedo.ts knows it too. */
const CLOSED = / is in a blacklisted range /;
const ALWAYS: Span = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };

interface Trail {
  at: number;
  waited: number;
  status: number;
  errorCode: number;
}

/** Whoever wants to know of samples as they are read. */
export interface SampleSink {
  add(sample: Sample): void;
  /** Those so far were read from k6's own rows, of a script that records its requests: they come again. */
  forget(): void;
}

/** Reads the points of one load, from one file or several. */
export function readPoints(sink?: SampleSink): Points {
  let dropped = 0;
  let malformed = 0;
  let failed = 0;
  let plainFailed = 0;
  let iterations = 0;
  let seenFailed = 0;
  const traffic = { bytesSent: 0, bytesReceived: 0, connections: 0 };
  const users: number[] = [];
  const recorded = new SampleTable();
  const plain = new SampleTable();
  const unfinished: (() => boolean)[] = [];

  const file = (within: Span = ALWAYS): PointsFile => {
    let rest = '';
    let columns: ReadonlyMap<string, number> | undefined;
    let trail: Trail | undefined;
    const own = {
      malformed: 0,
      recorded: 0,
      plain: 0,
      iterations: 0,
      dropped: 0,
      recordedFrom: Number.POSITIVE_INFINITY,
      plainFrom: Number.POSITIVE_INFINITY,
    };
    const index = users.push(0) - 1;
    unfinished.push(() => rest !== '');

    const field = (fields: readonly string[], name: string): string => {
      const index = columns?.get(name);
      return index === undefined ? '' : (fields[index] ?? '');
    };

    const plainRow = (metric: string, fields: readonly string[], time: number, value: number): void => {
      switch (metric) {
        case 'http_reqs':
          trail = {
            at: time,
            waited: 0,
            status: Number(field(fields, 'status')) || 0,
            errorCode: CLOSED.test(field(fields, 'error')) ? 1110 : Number(field(fields, 'error_code')) || 0,
          };
          return;
        case 'http_req_duration':
        case 'http_req_blocked':
          if (trail !== undefined) trail.waited += value;
          return;
        case 'http_req_failed':
          if (trail !== undefined) {
            if (value !== 0) plainFailed++;
            const { status, errorCode } = trail;
            const sample = { at: trail.at - trail.waited, ms: trail.waited, ok: value === 0, status, errorCode, instance: '' };
            plain.add(sample);
            own.plain++;
            own.plainFrom = Math.min(own.plainFrom, sample.at);
            sink?.add(sample);
            trail = undefined;
          }
          return;
      }
    };

    const recordedRow = (fields: readonly string[], time: number, value: number): void => {
      const tags = field(fields, 'extra_tags');
      // `status` and `error_code` are columns when they are among the script's system tags, else extra tags.
      const status = Number(field(fields, 'status') || extraTag(tags, 'status')) || 0;
      const errorCode = Number(field(fields, 'error_code') || extraTag(tags, 'error_code')) || 0;
      // What the spec expects of a path outweighs the status.
      const said = extraTag(tags, 'as_expected');
      const ok = said === '' ? isOk(status, errorCode) : said === 'yes';
      if (!ok) failed++;
      const sample = { at: time - value, ms: value, ok, status, errorCode, instance: nameIn(tags) };
      if (recorded.length === 0 && plain.length > 0) sink?.forget();
      recorded.add(sample);
      own.recorded++;
      own.recordedFrom = Math.min(own.recordedFrom, sample.at);
      sink?.add(sample);
    };

    const line = (text: string): void => {
      if (columns === undefined) {
        columns = new Map(splitRow(text).map((name, index) => [name, index]));
        return;
      }
      // Most rows are of no use here: do not take them apart.
      const comma = text.indexOf(',');
      const metric = text.slice(0, comma);
      if (TRAFFIC.has(metric)) {
        const value = Number(text.slice(text.indexOf(',', comma + 1) + 1).split(',', 1)[0]);
        if (!(value > 0 && value < Number.MAX_SAFE_INTEGER)) return;
        if (metric === 'data_sent') traffic.bytesSent += value;
        else if (metric === 'data_received') traffic.bytesReceived += value;
        else if (metric === 'vus') users[index] = Math.max(users[index] ?? 0, value);
        else traffic.connections++;
      }
      if (metric === 'http_req_failed' && Number(text.slice(text.indexOf(',', comma + 1) + 1).split(',', 1)[0]) > 0) seenFailed++;
      const counts = metric === 'dropped_iterations' || metric === 'iterations';
      if (!(metric === RECORDED || counts || (recorded.length === 0 && metric.startsWith('http_req')))) return;
      const fields = splitRow(text);
      const time = Number(field(fields, 'timestamp'));
      const value = Number(field(fields, 'metric_value'));
      if (
        fields.length !== columns.size ||
        !Number.isFinite(time) ||
        time <= 0 ||
        !Number.isFinite(value) ||
        value < 0 ||
        time - value < within.from ||
        time > within.to
      ) {
        malformed++;
        own.malformed++;
        return;
      }
      if (metric === 'dropped_iterations') {
        dropped += value;
        own.dropped += value;
      } else if (metric === 'iterations') {
        iterations += value;
        own.iterations += value;
      } else if (metric === RECORDED) recordedRow(fields, time, value);
      else plainRow(metric, fields, time, value);
    };

    return {
      push(text) {
        const lines = (rest + text).split('\n');
        rest = lines.pop() ?? '';
        if (rest.length > MOST_LINE) {
          rest = '';
          malformed++;
          own.malformed++;
        }
        for (const each of lines) line(each.endsWith('\r') ? each.slice(0, -1) : each);
      },
      told() {
        const [requests, from] = recorded.length > 0 ? [own.recorded, own.recordedFrom] : [own.plain, own.plainFrom];
        return {
          requests,
          iterations: own.iterations,
          dropped: own.dropped,
          firstAt: requests === 0 ? undefined : from,
          malformed: own.malformed,
        };
      },
    };
  };

  return {
    file,
    counted: () => (recorded.length > 0 ? { requests: recorded.length, failed } : { requests: plain.length, failed: plainFailed }),
    firstAt: () => (recorded.length > 0 ? recorded : plain).firstAt(),
    end() {
      // A row without its line end was being written when k6 stopped: it cannot be trusted to be whole.
      malformed += unfinished.splice(0).filter((isSo) => isSo()).length;
      const samples = (recorded.length > 0 ? recorded : plain).sort();
      const unrecorded = recorded.length === 0 ? 0 : Math.max(0, seenFailed - failed);
      const whole = { ...traffic, users: users.reduce((sum, each) => sum + each, 0) };
      return { samples, dropped, iterations, unrecorded, traffic: whole, malformed };
    },
  };
}
