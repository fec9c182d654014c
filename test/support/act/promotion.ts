/** The example of `docs/examples/promotion` as a team copies it: its callers and its files. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readMarker } from '../../../reconciler/report/comment-marker.ts';
import { ROOT } from './runner.ts';
import type { Story } from './story.ts';

const EXAMPLE = join(ROOT, 'docs/examples/promotion');
export const BASE = 'environments/base/webserver.yaml';
export const readExample = (path: string): string => readFileSync(join(EXAMPLE, path), 'utf8');

/** The workflows of another repository that are called, and the callers with this edit. */
export function copiedCallers(edit = (text: string): string => text): { readonly from: string; readonly files: Record<string, string> } {
  const repository = 'example/albedo';
  const commit = '0123456789'.repeat(4);
  const files = Object.fromEntries(
    ['albedo-plan.yml', 'albedo-apply.yml'].map((name) => [
      name,
      edit(readExample(`workflows/${name}`).replace(/uses: \.\/(\S+)/g, `uses: ${repository}/$1@${commit} # v1.0.0`)),
    ]),
  );
  return { from: `${repository}@${commit}`, files };
}

/** Short loads, and nothing is stopped: what a load test finds is another story. */
export function exampleFiles(edit = (text: string): string => text): Record<string, string> {
  const all = readdirSync(join(EXAMPLE, 'environments'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.yaml'));
  const texts = Object.fromEntries(all.map((name) => [`environments/${name}`, edit(readExample(`environments/${name}`))]));
  return {
    ...texts,
    [BASE]: (texts[BASE] ?? '')
      .replace('duration: 60s', 'duration: 5s')
      .replace(/^chaos: .*\n/m, '')
      .replace(/^objectives: .*$/m, 'objectives: { errorRate: "< 50%" }'),
  };
}

/** Comments by their key, which is the name of the environment. */
export const byKey = (story: Story, number: number): ReadonlyMap<string, string> =>
  new Map(story.comments(number).map(({ body }) => [readMarker(body)?.key ?? '', body]));

/** Names of environments in the order in which something was applied. */
export const applied = (out: string): string[] => [...out.matchAll(/webserver-(\w+): applied/g)].map(([, name = '']) => name);
