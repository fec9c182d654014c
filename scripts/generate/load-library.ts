import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { transformSync } from 'esbuild';
import { K6_EXITS } from '../../reconciler/load/k6-exit.ts';
import { SCRIPT_VARIABLES } from '../../reconciler/load/script-variables.ts';
import type { K6Outcome } from '../../reconciler/load/types.ts';
import { cell } from './cells.ts';

const SOURCE = 'k6/lib/albedo.ts';
const HEAD = `// albedo's part of a load script: https://github.com/albedo-gitops/albedo/blob/main/docs/load-scripts.md\n// Made of ${SOURCE} by npm run generate.\n`;

/** JavaScript, since k6 finds no `.js` in a `.ts`, and editors find types beside a `.js` whatever the settings. */
export function loadLibrary(root: string): string {
  const { code } = transformSync(readFileSync(join(root, SOURCE), 'utf8'), {
    loader: 'ts',
    format: 'esm',
    target: 'es2022',
    charset: 'utf8',
  });
  return HEAD + code;
}

export function loadLibraryTypes(root: string): string {
  const draft = mkdtempSync(join(tmpdir(), 'albedo-load-types-'));
  try {
    const flags = [
      '--ignoreConfig',
      '--declaration',
      '--emitDeclarationOnly',
      '--strict',
      '--skipLibCheck',
      '--types',
      'k6',
      '--module',
      'esnext',
    ];
    const args = [...flags, '--moduleResolution', 'bundler', '--target', 'es2022', '--outDir', draft, SOURCE];
    execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), ...args], {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    return HEAD + readFileSync(join(draft, 'albedo.d.ts'), 'utf8');
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

const begin = (source: string): string => `<!-- begin: ${source}, put here by npm run generate -->`;
const END = '<!-- end -->';

/** docs/load-scripts.md with the tables of what a script is told and of how k6 ends. */
export function renderLoadScripts(page: string): string {
  const told = Object.entries(SCRIPT_VARIABLES).map(([setting, { name, doc }]) => `| \`${setting}\` | \`${name}\` | ${cell(doc)} |`);
  const exits = Object.entries(K6_EXITS).map(
    ([status, { means, todo, outcome }]) => `| ${status} | ${means} | ${VERDICTS[outcome]} | ${todo} |`,
  );
  return put(
    put(page, 'reconciler/load/script-variables.ts', ['| `settings` | variable | What it is |', '| --- | --- | --- |', ...told]),
    'reconciler/load/k6-exit.ts',
    ['| Exit status | What has happened | The load | What to do |', '| --- | --- | --- | --- |', ...exits],
  );
}

const VERDICTS: Readonly<Record<K6Outcome, string>> = {
  done: 'is judged',
  ...{ aborted: 'is inconclusive', 'script-error': 'is inconclusive', 'bad-config': 'is inconclusive' },
  ...{ 'timed-out': 'is inconclusive', failed: 'is inconclusive' },
};

/** What is between the marks becomes the table. Throws where they are missing. */
function put(page: string, source: string, table: readonly string[]): string {
  const at = page.indexOf(begin(source));
  const end = page.indexOf(END, at);
  if (at < 0 || end < 0) throw new Error(`docs/load-scripts.md: the marks of a table are missing:\n${begin(source)}\n${END}`);
  return `${page.slice(0, at + begin(source).length)}\n\n${table.join('\n')}\n\n${page.slice(end)}`;
}
