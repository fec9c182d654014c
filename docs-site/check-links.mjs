// Every link within the site leads to a page and, where it names one, to a place on it. Exit status 1 and a list when one does not.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BASE, OUT } from './pages.mjs';

const pages = readdirSync(OUT, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.html'));
const texts = new Map(pages.map((file) => [file.replaceAll('\\', '/'), readFileSync(join(OUT, file), 'utf8')]));
const plainText = (text) => text.replaceAll('&amp;', '&').replaceAll('&#x26;', '&').replaceAll('&#38;', '&');
const ids = new Map(
  [...texts].map(([file, text]) => [file, new Set([...text.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => plainText(id)))]),
);
const broken = [];
let links = 0;
for (const [file, text] of texts) {
  for (const [, attribute] of text.matchAll(/<a\b[^>]*?\shref="([^"]*)"/g)) {
    const href = plainText(attribute);
    if (/^[a-z][a-z0-9+.-]*:/i.test(href)) continue;
    links += 1;
    const [path, hash] = href.split('#');
    const target = path === '' ? file : pageAt(path);
    if (target === undefined) broken.push(`${file}: ${href}: no such page`);
    else if (hash && hash !== '_top' && texts.has(target) && !ids.get(target).has(decodeURIComponent(hash)))
      broken.push(`${file}: ${href}: no such place`);
  }
}

function pageAt(path) {
  if (!path.startsWith(BASE)) return undefined;
  const inside = decodeURIComponent(path.slice(BASE.length)).replace(/^\//, '');
  const file = inside === '' || inside.endsWith('/') ? `${inside}index.html` : inside;
  return texts.has(file) || existsSync(join(OUT, file)) ? file : undefined;
}

for (const line of broken) process.stderr.write(`${line}\n`);
process.stdout.write(`links: ${links} on ${pages.length} pages, ${broken.length} broken\n`);
process.exitCode = broken.length === 0 ? 0 : 1;
