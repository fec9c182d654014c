// Brings the documents into the form of the generator: a title in front, links that lead to pages, and diagrams drawn.
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { renderMermaidSVG } from 'beautiful-mermaid';
import { BASE, CONTENT, FILES, linkFrom, PUBLIC, ROOT, slugOf, titleOf } from './pages.mjs';

function page(file, text) {
  const body = text.replace(/^# .+\n/m, '');
  const front = [
    '---',
    `title: ${JSON.stringify(titleOf(file))}`,
    ...(file === 'docs/reference.md' ? ['tableOfContents: { maxHeadingLevel: 2 }'] : []),
    '---',
    '',
  ];
  return `${front.join('\n')}${outsideCode(body, (part) => rewritten(part, file), drawn)}`;
}

/** Fenced code stays as it is, but for diagrams. */
function outsideCode(text, prose, code) {
  return text
    .split(/(^```[\s\S]*?^```$)/m)
    .map((part) => {
      if (part.startsWith('```')) return code(part);
      heading = [...part.matchAll(/^#+ (.+)$/gm)].at(-1)?.[1] ?? heading;
      return prose(part);
    })
    .join('');
}

/** Links of Markdown and of HTML, and no comments, which would be pages' own. */
function rewritten(text, file) {
  return text
    .replace(/!\[([^\]]*)\]\(([^)\s]+)\)/g, (_, alt, link) => picture(file, alt, link))
    .replace(/^(\|.*\|)\n(?=\|[ :|-]+\|$)/gm, (_, head) => `${head.replace(/\|\s*(?=\|)/g, '| <span class="sr-only">What</span> ')}\n`)
    .replace(/<!--[\s\S]*?-->\n?/g, '')
    .replace(/(\]\()([^)\s]+)(\))/g, (_, before, link, after) => `${before}${linkFrom(file, link)}${after}`)
    .replace(
      /(<(?:img|a|source)\b[^>]*?\b(?:src|href|srcset)=")([^"]+)(")/g,
      (_, before, link, after) => `${before}${linkFrom(file, link)}${after}`,
    );
}

/** A picture of the repository as a file of the site; one that was not made yet (`npm run record`) is left out. */
function picture(file, alt, link) {
  if (/^[a-z]+:/i.test(link)) return `![${alt}](${link})`;
  const path = relative(ROOT, join(ROOT, dirname(file), link));
  if (!existsSync(join(ROOT, path))) return '';
  mkdirSync(dirname(join(PUBLIC, path)), { recursive: true });
  copyFileSync(join(ROOT, path), join(PUBLIC, path));
  return `<img alt="${alt.replaceAll('"', '&quot;')}" src="${BASE}${path.replaceAll('\\', '/')}">`;
}

/** A diagram as SVG: no script, no font from elsewhere, in the colours of the page, which change with the theme. */
function drawn(block) {
  const [, source] = /^```mermaid\n([\s\S]*?)```$/.exec(block) ?? [];
  if (source === undefined) return block;
  // A first line "%% What it shows" is its caption; without one the heading above it names it for those who do not see it.
  const [, caption] = /%% (.+)/.exec(source) ?? [];
  const name = (caption ?? heading).replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  count += 1;
  const colours = {
    bg: 'var(--sl-color-bg)',
    fg: 'var(--sl-color-text)',
    accent: 'var(--sl-color-text-accent)',
    line: 'var(--sl-color-gray-3)',
    muted: 'var(--sl-color-gray-2)',
    transparent: true,
  };
  const svg = renderMermaidSVG(source.replace(/%% .+\n/, ''), colours)
    .replace(/@import url\([^)]*\);?/g, '')
    .replace(/<svg /, `<svg role="img" aria-labelledby="diagram-${count}" `)
    .replace(/>/, `><title id="diagram-${count}">${name}</title>`)
    .replace(/\n\s*\n/g, '\n');
  return `<figure class="diagram">${svg}${caption === undefined ? '' : `<figcaption>${name}</figcaption>`}</figure>`;
}

let count = 0;
let heading = 'Diagram';
for (const folder of [CONTENT, PUBLIC]) rmSync(folder, { recursive: true, force: true });
for (const file of FILES) {
  const slug = slugOf(file);
  const path = join(CONTENT, `${slug === '' ? 'index' : slug}.md`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, page(file, readFileSync(join(ROOT, file), 'utf8')));
}
process.stdout.write(`${FILES.length} documents prepared\n`);
