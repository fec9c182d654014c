/** Single reads of the pass that `observe.ts` composes. */

import type { Kind } from '../model/field.ts';
import type { Json } from '../model/json.ts';
import type { Existing } from '../model/model.ts';
import { outputAt, valueAt, valuesAt } from '../model/paths.ts';
import { STACK_TAG } from '../model/tags.ts';
import type { ObserveScope } from './adopt.ts';
import { renewalOf } from './certificate-expiry.ts';
import { type Raw, tagsOf } from './decode.ts';
import { decodeCertificate } from './x509.ts';

export type Call = (op: string, input: Json) => Promise<Json>;

export async function list(kind: Kind, stack: ObserveScope, call: Call): Promise<readonly Json[]> {
  const { read } = kind;
  const filters = (read.input as { readonly Filters?: readonly Json[] } | undefined)?.Filters ?? [];
  const input: Json =
    read.by === 'tagged'
      ? { Filters: [{ Name: `tag:${STACK_TAG}`, Values: [stack.name] }, ...filters] }
      : read.by === 'path'
        ? { PathPrefix: `/albedo/${stack.region}/${stack.name}/` }
        : (read.input ?? {});
  const objects = valuesAt(await call(read.op, input), read.list.endsWith(']') ? read.list : `${read.list}[]`);
  return without(kind, objects);
}

/** The objects but those that the kind passes over. */
export function without(kind: Kind, objects: readonly Json[]): readonly Json[] {
  const { except } = kind.read;
  return except === undefined ? objects : objects.filter((object) => !except.values.includes(String(valueAt(object, except.path))));
}

/** ELBv2 DescribeTags takes 20 ARNs a call (API reference). */
export async function readTags(arns: readonly string[], call: Call): Promise<ReadonlyMap<string, Readonly<Record<string, string>>>> {
  const chunks = Array.from({ length: Math.ceil(arns.length / 20) }, (_, index) => arns.slice(index * 20, index * 20 + 20));
  const answers = await Promise.all(chunks.map((chunk) => tagsOfArns(chunk, call)));
  return new Map(answers.flat().map((entry) => [String(valueAt(entry, 'ResourceArn')), tagsOf(valueAt(entry, 'Tags'))]));
}

/** One ARN that is gone fails the call for all: then each is asked for alone. */
async function tagsOfArns(arns: readonly string[], call: Call): Promise<readonly Json[]> {
  try {
    return valuesAt(await call('elbv2:DescribeTags', { ResourceArns: arns }), 'TagDescriptions[]');
  } catch (cause) {
    if (!isNotFound(cause)) throw cause;
    return arns.length === 1 ? [] : (await Promise.all(arns.map((arn) => tagsOfArns([arn], call)))).flat();
  }
}

export const isNotFound = (cause: unknown): boolean =>
  typeof cause === 'object' && cause !== null && 'class' in cause && cause.class === 'NotFound';

export async function detail(raw: Raw, depth: 'full' | 'shallow', call: Call, stack: ObserveScope, now: number | undefined): Promise<Raw> {
  const said = stack.desired.find((entry) => entry.address === raw.address)?.values ?? {};
  const reads = (raw.kind.read.details ?? []).filter(
    (read) => (depth === 'full' || read.always) && (read.ifSaid === undefined || said[read.ifSaid] !== undefined),
  );
  const parts = await Promise.all(
    reads.map(async (read): Promise<[string, Json | undefined]> => {
      try {
        return [read.as ?? read.keep, valueAt(await call(read.op, { [read.param]: outputAt(raw.object, read.from) ?? '' }), read.keep)];
      } catch (cause) {
        if (isNotFound(cause)) return [read.as ?? read.keep, undefined];
        throw cause;
      }
    }),
  );
  const object: Json = {
    ...(raw.object as { readonly [key: string]: Json }),
    ...Object.fromEntries(parts.filter((part): part is [string, Json] => part[1] !== undefined)),
  };
  const body = valueAt(object, 'ServerCertificate.CertificateBody');
  if (typeof body !== 'string') return { ...raw, object };
  const tags = tagsOf(valueAt(object, 'ServerCertificate.Tags'));
  const certificate = decodeCertificate(body, String(valueAt(object, 'ServerCertificate.CertificateChain') ?? ''));
  const renewal = renewalOf(certificate['validTo'], said['renewBefore'], now);
  const made = { ...raw, tags, object: { ...object, Certificate: { ...certificate, renewal: renewal.state } } };
  return renewal.reason === undefined ? made : { ...made, reasons: { renewal: renewal.reason } };
}

export async function lookUp(existing: Existing, call: Call): Promise<{ address: string; outputs: Readonly<Record<string, string>> }> {
  if (existing.lookup === undefined) return { address: existing.address, outputs: existing.outputs };
  const found =
    valuesAt(
      await call(existing.lookup.op, existing.lookup.input),
      existing.lookup.list.endsWith(']') || existing.lookup.list === 'ServerCertificate'
        ? existing.lookup.list
        : `${existing.lookup.list}[]`,
    )[0] ?? {};
  const outputs = Object.fromEntries(
    Object.entries(existing.lookup.outputs).flatMap(([name, path]) => {
      const value = outputAt(found, path);
      return value === undefined ? [] : [[name, value]];
    }),
  );
  return { address: existing.address, outputs: { ...existing.outputs, ...outputs } };
}
