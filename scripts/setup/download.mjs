import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Milliseconds until a server has to answer, and between two pieces of an answer. */
const ANSWER = 5000;
const STALL = 15_000;
const REDIRECTS = 5;

/** Asks for a file, through a proxy where HTTPS_PROXY, HTTP_PROXY and NO_PROXY say so (`proxyEnv`: Node 22.21 and 24.5). */
async function ask(url, env, signal, followed = 0) {
  const { request, Agent } = new URL(url).protocol === 'https:' ? https : http;
  const answer = await new Promise((resolve, reject) => {
    request(url, { agent: new Agent({ proxyEnv: env }), signal }, resolve)
      .on('error', reject)
      .end();
  });
  const { statusCode: status, headers } = answer;
  if (status === 200) return answer;
  answer.destroy();
  if (status < 300 || status >= 400 || headers.location === undefined) throw new Error(`HTTP status ${status}`);
  if (followed >= REDIRECTS) throw new Error(`more than ${REDIRECTS} redirects`);
  return ask(new URL(headers.location, url).href, env, signal, followed + 1);
}

/** Downloads a file of which the digest is known. Throws when it is another one, or when it stalls. `onBytes(got)` is called on the way. */
export async function download(url, path, { sha256, signal, env = process.env, onBytes = () => {} }) {
  const late = new AbortController();
  const alarmIn = (ms, what) => setTimeout(() => late.abort(new Error(what)), ms);
  let alarm = alarmIn(ANSWER, `no answer within ${ANSWER / 1000} s`);
  try {
    const answer = await ask(url, env, AbortSignal.any([signal, late.signal]));
    const hash = createHash('sha256');
    let got = 0;
    const meter = new Transform({
      transform(chunk, _encoding, next) {
        clearTimeout(alarm);
        alarm = alarmIn(STALL, `nothing came for ${STALL / 1000} s`);
        hash.update(chunk);
        got += chunk.length;
        onBytes(got);
        next(null, chunk);
      },
    });
    await pipeline(answer, meter, createWriteStream(path), { signal });
    const found = hash.digest('hex');
    if (found !== sha256) throw new Error(`its SHA-256 is ${found}, expected ${sha256}`);
  } catch (error) {
    throw signal.aborted ? signal.reason : late.signal.aborted ? late.signal.reason : error;
  } finally {
    clearTimeout(alarm);
  }
}
