/** `command: doctor`: what the credentials and the machine lack, region by region, with the statements to add. */

import { faultsOf } from '../reconciler/chaos/experiments.ts';
import { diagnose } from '../reconciler/doctor/doctor.ts';
import { EXIT } from '../reconciler/errors.ts';
import { findK6 } from '../reconciler/load/find-k6.ts';
import { fence, markdown } from '../reconciler/report/escape.ts';
import { table } from '../reconciler/report/markdown-blocks.ts';
import type { Job } from './commands.ts';

export interface Diagnosed {
  readonly exit: number;
  readonly markdown: string;
  readonly text: string;
}

const MARKS = { ok: '✔', missing: '✘', unchecked: '?' } as const;

export async function runDoctor({ inputs, specs, sessionFor }: Pick<Job, 'inputs' | 'specs' | 'sessionFor'>): Promise<Diagnosed> {
  const stacks = specs.map(({ spec }) => spec.stack);
  const parts: { readonly missing: number; readonly markdown: string; readonly text: string }[] = [];
  for (const region of new Set(stacks.map((stack) => stack.region))) {
    const { findings, grant } = await diagnose(
      {
        ...{
          role: inputs.role,
          region,
          unmasked: !inputs.maskAccountId,
          startOrphans: inputs.orphans,
          env: process.env,
          findK6: () => findK6(process.env),
        },
        stacks: stacks.filter((stack) => stack.region === region),
        experiments: specs.flatMap(({ spec }) => faultsOf(spec.settings).map(({ experiment }) => experiment.name)),
      },
      sessionFor({ region }),
    );
    const missing = findings.filter((finding) => finding.state === 'missing').length;
    const title = `${region}: ${missing === 0 ? 'nothing is missing' : `${missing} missing`}`;
    const rows = findings.map(({ name, state, detail }) => [MARKS[state], markdown(name), markdown(detail)]);
    parts.push({
      missing,
      markdown: [
        `### ${missing === 0 ? '✅' : '❌'} ${title}`,
        table(['', 'what', ''], rows),
        ...(grant === '' ? [] : ['Add to a policy of the role:', fence('json', grant.split('\n'))]),
      ].join('\n\n'),
      text: [title, ...findings.map(({ name, state, detail }) => `  ${MARKS[state]} ${name}  ${detail}`), grant].join('\n'),
    });
  }
  return {
    exit: parts.some(({ missing }) => missing > 0) ? EXIT.credentials : EXIT.ok,
    markdown: parts.map((part) => part.markdown).join('\n\n'),
    text: parts.map((part) => part.text).join('\n'),
  };
}
