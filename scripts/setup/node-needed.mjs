import { readFileSync } from 'node:fs';

/** The oldest Node that albedo supports, as package.json says: its own proxy support and that of the AWS SDK from 2027 on begin there. */
export const NEEDED = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).engines.node.replace('>=', '');

/** Whether a version of Node, such as `22.21.0`, is not older. */
export function isNewEnough(version = process.versions.node) {
  const [have, need] = [version, NEEDED].map((each) => each.split('.').map(Number));
  const differs = need.findIndex((part, index) => part !== (have[index] ?? 0));
  return differs < 0 || (have[differs] ?? 0) > need[differs];
}
