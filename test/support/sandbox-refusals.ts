/** The refusals of the sandbox, read from its sources: what it can say, so that none of it is forgotten. */

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const TEXT = String.raw`\s*(\`(?:[^\`\\]|\\.)*\`|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")`;
/** Functions that make a refusal of their first text, and the class that makes one of its second. */
const WAYS = {
  elbv2: String.raw`(?:\b(?:validation|invalidConfiguration|invalidAction|notPermitted|badBundle|badList)\(|new ApiError\(\s*'[\w.]+',|ApiError => new ApiError\('\w+',)`,
  ledger: String.raw`(?:(?<!=> )\b(?:dependencyViolation|malformed|invalid|invalidInput)\(|new ApiRefusal\(\s*(?:'[\w.]+'|code),)`,
} as const;

export interface SandboxRefusal {
  readonly file: string;
  /** As it is written, with `…` where something is put in. */
  readonly text: string;
  readonly pattern: RegExp;
}

/** Of ELBv2, or of what is before moto: EC2, IAM, STS and SSM. */
export function sandboxRefusals(part: keyof typeof WAYS = 'elbv2'): readonly SandboxRefusal[] {
  const folder = fileURLToPath(new URL(`../../sandbox/${part}/`, import.meta.url));
  const refusal = new RegExp(WAYS[part] + TEXT, 'gs');
  return readdirSync(folder).flatMap((file) =>
    [...readFileSync(folder + file, 'utf8').matchAll(refusal)].map(([, quoted = '']) => {
      const text = withGaps(quoted.slice(1, -1)).replace(/\\(.)/g, '$1');
      const pattern = new RegExp(
        `^${text
          .split('…')
          .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
          .join('[\\s\\S]*')}$`,
      );
      return { file, text, pattern };
    }),
  );
}

/** A template with `…` for what is put in, braces within braces among it. */
function withGaps(template: string): string {
  const start = template.indexOf('${');
  if (start < 0) return template;
  let depth = 0;
  for (let at = start + 1; at < template.length; at++) {
    if (template[at] === '{') depth++;
    if (template[at] === '}' && --depth === 0) return `${template.slice(0, start)}…${withGaps(template.slice(at + 1))}`;
  }
  return `${template.slice(0, start)}…`;
}
