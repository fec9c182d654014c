/**
 * Rule conditions as HAProxy ACLs. All conditions of a rule must hold, one value of each is enough; `*` is any number of
 * characters and `?` exactly one (Application Load Balancers guide, "Condition types for listener rules"). Host, header and
 * query values ignore case, paths and methods do not. Regular expressions match anywhere unless they say otherwise.
 */
import { fields, list } from './actions-facts.ts';
import { wildcard, word } from './haproxy-config-values.ts';

/** The `acl` lines of a condition, all under `name`: several lines of one name are alternatives. Undefined: a kind unknown here. */
export function conditionLines(name: string, condition: Readonly<Record<string, unknown>>): readonly string[] | undefined {
  const field = String(condition['Field']);
  const config = (key: string): Readonly<Record<string, unknown>> => fields(condition[key]);
  const values = (key: string, member = 'Values'): readonly string[] => {
    const own = list(config(key)[member]).map(String);
    return own.length > 0 ? own : list(condition[member]).map(String);
  };
  const acl = (fetch: string, flags: string, pattern: string): string => `acl ${name} ${fetch} ${flags} -- ${word(pattern)}`;
  const patterns = (key: string, fetch: string, flags: string, regexFetch = fetch): string[] => [
    ...values(key).map((value) => acl(fetch, `${flags}-m reg`, `^${wildcard(value)}$`)),
    ...values(key, 'RegexValues').map((value) => acl(regexFetch, `${flags}-m reg`, value)),
  ];
  switch (field) {
    case 'host-header':
      // A value has no port to compare; a regular expression sees the header as it was sent.
      return patterns('HostHeaderConfig', 'req.hdr(host),host_only', '-i ', 'req.hdr(host)');
    case 'path-pattern':
      return patterns('PathPatternConfig', 'path', '');
    case 'http-header': {
      const header = String(config('HttpHeaderConfig')['HttpHeaderName']);
      // It becomes a fetch argument, where brackets and quotes mean something; names with them are not in use.
      if (!/^[A-Za-z0-9_.-]{1,40}$/.test(header)) return undefined;
      return patterns('HttpHeaderConfig', `req.fhdr(${header})`, '-i ');
    }
    case 'http-request-method':
      return values('HttpRequestMethodConfig').map((value) => acl('method', '-m str', value));
    case 'query-string':
      return list(config('QueryStringConfig')['Values']).map((entry) => acl('query', '-i -m reg', queryPattern(fields(entry))));
    case 'source-ip':
      return values('SourceIpConfig').map((value) => `acl ${name} src -- ${word(value)}`);
    default:
      return undefined;
  }
}

/** A pair anywhere in the query; without a key, any pair with that value, or that word alone. */
function queryPattern(entry: Readonly<Record<string, unknown>>): string {
  const value = wildcard(String(entry['Value'] ?? ''), '[^&]');
  const key = entry['Key'];
  const pair = key === undefined || key === '' ? `(?:[^&=]*=)?${value}` : `${wildcard(String(key), '[^&=]')}=${value}`;
  return `(?:^|&)${pair}(?:&|$)`;
}
