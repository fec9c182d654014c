import type { Json } from '../model/json.ts';
import { valueAt, valuesAt } from '../model/paths.ts';

/** Names of resources in a spec: `^[a-z][a-z0-9-]{0,62}$`, kept short enough to be read. */
const LONGEST = 40;

/** A legal name made of any text, empty when nothing of the text can stand in one. */
export function legalName(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, LONGEST)
    .replace(/-+$/, '');
}

/** The first of the wishes that is a name, with a number behind it where it is taken; and takes it. */
export function takeName(wishes: readonly string[], taken: Set<string>): string {
  const wish = wishes.map(legalName).find((name) => name !== '') ?? 'unnamed';
  let name = wish;
  for (let number = 2; taken.has(name); number++) name = `${wish}-${number}`;
  taken.add(name);
  return name;
}

/** `http` and `https` on the ports everybody expects, else with the port. */
export function wishForListener(listener: Json, tags: Readonly<Record<string, string>>): readonly string[] {
  const [protocol, port] = [String(valueAt(listener, 'Protocol')).toLowerCase(), Number(valueAt(listener, 'Port'))];
  const usual = (protocol === 'http' && port === 80) || (protocol === 'https' && port === 443);
  return [tags['Name'] ?? '', usual ? protocol : `${protocol}-${port}`];
}

/** A rule by what it matches: host and path first, since people know rules by them. */
export function wishForRule(rule: Json, tags: Readonly<Record<string, string>>): readonly string[] {
  const first = (...paths: readonly string[]) =>
    paths.flatMap((path) => valuesAt(rule, `Conditions[].${path}`)).map((value) => String(value).replace(/[*?]+/g, ' '))[0] ?? '';
  const host = first('HostHeaderConfig.Values[]', 'HostHeaderConfig.RegexValues[]');
  const path = first('PathPatternConfig.Values[]', 'PathPatternConfig.RegexValues[]');
  const header = `${first('HttpHeaderConfig.HttpHeaderName')} ${first('HttpHeaderConfig.Values[]', 'HttpHeaderConfig.RegexValues[]')}`;
  const query = `${first('QueryStringConfig.Values[].Key')} ${first('QueryStringConfig.Values[].Value')}`;
  const method = first('HttpRequestMethodConfig.Values[]');
  return [tags['Name'] ?? '', `${host} ${path}`, header, query, method, `rule-${String(valueAt(rule, 'Priority'))}`];
}

/** A zone by its letter, where it is one of the region itself; Local Zones by their whole name. */
export function wishForSubnet(zone: string, region: string): readonly string[] {
  return [zone.startsWith(region) && /^[a-z]$/.test(zone.slice(region.length)) ? zone.slice(region.length) : zone, 'subnet'];
}

/** A certificate by its name in IAM; of one in ACM the ARN tells no name. */
export function wishForCertificate(arn: string): readonly string[] {
  const last = arn.slice(arn.lastIndexOf('/') + 1);
  return [arn.includes(':acm:') ? `acm-${last.slice(0, 8)}` : last, 'certificate'];
}
