/**
 * Answers of the AWS query protocol as XML text. A value is written under the name of its key: arrays as `<member>` children,
 * a `Map` as `<entry><key/><value/></entry>` children, `undefined` not at all. No document is built: reads must be cheap
 * (over 1,000 a second on one core, HTTP included).
 */
export const XMLNS = 'http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/';

export type XmlValue = string | number | boolean | undefined | readonly XmlValue[] | ReadonlyMap<string, string> | XmlNode;
export interface XmlNode {
  readonly [name: string]: XmlValue;
}

/** Control characters that XML 1.0 has no way to write. */
const UNWRITABLE = /[^\P{Cc}\t\n\r\x7f-\x9f]/gu;
const SPECIAL = /[<>&"\r]|[^\P{Cc}\t\n\x7f-\x9f]/u;

/** XML 1.0 cannot hold most control characters at all: they become U+FFFD, as a parser would refuse the whole answer. */
export function escapeXml(text: string): string {
  if (!SPECIAL.test(text)) return text;
  return text
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
    .replace(/\r/g, '&#xD;')
    .replace(UNWRITABLE, '\ufffd');
}

function writeValue(value: Exclude<XmlValue, undefined>): string {
  if (typeof value === 'string') return escapeXml(value);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  let out = '';
  if (Array.isArray(value)) {
    for (const item of value as readonly XmlValue[]) if (item !== undefined) out += `<member>${writeValue(item)}</member>`;
    return out;
  }
  if (value instanceof Map) {
    for (const [key, item] of value as ReadonlyMap<string, string>)
      out += `<entry><key>${escapeXml(key)}</key><value>${escapeXml(item)}</value></entry>`;
    return out;
  }
  for (const [name, item] of Object.entries(value as XmlNode)) if (item !== undefined) out += `<${name}>${writeValue(item)}</${name}>`;
  return out;
}

/** The whole answer of a call that succeeded. */
export function successXml(action: string, result: XmlNode, requestId: string): string {
  return `<${action}Response xmlns="${XMLNS}"><${action}Result>${writeValue(result)}</${action}Result><ResponseMetadata><RequestId>${escapeXml(requestId)}</RequestId></ResponseMetadata></${action}Response>`;
}

/** The whole answer of a call that was refused. `Type` is `Sender` for the caller's fault (4xx), `Receiver` for ours. */
export function errorXml(status: number, code: string, message: string, requestId: string): string {
  const type = status < 500 ? 'Sender' : 'Receiver';
  return `<ErrorResponse xmlns="${XMLNS}"><Error><Type>${type}</Type><Code>${escapeXml(code)}</Code><Message>${escapeXml(message)}</Message></Error><RequestId>${escapeXml(requestId)}</RequestId></ErrorResponse>`;
}
