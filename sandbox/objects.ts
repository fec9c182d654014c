/**
 * The sandbox's S3: objects that API calls name by bucket and key, kept in memory, put there by a test or by
 * `PUT /_sandbox/objects/<bucket>/<key>`. A folder, when one is given, holds more of them as `<folder>/<bucket>/<key>`. Every
 * bucket is versioned and every put is a version; a file has none. There are no permissions, lists or signatures.
 */
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve, sep } from 'node:path';
import type { ObjectView } from './types.ts';

/** Of all objects together, in bytes. */
const MOST_BYTES = 64 * 1024 * 1024;
/** No bucket of S3 can have this name, so nobody's object is hidden by what is shared. */
const SHARED = '.shared';

export interface Objects extends ObjectView {
  /** Answers the version. */
  put(bucket: string, key: string, content: Uint8Array | string): string;
  /** All versions; false when there were none. */
  remove(bucket: string, key: string): boolean;
  clear(): void;
  /** From now on `share` answers addresses under this endpoint. */
  serveAt(endpoint: string): void;
  /** Answers `/_sandbox/objects/…`. `path` is what follows, still encoded; `query` what stands after the question mark. */
  serve(method: string, path: string, query: string, body: Uint8Array): ObjectAnswer;
}

export interface ObjectAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: Uint8Array | string;
}

interface Version {
  readonly id: string;
  readonly content: Uint8Array;
}

const json = (status: number, body: unknown): ObjectAnswer => ({ status, contentType: 'application/json', body: JSON.stringify(body) });

/** S3 user guide, "Bucket naming rules". */
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

function checkName(bucket: string, key: string): void {
  if (!BUCKET.test(bucket)) throw new Error(`"${bucket}" is not the name of an S3 bucket.`);
  // S3 user guide, "Naming Amazon S3 objects".
  const length = Buffer.byteLength(key);
  if (length < 1 || length > 1024) throw new Error('The key of an S3 object has 1 to 1024 bytes.');
}

/** `folder` is only ever read. */
export function createObjects(folder?: string): Objects {
  const kept = new Map<string, Version[]>();
  const shared = new Map<string, Uint8Array>();
  let endpoint: string | undefined;
  let bytes = 0;
  const nameOf = (bucket: string, key: string): string => `${bucket}/${key}`;

  const fromFolder = (bucket: string, key: string): Uint8Array | undefined => {
    if (folder === undefined || !BUCKET.test(bucket)) return undefined;
    const root = resolve(folder, bucket) + sep;
    const file = resolve(root, key);
    // A key such as `../x` must not lead out of its bucket.
    if (!file.startsWith(root)) return undefined;
    try {
      return readFileSync(file);
    } catch {
      return undefined;
    }
  };
  const versionOf = (bucket: string, key: string, id: string | undefined): Version | undefined => {
    const versions = kept.get(nameOf(bucket, key));
    return id === undefined ? versions?.at(-1) : versions?.find((version) => version.id === id);
  };
  const self: Objects = {
    object(bucket, key, version) {
      const found = versionOf(bucket, key, version);
      if (found !== undefined || version !== undefined) return found?.content;
      return fromFolder(bucket, key);
    },
    share(content) {
      if (endpoint === undefined) return undefined;
      const name = createHash('sha256').update(content).digest('hex');
      shared.set(name, content);
      return `${endpoint}/_sandbox/objects/${SHARED}/${name}`;
    },
    put(bucket, key, content) {
      checkName(bucket, key);
      const held = typeof content === 'string' ? Buffer.from(content, 'utf8') : Uint8Array.from(content);
      if (bytes + held.length > MOST_BYTES)
        throw new Error(`All objects together may hold ${MOST_BYTES} bytes. Delete some, or reset the sandbox.`);
      bytes += held.length;
      const version = { id: randomBytes(16).toString('hex'), content: held };
      const name = nameOf(bucket, key);
      kept.set(name, [...(kept.get(name) ?? []), version]);
      return version.id;
    },
    remove(bucket, key) {
      const name = nameOf(bucket, key);
      for (const version of kept.get(name) ?? []) bytes -= version.content.length;
      return kept.delete(name);
    },
    clear() {
      kept.clear();
      shared.clear();
      bytes = 0;
    },
    serveAt(address) {
      endpoint = address;
    },
    serve(method, path, query, body) {
      try {
        const [bucket = '', ...rest] = path.split('/').map(decodeURIComponent);
        const key = rest.join('/');
        const version = new URLSearchParams(query).get('versionId') ?? undefined;
        if (method === 'GET') {
          const content = bucket === SHARED ? shared.get(key) : self.object(bucket, key, version);
          if (content === undefined) return json(404, { error: `There is no object "${key}" in the bucket "${bucket}".` });
          return { status: 200, contentType: 'application/octet-stream', body: content };
        }
        if (method === 'PUT') return json(200, { bucket, key, version: self.put(bucket, key, body) });
        if (method === 'DELETE') return json(200, { removed: self.remove(bucket, key) });
        return json(405, { error: `Objects support GET, PUT and DELETE, not ${method}.` });
      } catch (error) {
        return json(400, { error: error instanceof Error ? error.message : String(error) });
      }
    },
  };
  return self;
}
