import { INPUTS } from '../../action/input-table.ts';
import { OUTPUTS } from '../../action/output-table.ts';

/** `action.yml` from the tables of inputs and outputs. JSON strings are YAML strings. */
export function renderActionYml(): string {
  const lines = [
    '# Made by `npm run generate` from action/input-table.ts and action/output-table.ts.',
    'name: albedo',
    'description: Plans, applies, load-tests and watches AWS Application Load Balancers written in YAML, in one comment of the pull request.',
    'author: albedo',
    'branding:',
    '  icon: shuffle',
    '  color: orange',
    'inputs:',
    ...INPUTS.flatMap(({ name, doc, fallback }) => [
      `  ${name}:`,
      `    description: ${JSON.stringify(doc)}`,
      `    required: ${name === 'command'}`,
      ...(fallback === '' ? [] : [`    default: ${JSON.stringify(fallback)}`]),
    ]),
    'outputs:',
    ...Object.entries(OUTPUTS).flatMap(([name, doc]) => [`  ${name}:`, `    description: ${JSON.stringify(doc)}`]),
    'runs:',
    '  using: node24',
    '  main: dist/main.js',
    '  post: dist/main.js',
  ];
  return `${lines.join('\n')}\n`;
}

const BEGIN = (name: string): string => `<!-- begin: ${name}, put here by npm run generate -->`;
const END = '<!-- end -->';

/** The action's README with the tables as they are in the sources. */
export function renderActionReadme(readme: string): string {
  const inputs = INPUTS.filter((row) => row.hidden !== true).map(
    ({ name, doc, fallback }) => `| \`${name}\` | ${fallback === '' ? '' : `\`${fallback}\``} | ${doc.replaceAll('|', '\\|')} |`,
  );
  const outputs = Object.entries(OUTPUTS).map(([name, doc]) => `| \`${name}\` | ${doc.replaceAll('|', '\\|')} |`);
  return put(put(readme, 'inputs', ['| input | default | what |', '| --- | --- | --- |', ...inputs]), 'outputs', [
    '| output | what |',
    '| --- | --- |',
    ...outputs,
  ]);
}

function put(text: string, name: string, lines: readonly string[]): string {
  const begin = text.indexOf(BEGIN(name));
  const end = text.indexOf(END, begin);
  if (begin < 0 || end < 0) throw new Error(`action/README.md: the marks of ${name} are missing: ${BEGIN(name)} and ${END}`);
  return `${text.slice(0, begin + BEGIN(name).length)}\n\n${lines.join('\n')}\n\n${text.slice(end)}`;
}
