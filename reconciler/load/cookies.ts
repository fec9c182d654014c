/** Set-Cookie headers, as far as the stickiness probe needs them. Pure. */

export interface Cookie {
  readonly name: string;
  readonly value: string;
  /** Seconds from `now`; null for a cookie that ends with the browser's session. */
  readonly lifetime: number | null;
}

/** `now`: milliseconds since the epoch. Max-Age goes before Expires (RFC 6265, 5.3). */
export function parseSetCookie(header: string, now: number): Cookie | undefined {
  const [pair = '', ...attributes] = header.split(';');
  const equals = pair.indexOf('=');
  if (equals < 1) return undefined;
  let maxAge: number | null = null;
  let expires: number | null = null;
  for (const attribute of attributes) {
    const at = attribute.indexOf('=');
    const key = attribute
      .slice(0, at === -1 ? undefined : at)
      .trim()
      .toLowerCase();
    const value = at === -1 ? '' : attribute.slice(at + 1).trim();
    if (key === 'max-age' && /^-?\d+$/.test(value)) maxAge = Number(value);
    if (key === 'expires' && Number.isFinite(Date.parse(value))) expires = (Date.parse(value) - now) / 1000;
  }
  return { name: pair.slice(0, equals).trim(), value: pair.slice(equals + 1).trim(), lifetime: maxAge ?? expires };
}

export function cookiesOf(header: string | readonly string[] | undefined, now: number): Cookie[] {
  const lines = header === undefined ? [] : typeof header === 'string' ? [header] : header;
  return lines.map((line) => parseSetCookie(line, now)).filter((cookie): cookie is Cookie => cookie !== undefined);
}
