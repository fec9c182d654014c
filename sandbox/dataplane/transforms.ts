/**
 * A rule's transforms in HAProxy's words. They change the request on its way to the target, after the rule was chosen: the
 * first match of the expression is replaced, `$1` to `$9` stand for what its groups caught. Nothing matched: nothing changes.
 * Matched, but what comes out is no URL or host name: 500 (Application Load Balancers guide, "Transforms for listener rules").
 */
import type { RewriteFacts, TransformFacts } from '../types.ts';
import { errorReturn } from './error-pages.ts';
import { argument, word } from './haproxy-config-values.ts';

/** `condition`: when the rule was chosen. */
export function transformLines(transforms: readonly TransformFacts[], condition: string): readonly string[] {
  return transforms.flatMap((transform) => {
    const [rewrite] = (transform.Type === 'url-rewrite' ? transform.UrlRewriteConfig : transform.HostHeaderRewriteConfig)?.Rewrites ?? [];
    if (rewrite === undefined) return [];
    return transform.Type === 'url-rewrite' ? urlLines(rewrite, condition) : hostLines(rewrite, condition);
  });
}

/** On path and query, as the client wrote them. */
function urlLines(rewrite: RewriteFacts, condition: string): readonly string[] {
  const matched = `${condition} { pathq -m reg -- ${word(rewrite.Regex)} }`;
  return [
    `http-request set-var(txn.url) ${word(`pathq,${substitution(rewrite, '')}`)} if ${matched}`,
    `http-request return ${errorReturn(500)} if ${condition} { var(txn.url) -m found } !{ var(txn.url) -m reg ${word('^/[!-~\\x80-\\xff]*$')} }`,
    `http-request set-pathq %[var(txn.url)] if ${condition} { var(txn.url) -m found }`,
  ];
}

/** On the Host header, as the client wrote it; host names ignore case. */
function hostLines(rewrite: RewriteFacts, condition: string): readonly string[] {
  const matched = `${condition} { req.hdr(host) -i -m reg -- ${word(rewrite.Regex)} }`;
  return [
    `http-request set-var(txn.host) ${word(`req.hdr(host),${substitution(rewrite, 'i')}`)} if ${matched}`,
    `http-request return ${errorReturn(500)} if ${condition} { var(txn.host) -m found } !{ var(txn.host) -m reg ${word('^[A-Za-z0-9._:\\[\\]-]+$')} }`,
    `http-request set-header Host %[var(txn.host)] if ${condition} { var(txn.host) -m found }`,
  ];
}

/** The condition that the Host header was rewritten: it then reaches the target as it is. */
export const HOST_REWRITTEN = '{ var(txn.host) -m found }';

function substitution({ Regex, Replace }: RewriteFacts, flags: string): string {
  // HAProxy writes groups with a backslash.
  const replacement = Replace.replaceAll('\\', '\\\\').replace(/\$(\d)/g, '\\$1');
  return `regsub(${argument(Regex)},${argument(replacement)}${flags === '' ? '' : `,${flags}`})`;
}
