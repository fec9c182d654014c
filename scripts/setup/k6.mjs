import { createHash } from 'node:crypto';
import { createWriteStream, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { findOnPath, isExecutable, shown } from './places.mjs';
import { size } from './progress.mjs';
import { mustRun, run, SetupProblem } from './run.mjs';

const VERSION = 'v2.2.0';

/** The official release's archives with their SHA-256, which its checksum list and several package managers agree on. */
const RELEASES = {
  'linux-x64': ['linux-amd64', 'tar.gz', 'b5a8003c86f35f5cd5ceef1490312c48e587696c94d998cefc6d7b3b4cb1597d'],
  'linux-arm64': ['linux-arm64', 'tar.gz', '4ecd64cadcc792402d16293836115480419c4447c032858f564852d98f1bf54c'],
  'darwin-x64': ['macos-amd64', 'zip', '45a08590511c8a6a9c6331645e60c41624924e848e29472e87c60ac956d50372'],
  'darwin-arm64': ['macos-arm64', 'zip', '37a028506bf13578de66c906296803775df28cc2504b1a8c5d786b2803e757c7'],
};
/** Milliseconds until the release has to answer, and between two pieces of it. */
const ANSWER = 5000;
const STALL = 15_000;

/** `v2.2.0` of what `k6 version` prints, or undefined when it is no k6. */
async function versionOf(path, signal) {
  try {
    const { code, stdout } = await run(path, ['version'], { signal, timeout: 20_000 });
    return code === 0 ? /^k6(?:\.exe)? (v\d+\.\d+\.\d+\S*)/.exec(stdout)?.[1] : undefined;
  } catch (error) {
    if (signal?.aborted) throw error;
    return undefined;
  }
}

async function download(url, path, sha256, { signal, progress }) {
  const late = new AbortController();
  let alarm = setTimeout(() => late.abort(new Error(`no answer within ${ANSWER / 1000} s`)), ANSWER);
  try {
    const answer = await fetch(url, { signal: AbortSignal.any([signal, late.signal]) });
    if (!answer.ok || !answer.body) throw new Error(`HTTP status ${answer.status}`);
    const hash = createHash('sha256');
    let got = 0;
    const meter = new Transform({
      transform(chunk, _encoding, next) {
        clearTimeout(alarm);
        alarm = setTimeout(() => late.abort(new Error(`nothing came for ${STALL / 1000} s`)), STALL);
        hash.update(chunk);
        got += chunk.length;
        progress.note('k6', `downloading ${size(got)}`);
        next(null, chunk);
      },
    });
    await pipeline(Readable.fromWeb(answer.body), meter, createWriteStream(path), { signal });
    const found = hash.digest('hex');
    if (found !== sha256) throw new Error(`its SHA-256 is ${found}, expected ${sha256}`);
  } catch (error) {
    throw signal.aborted ? signal.reason : late.signal.aborted ? late.signal.reason : error;
  } finally {
    clearTimeout(alarm);
  }
}

async function fetchRelease(draft, context) {
  const release = RELEASES[`${process.platform}-${process.arch}`];
  if (!release) throw new Error(`there is no release for ${process.platform} ${process.arch}`);
  const [platform, kind, sha256] = release;
  const archive = join(draft, `k6.${kind}`);
  await download(`https://github.com/grafana/k6/releases/download/${VERSION}/k6-${VERSION}-${platform}.${kind}`, archive, sha256, context);
  const [unpack, args] = kind === 'zip' ? ['unzip', ['-q', archive, '-d', draft]] : ['tar', ['-xzf', archive, '-C', draft]];
  await mustRun('unpacking k6', '', unpack, args, { signal: context.signal });
  return join(draft, `k6-${VERSION}-${platform}`, 'k6');
}

async function build(root, draft, signal) {
  const target = join(draft, 'k6');
  const remedy = 'Install Go 1.25 or newer (https://go.dev/dl), or put k6 v1 or v2 on PATH, then run this again.';
  await mustRun(
    `building k6 ${VERSION} from tools/go.mod`,
    remedy,
    'go',
    ['build', '-trimpath', '-mod=readonly', '-ldflags=-s -w', '-o', target, './k6'],
    {
      cwd: join(root, 'tools'),
      // Its scratch files are inside the draft, so that they go with it when the build is stopped.
      env: { ...process.env, CGO_ENABLED: '0', GOTMPDIR: draft },
      signal,
    },
  );
  return target;
}

/** The load generator: ALBEDO_K6, a v1 or v2 on PATH, or `<cache>/k6/v2.2.0/k6` downloaded or else built. */
export function k6(root, cache, env = process.env) {
  const target = join(cache, 'k6', VERSION, 'k6');

  return {
    name: 'k6',
    async check({ signal } = {}) {
      if (env.ALBEDO_K6) {
        const version = await versionOf(env.ALBEDO_K6, signal);
        if (version) return { ok: true, text: `${version}, ${env.ALBEDO_K6} (ALBEDO_K6)` };
        const problem = new SetupProblem(
          `ALBEDO_K6 is ${env.ALBEDO_K6}, which does not answer \`version\` as k6 does`,
          'Unset it or correct it.',
        );
        return { ok: false, problem };
      }
      // A file is renamed to this name only after it answered `version`.
      if (isExecutable(target)) return { ok: true, text: `${VERSION}, ${shown(target, env)}` };
      const found = findOnPath('k6', env);
      const version = found && (await versionOf(found, signal));
      if (version && /^v[12]\./.test(version)) return { ok: true, text: `${version}, ${found}` };
      return { ok: false, text: `${VERSION} into ${shown(dirname(target), env)}${version ? ` (${found} is ${version}: too old)` : ''}` };
    },
    async install({ signal, progress, onCleanUp }) {
      const folder = join(cache, 'k6');
      mkdirSync(folder, { recursive: true });
      // Set-up holds the lock of the cache: a draft that is there was left by one that was killed.
      for (const name of readdirSync(folder)) if (name.startsWith('.draft-')) rmSync(join(folder, name), { recursive: true, force: true });
      const draft = mkdtempSync(join(folder, '.draft-'));
      const clean = onCleanUp(() => rmSync(draft, { recursive: true, force: true, maxRetries: 3 }));
      try {
        let made;
        try {
          made = await fetchRelease(draft, { signal, progress });
        } catch (error) {
          if (signal.aborted) throw error;
          progress.line(`  k6        the release cannot be had (${error.cause?.code ?? error.message}): building it, which takes minutes`);
          progress.note('k6', 'building');
          made = await build(root, draft, signal);
        }
        const version = await versionOf(made, signal);
        if (version !== VERSION)
          throw new SetupProblem(`the new k6 says it is ${version ?? 'nothing'}, expected ${VERSION}`, 'Run this again.');
        mkdirSync(dirname(target), { recursive: true });
        renameSync(made, target);
      } finally {
        rmSync(draft, { recursive: true, force: true, maxRetries: 3 });
        clean();
      }
      return `${VERSION}, ${size(statSync(target).size)}, ${shown(target, env)}`;
    },
  };
}
