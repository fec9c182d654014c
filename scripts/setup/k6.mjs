import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { download } from './download.mjs';
import { findOnPath, isExecutable, k6Path, shown, K6_VERSION as VERSION } from './places.mjs';
import { size } from './progress.mjs';
import { mustRun, run, SetupProblem } from './run.mjs';

/** The official release's archives with their SHA-256, which its checksum list and several package managers agree on. */
const RELEASES = {
  'linux-x64': ['linux-amd64', 'tar.gz', 'b5a8003c86f35f5cd5ceef1490312c48e587696c94d998cefc6d7b3b4cb1597d'],
  'linux-arm64': ['linux-arm64', 'tar.gz', '4ecd64cadcc792402d16293836115480419c4447c032858f564852d98f1bf54c'],
  'darwin-x64': ['macos-amd64', 'zip', '45a08590511c8a6a9c6331645e60c41624924e848e29472e87c60ac956d50372'],
  'darwin-arm64': ['macos-arm64', 'zip', '37a028506bf13578de66c906296803775df28cc2504b1a8c5d786b2803e757c7'],
};
/** `v2.2.0` of what `k6 version` prints, or undefined when it is no k6. */
async function versionOf(path, signal) {
  try {
    const { code, stdout } = await run(path, ['version'], { signal, timeout: 60_000 });
    return code === 0 ? /^k6(?:\.exe)? (v\d+\.\d+\.\d+\S*)/.exec(stdout)?.[1] : undefined;
  } catch (error) {
    if (signal?.aborted) throw error;
    return undefined;
  }
}

async function fetchRelease(draft, env, { signal, progress }) {
  const release = RELEASES[`${process.platform}-${process.arch}`];
  if (!release) throw new Error(`there is no release for ${process.platform} ${process.arch}`);
  const [platform, kind, sha256] = release;
  const archive = join(draft, `k6.${kind}`);
  // Another address for a network that does not reach GitHub: a mirror with the same files.
  const from = env.ALBEDO_K6_RELEASES || 'https://github.com/grafana/k6/releases/download';
  await download(`${from}/${VERSION}/k6-${VERSION}-${platform}.${kind}`, archive, {
    ...{ sha256, signal, env },
    onBytes: (got) => progress.note('k6', `downloading ${size(got)}`),
  });
  const [unpack, args] = kind === 'zip' ? ['unzip', ['-q', archive, '-d', draft]] : ['tar', ['-xzf', archive, '-C', draft]];
  await mustRun('unpacking k6', '', unpack, args, { signal });
  return join(draft, `k6-${VERSION}-${platform}`, 'k6');
}

async function build(root, draft, env, signal) {
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
      env: { ...env, CGO_ENABLED: '0', GOTMPDIR: draft },
      signal,
    },
  );
  return target;
}

/** The load generator: ALBEDO_K6, a v1 or v2 on PATH, or `<cache>/k6/v2.2.0/k6` downloaded or else built. */
export function k6(root, cache, env = process.env) {
  const target = k6Path(cache);

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
          made = await fetchRelease(draft, env, { signal, progress });
        } catch (error) {
          if (signal.aborted) throw error;
          progress.line(`  k6        the release cannot be had (${error.cause?.code ?? error.message}): building it, which takes minutes`);
          progress.note('k6', 'building');
          made = await build(root, draft, env, signal);
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
