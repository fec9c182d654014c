import { type ParserOptions, parse } from '@babel/parser';

const OPTIONS: ParserOptions = { sourceType: 'module', plugins: ['typescript'], errorRecovery: false };

type Node = { readonly type: string; readonly loc?: { readonly start: { readonly line: number } }; readonly [key: string]: unknown };

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';

/** Words with a space between them: a name, a key or a path is no sentence. */
const isProse = (text: string): boolean => /\p{L}{2,}[,;:]? +[\p{L}(`"…{]/u.test(text) || /… \p{L}{2,}/u.test(text);

/**
 * The sentences of a TypeScript source: each string and template of more than one word, on the line on which it begins; all other lines
 * are empty. A value that is put in reads `…`. Strings of imports, types, keys and comparisons are left out.
 */
export function stringsOf(source: string, path = 'source.ts'): string {
  let program: Node;
  try {
    program = parse(source, OPTIONS).program as unknown as Node;
  } catch (error) {
    throw new Error(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  const lines = source.split('\n').map((): string[] => []);
  const keep = (node: Node, text: string): void => {
    if (isProse(text)) lines[(node.loc?.start.line ?? 1) - 1]?.push(text.replace(/\s+/g, ' ').trim());
  };
  const visit = (node: Node): void => {
    switch (node.type) {
      case 'ImportDeclaration':
      case 'ExportAllDeclaration':
      case 'TSTypeAliasDeclaration':
      case 'TSInterfaceDeclaration':
      case 'TSTypeAnnotation':
        return;
      case 'StringLiteral':
        keep(node, String(node['value']));
        return;
      case 'TemplateLiteral': {
        const parts = node['quasis'] as readonly { readonly value: { readonly cooked?: string; readonly raw: string } }[];
        keep(node, parts.map(({ value }) => value.cooked ?? value.raw).join('…'));
        for (const each of node['expressions'] as readonly Node[]) visit(each);
        return;
      }
      case 'BinaryExpression':
        // A text that is built with `+` is a sentence; one that is compared with is a value.
        if (/^[=!]==?$/.test(String(node['operator']))) return;
    }
    for (const [key, value] of Object.entries(node)) {
      if (key === 'loc' || (key === 'key' && node['computed'] !== true)) continue;
      for (const each of Array.isArray(value) ? value : [value]) if (isNode(each)) visit(each);
    }
  };
  visit(program);
  // A full stop between two sentences of one line, so that they are not read as one.
  return lines.map((texts) => texts.map((text) => text.replaceAll('`', "'")).join('. ')).join('\n');
}
