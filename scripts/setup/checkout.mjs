// All that a checkout needs beside the tools of the command: packages, the bundle, and the Nodes that tests run with.
import { join } from 'node:path';
import { bundle } from './bundle.mjs';
import { chromium } from './chromium.mjs';
import { kubernetes as kubernetesSteps } from './kubernetes.mjs';
import { nodePackages } from './node-packages.mjs';
import { node22, node24 } from './node-release.mjs';
import { cacheFolder, root, shown } from './places.mjs';
import { carryOut } from './set-up.mjs';
import { toolSteps } from './tools.mjs';
import { words } from './words.mjs';
import { workflowTools } from './workflow-tools.mjs';

/**
 * Brings the checkout and the cache folder to what the project needs; answers the exit status of `carryOut`. With `workflows`, also what
 * only the tests of the workflows need; with `prose`, also what reads the words of the docs; with `browser` and
 * `kubernetes`, also what only the tests of the page and of the cluster need. With `only`, that part and nothing else.
 */
export function setUp({
  workflows = false,
  prose = false,
  browser = false,
  kubernetes = false,
  only,
  out = process.stderr,
  ...options
} = {}) {
  const cache = cacheFolder();
  let steps = [nodePackages(root), bundle(root), ...toolSteps(root, cache), node22(root, cache), node24(root, cache)];
  if (workflows) steps.push(...workflowTools(root, cache));
  if (browser) steps.push(chromium());
  if (kubernetes) steps.push(...kubernetesSteps(root, cache));
  if (prose) steps.push(words(root, cache));
  if (only !== undefined) steps = steps.filter(({ name }) => name === only);
  if (steps.length === 0) {
    out.write(`setup knows no part ${only}\n`);
    return Promise.resolve(1);
  }
  return carryOut(steps, {
    ...options,
    out,
    about: `this checkout, and tools in ${shown(cache)}`,
    locks: [
      [join(root, 'dist', '.setup.lock'), 'this checkout'],
      [join(cache, '.setup.lock'), shown(cache)],
    ],
  });
}
