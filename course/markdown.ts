/** Text of somebody else in Markdown: no markup, no link, no mention, no line of its own. */
export const escapeMarkdown = (text: string): string =>
  text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').replace(/[\\`*_{}[\]<>()#+!|~:@&-]/g, (sign) => `&#${sign.codePointAt(0)};`);
