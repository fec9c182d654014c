const BEGIN = '<!-- begin: environments/sandbox/webserver.yaml, put here by npm run generate -->';
const END = '<!-- end -->';

/** The README with the example as it stands in its file, so that the two cannot differ. */
export function renderReadme(readme: string, example: string): string {
  const begin = readme.indexOf(BEGIN);
  const end = readme.indexOf(END, begin);
  if (begin < 0 || end < 0)
    throw new Error(`README.md: the marks of the example are missing. Put these two lines where it belongs:\n${BEGIN}\n${END}`);
  return `${readme.slice(0, begin + BEGIN.length)}\n\n\`\`\`yaml\n${example}\`\`\`\n\n${readme.slice(end)}`;
}
