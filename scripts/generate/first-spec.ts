const BEGIN = '<!-- begin: environments/sandbox/webserver.yaml, put here by npm run generate -->';
const END = '<!-- end -->';

/** docs/first-spec.md with the example as it stands in its file, so that the two cannot differ. */
export function renderFirstSpec(page: string, example: string): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END, begin);
  if (begin < 0 || end < 0)
    throw new Error(`docs/first-spec.md: the marks of the example are missing. Put these two lines where it belongs:\n${BEGIN}\n${END}`);
  return `${page.slice(0, begin + BEGIN.length)}\n\n\`\`\`yaml\n${example}\`\`\`\n\n${page.slice(end)}`;
}
