import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { type Exercise, type Look, verdict } from '../exercise.ts';
import { listed } from '../read.ts';

/** Asks the repository of the spec; undefined when git refuses, or there is no repository. Nothing is written. */
function git(look: Look, ...args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync('git', ['--no-optional-locks', ...args], {
    cwd: dirname(resolve(look.named.file)),
    encoding: 'utf8',
  });
  return status === 0 ? stdout.trim() : undefined;
}

/** `(#12)` at the end of a subject is a squash or a rebase of GitHub; a merge has two parents. */
const isMerged = (parents: string, subject: string): boolean => parents.trim().includes(' ') || /\(#\d+\)$/.test(subject);

export const pullRequest: Exercise = {
  name: 'pull-request',
  chapter: 13,
  title: 'A change by pull request',
  task: 'Change a value of the spec in a pull request, read the comment with its plan, merge it, and let the workflow apply it.',
  criteria: [
    {
      title: 'The spec is committed, without local changes',
      points: 1,
      look: (look) => {
        const name = basename(look.named.file);
        const commit = git(look, 'log', '-1', '--format=%h', '--', name);
        const status = git(look, 'status', '--porcelain', '--', name);
        return verdict(
          commit !== undefined && commit !== '' && status === '',
          commit === undefined
            ? 'there is no git repository'
            : commit === ''
              ? `${name} is not committed`
              : status === ''
                ? `last changed by ${commit}`
                : `${name} has local changes`,
          'Commit the file.',
        );
      },
    },
    {
      title: 'Its last change came from a pull request',
      points: 2,
      look: (look) => {
        const [parents = '', subject = ''] = (
          git(look, 'log', '-1', '-m', '--first-parent', '--format=%P%n%s', '--', basename(look.named.file)) ?? ''
        ).split('\n');
        return verdict(
          isMerged(parents, subject),
          subject === '' ? 'there is no commit' : `the last commit is “${subject}”`,
          'Open a pull request with a change, merge it, and pull.',
        );
      },
    },
    {
      title: 'A workflow plans pull requests',
      points: 1,
      look: (look) => {
        const root = git(look, 'rev-parse', '--show-toplevel');
        const folder = join(root ?? '.', '.github', 'workflows');
        const files = root !== undefined && existsSync(folder) ? readdirSync(folder).filter((name) => /\.ya?ml$/.test(name)) : [];
        const plans = files.filter((name) => {
          const text = readFileSync(join(folder, name), 'utf8');
          return /pull_request/.test(text) && /albedo/.test(text);
        });
        return verdict(
          plans.length > 0,
          `workflows with pull_request and albedo: ${listed(plans)}`,
          'Copy the workflows: see docs/github-actions.md.',
        );
      },
    },
    {
      title: 'AWS matches the merged spec',
      points: 2,
      look: (look) =>
        verdict(
          look.live.length > 0 && look.differences.length === 0,
          look.live.length === 0 ? 'nothing of the stack exists in AWS' : `differences: ${listed(look.differences)}`,
          'Check the run of the apply workflow.',
        ),
    },
  ],
};
