import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Row } from './coverage.ts';

/** The settable names of the ELBv2 write API (API reference and SDK, 2026), those that Application Load Balancers do not have among them. */
export const ROWS = JSON.parse(readFileSync(join(import.meta.dirname, 'rows.json'), 'utf8')) as readonly Row[];
