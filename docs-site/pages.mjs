// Which documents are pages, in which order, and under which address. A document that no group names is in the last one.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
export const ROOT = join(here, '..');
export const OUT = join(here, 'dist');
/** Pictures of the documents. */
export const PUBLIC = join(here, 'public');
export const CONTENT = join(here, 'src/content/docs');

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
/** `OWNER/REPOSITORY`. */
export const REPOSITORY = manifest.repository.url.replace(/^git\+https:\/\/github\.com\/|\.git$/g, '');
const [owner, name] = REPOSITORY.split('/');
export const SITE = `https://${owner}.github.io`;
export const BASE = `/${name}/`;

/** Group -> files from the root of the repository, or a folder for all that is in it. */
const GROUPS = {
  Start: ['docs/platforms.md', 'docs/first-spec.md', 'docs/concepts.md', 'docs/compare.md', 'docs/tutorial/'],
  'How to': [
    'docs/how-to/',
    'docs/experiments.md',
    'docs/load-scripts.md',
    'docs/load-from-several.md',
    'docs/watch.md',
    'docs/github-actions.md',
    'docs/import.md',
    'docs/from-terraform.md',
    'docs/drift.md',
    'docs/library.md',
    'docs/first-real-run.md',
  ],
  Reference: [
    'docs/reference.md',
    'docs/commands.md',
    'docs/errors.md',
    'docs/policy.md',
    'docs/identity.md',
    'action/README.md',
    'schemas/README.md',
  ],
  'How it works': ['docs/how-it-works.md', 'docs/security.md', 'sandbox/SPEC.md', 'docs/adr/'],
  Project: ['CONTRIBUTING.md', 'CHANGELOG.md', 'ROADMAP.md', 'SECURITY.md', 'CODE_OF_CONDUCT.md', 'docs/releasing.md', 'docs/style.md'],
};

const isDocument = (path) => path.endsWith('.md');
const filesOf = (entry) =>
  entry.endsWith('/')
    ? readdirSync(join(ROOT, entry), { recursive: true, encoding: 'utf8' })
        .filter(isDocument)
        .sort(firstReadme)
        .map((each) => `${entry}${each.replaceAll('\\', '/')}`)
    : [entry];
const firstReadme = (a, b) => Number(b === 'README.md') - Number(a === 'README.md') || a.localeCompare(b);

/** `docs/tutorial/README.md` -> `tutorial`, `docs/policy.md` -> `policy`, `README.md` -> ``: the address of a page. */
export function slugOf(file) {
  const path = file
    .replace(/^docs\//, '')
    .replace(/\.md$/, '')
    .toLowerCase()
    .replaceAll('_', '-');
  if (path === 'readme') return '';
  return file.includes('/') ? path.replace(/\/readme$/, '') : `project/${path}`;
}

const titles = new Map();
/** The first heading of a document. */
export function titleOf(file) {
  if (!titles.has(file)) {
    const heading = /^# (.+)$/m.exec(readFileSync(join(ROOT, file), 'utf8'))?.[1];
    if (heading === undefined) throw new Error(`${file} has no heading`);
    titles.set(file, heading.replaceAll('`', ''));
  }
  return titles.get(file);
}

const grouped = new Set(Object.values(GROUPS).flat().flatMap(filesOf));
const others = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
  .filter(isDocument)
  .map((file) => `docs/${file.replaceAll('\\', '/')}`)
  .filter((file) => !grouped.has(file))
  .sort();
if (others.length > 0) GROUPS.More = others;

export const FILES = ['README.md', ...Object.values(GROUPS).flat().flatMap(filesOf)];
const twice = FILES.filter((file, index) => FILES.findIndex((other) => slugOf(other) === slugOf(file)) < index);
if (twice.length > 0) throw new Error(`two documents have the address of ${twice.join(', ')}`);

export const SIDEBAR = Object.entries(GROUPS).map(([label, entries]) => ({
  label,
  items: entries.flatMap((entry) => {
    const items = filesOf(entry).map((file) => ({ label: titleOf(file), slug: slugOf(file) }));
    // Many pages of one folder are a group of their own.
    return entry === 'docs/adr/' ? [{ label: 'Decisions', collapsed: true, items }] : items;
  }),
}));

const named = new Set(FILES);

/** Where a link of a document leads: a page of the site, else the file on GitHub. Addresses of elsewhere stay. */
export function linkFrom(file, link) {
  if (/^[a-z][a-z0-9+.-]*:|^\/\//i.test(link) || link.startsWith('#') || link.startsWith(BASE)) return link;
  const [path, hash] = link.split('#');
  const target = relative(ROOT, join(ROOT, dirname(file), path))
    .replaceAll('\\', '/')
    .replace(/\/$/, '');
  const page = [target, `${target}/README.md`].find((each) => named.has(each));
  const anchor = hash === undefined ? '' : `#${hash}`;
  if (page === undefined) return `https://github.com/${REPOSITORY}/blob/main/${target}${anchor}`;
  const slug = slugOf(page);
  return `${BASE}${slug === '' ? '' : `${slug}/`}${anchor}`;
}
