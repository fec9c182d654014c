/** Where an editor finds the schema of a file: a copy in the repository, so that the address works offline and on every machine. */

import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { root } from '../../scripts/setup/places.mjs';

export type SchemaName = 'stack' | 'policy' | 'environment';

/** The folder where `albedo init` puts the schemas, next to the environments. */
export const SCHEMA_FOLDER = '.schemas';
const FOLDERS = [SCHEMA_FOLDER, `environments/${SCHEMA_FOLDER}`, 'schemas'];

const fileOf = (name: SchemaName): string => `${name}.schema.json`;

/** The schema of this version, from the package. */
export const schemaText = (name: SchemaName): string => readFileSync(join(root, 'schemas', fileOf(name)), 'utf8');

/** The nearest copy of the schema: in the folder or above it, up to the root of the repository. */
export function findSchema(folder: string, name: SchemaName): string | undefined {
  for (let at = resolve(folder); ; at = dirname(at)) {
    const found = FOLDERS.map((each) => join(at, each, fileOf(name))).find(isOurs);
    if (found !== undefined) return found;
    if (existsSync(join(at, '.git')) || dirname(at) === at) return undefined;
  }
}

function isOurs(path: string): boolean {
  try {
    return /"\$id": "urn:albedo:/.test(readFileSync(path, 'utf8').slice(0, 500));
  } catch {
    return false;
  }
}

/** The schema path for the first line of a file in this folder. `place` writes a copy of the schema there if there is none. */
export function schemaBeside(folder: string, name: SchemaName): { readonly reference: string; place(): void } {
  const found = findSchema(folder, name);
  const path = found ?? join(resolve(folder), SCHEMA_FOLDER, fileOf(name));
  return {
    reference: relativeTo(folder, path),
    place() {
      if (found !== undefined) return;
      mkdirSync(dirname(path), { recursive: true });
      copyFileSync(join(root, 'schemas', fileOf(name)), path);
    },
  };
}

/** Relative path with `/`, and with `./` if it is below the folder. */
export function relativeTo(folder: string, path: string): string {
  const way = relative(resolve(folder), resolve(path)).replaceAll('\\', '/');
  return way.startsWith('.') && !way.startsWith(`${SCHEMA_FOLDER}/`) ? way : `./${way}`;
}
