/**
 * XML as the query protocols use it, read into plain objects and written back. Lists are `item` (EC2) or `member` (IAM,
 * ELBv2) elements and are always arrays here, also with one element; every value is text.
 */
import { XMLBuilder, XMLParser } from 'fast-xml-parser';

export type XmlValue = string | XmlObject | readonly XmlValue[];
export interface XmlObject {
  [name: string]: XmlValue | undefined;
}

const parser = new XMLParser({
  ignoreAttributes: false,
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  isArray: (name) => name === 'item' || name === 'member',
});
const builder = new XMLBuilder({ ignoreAttributes: false, suppressEmptyNode: true });

export function parseXml(text: string): XmlObject {
  const parsed: unknown = parser.parse(text);
  return isObject(parsed) ? parsed : {};
}

/** Writes a document; one made by `parseXml` comes out as it went in. */
export function buildXml(document: XmlObject): string {
  const text: string = builder.build(document);
  return text.startsWith('<?xml') ? text : `<?xml version="1.0" encoding="UTF-8"?>\n${text}`;
}

function isObject(value: unknown): value is XmlObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The element at `path` (`attachment.status`), as an object; an empty one when it is missing or holds only text. */
export function child(node: XmlObject, path: string): XmlObject {
  const value = find(node, path);
  return isObject(value) ? value : {};
}

/** The text at `path`, empty when it is missing or holds elements. */
export function text(node: XmlObject, path: string): string {
  const value = find(node, path);
  return typeof value === 'string' ? value : '';
}

/** The elements of the list at `path` (`instancesSet`, whose elements are `item`s). */
export function items(node: XmlObject, path: string): XmlObject[] {
  const list = child(node, path);
  const found = list['item'] ?? list['member'];
  return Array.isArray(found) ? found.filter(isObject) : [];
}

/** A list element ready to be written: empty lists become an empty element, as AWS writes them. */
export function listOf(elements: readonly XmlValue[], name: 'item' | 'member' = 'item'): XmlValue {
  return elements.length === 0 ? '' : { [name]: elements };
}

function find(node: XmlObject, path: string): XmlValue | undefined {
  let value: XmlValue | undefined = node;
  for (const name of path.split('.')) {
    if (!isObject(value)) return undefined;
    value = value[name];
  }
  return value;
}

/** The one element of a document, past the XML declaration: its name and content. */
export function rootOf(document: XmlObject): { readonly name: string; readonly content: XmlObject } {
  const name = Object.keys(document).find((key) => !key.startsWith('?')) ?? '';
  return { name, content: child(document, name) };
}
