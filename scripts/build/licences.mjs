// The licences of what a bundle holds: the whole text of each package's own file, as the licences ask for.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../setup/places.mjs';

export const LICENCES = 'THIRD-PARTY-LICENSES.txt';

/** Folders of the packages whose code is in the outputs, sorted; what was left out whole is none of them. */
export function packagesIn({ outputs }) {
  const folders = new Set();
  for (const { inputs } of Object.values(outputs))
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      // The last one, since a package may bring another of its own.
      const [folder] = /^.*\bnode_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? [];
      if (folder !== undefined && bytesInOutput > 0) folders.add(folder);
    }
  return [...folders].sort();
}

/** Licence, then notices: what has to go with copies (Apache-2.0, section 4; MIT and BSD, "shall be included in all copies"). */
const FILES = /^(licen[cs]e|copying|notice)([.-](md|txt|mit|apache|bsd))?$/i;

/** The words of the MIT licence as SPDX has them, for a package that names it and its author and brings no file. */
const mit = (author) => `MIT License

Copyright (c) ${author}

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the
"Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish,
distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to
the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF
MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY
CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE
SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;

function read(folder) {
  const { name, version, license, author, repository } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
  const texts = readdirSync(join(root, folder))
    .filter((file) => FILES.test(file))
    .sort()
    .map((file) =>
      readFileSync(join(root, folder, file), 'utf8')
        .replaceAll('\r\n', '\n')
        .trim(),
    );
  // `git+https://…/a.git` and `https://…/a` are one; the folder within it does not count.
  const url = typeof repository === 'string' ? repository : repository?.url;
  const writer = typeof author === 'string' ? author : author?.name;
  return { name, version, writer, licence: license ?? '', texts, source: url?.replace(/^git\+|\.git$/g, '') };
}

/** Those of another package of the same repository and licence, where a package brings none; MIT's own words where it names its author. */
function instead({ source, licence, writer }, all) {
  const kin = all.find((each) => each.source !== undefined && each.source === source && each.licence === licence && each.texts.length > 0);
  if (kin !== undefined) return kin.texts;
  return licence === 'MIT' && writer !== undefined ? [mit(writer)] : [];
}

/** Each text once, with the packages that it is of. A package without one is an error: the bundle may not be passed on without it. */
export function licenceText(metafile) {
  const all = packagesIn(metafile).map(read);
  const groups = new Map();
  for (const each of all) {
    const texts = each.texts.length > 0 ? each.texts : instead(each, all);
    if (texts.length === 0) throw new Error(`${each.name} ${each.version} (${each.licence}) brings no licence text`);
    const text = texts.join('\n\n');
    groups.set(text, [...(groups.get(text) ?? []), `${each.name} ${each.version} (${each.licence})`]);
  }
  const line = '-'.repeat(80);
  const parts = [...groups].map(([text, names]) => `${line}\n${names.join('\n')}\n${line}\n\n${text}\n`);
  return ['albedo brings code of these packages. Their licences and notices follow.\n', ...parts].join('\n');
}

/** The files of a build, and their licences beside them. */
export const withLicences = ({ outputFiles, metafile }, folder) => [
  ...outputFiles,
  { path: join(folder, LICENCES), contents: Buffer.from(licenceText(metafile)) },
];
