import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { transformSync } from 'esbuild';
import { SCRIPT_VARIABLES } from '../../reconciler/load/script-variables.ts';
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

const BEGIN = '<!-- begin: reconciler/load/script-variables.ts, put here by npm run generate -->';
const END = '<!-- end -->';

/** docs/load-scripts.md with the table of what a script is told. */
export function renderLoadScripts(page: string): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END, begin);
  if (begin < 0 || end < 0) throw new Error(`docs/load-scripts.md: the marks of the table are missing:\n${BEGIN}\n${END}`);
  const rows = Object.entries(SCRIPT_VARIABLES).map(([setting, { name, doc }]) => `| \`${setting}\` | \`${name}\` | ${cell(doc)} |`);
  const table = ['| `settings` | variable | What it is |', '| --- | --- | --- |', ...rows].join('\n');
  return `${page.slice(0, begin + BEGIN.length)}\n\n${table}\n\n${page.slice(end)}`;
}
