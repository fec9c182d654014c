/** A certificate from files beside the spec or from the environment: read, checked, and kept out of the model. */

import type { Problem } from '../errors.ts';
import { certificatesIn, fingerprintsOf, privateKeysIn } from '../model/pem.ts';
import { checkKeyPair } from './check-key-pair.ts';
import { type At, asObject, type Draft, type Edge, type SpecObject } from './draft.ts';
import { formatPath } from './path.ts';
import { oneProblem } from './places.ts';

const PARTS = ['certificate', 'privateKey', 'chain'] as const;
type Part = (typeof PARTS)[number];

interface Context {
  readonly deferred: Map<string, string>;
  readonly problems: Problem[];
  readonly edge: Edge;
}

/**
 * Fills in the values of a certificate from `files`: fingerprints for the plan, the texts for the step that uploads it. The private key
 * is needed only then, so one that is not here is no mistake: the plan that needs it is refused (`plan/missing-values.ts`).
 */
export function certificateFromFiles(files: SpecObject, made: Draft, at: At, context: Context): void {
  const { deferred, edge, problems } = context;
  const report = (part: Part, message: string, hint: string, severity: Problem['severity'] = 'error'): void => {
    const path = [...made.path, 'files', part];
    problems.push({ ...oneProblem(at(path), formatPath(path), message, hint), severity });
  };
  made.values['chainFingerprints'] = '';
  const texts: { -readonly [Key in Part]?: string } = {};
  for (const part of PARTS) {
    const source = files[part];
    if (source === undefined) continue;
    const text = readPart(part, source, edge, report);
    if (text !== undefined) texts[part] = text;
  }
  const found = checkKeyPair(texts, edge.now());
  for (const { part, message, hint, severity } of found) report(part, message, hint, severity);
  if (texts.certificate === undefined || found.some(({ severity }) => severity === 'error')) return;

  // What makers of certificates call the full chain: the certificate itself, and those that issued it.
  const [own = texts.certificate, ...following] = certificatesIn(texts.certificate);
  const chain = texts.chain === undefined ? following : certificatesIn(texts.chain);
  made.values['fingerprint'] = edge.fingerprint(own);
  deferred.set(`certificate:${made.address}:body`, own);
  // IAM takes certificates and the key only, and no text around them (aws/aws-cli#715).
  if (texts.privateKey !== undefined)
    deferred.set(`certificate:${made.address}:key`, privateKeysIn(texts.privateKey)[0] ?? texts.privateKey);
  if (chain.length === 0) return;
  deferred.set(`certificate:${made.address}:chain`, `${chain.join('\n')}\n`);
  made.values['chain'] = `certificate:${made.address}:chain`;
  made.values['chainFingerprints'] = fingerprintsOf(chain.join('\n'), edge.fingerprint);
}

/** The text, or undefined after a report; a private key that is simply not here is not reported. */
function readPart(
  part: Part,
  source: unknown,
  edge: Edge,
  report: (part: Part, message: string, hint: string) => void,
): string | undefined {
  const what = part === 'privateKey' ? 'key' : part;
  if (typeof source !== 'string') {
    const name = String(asObject(source as never)['env']);
    const text = edge.env(name);
    if (text !== undefined && text !== '') return text;
    if (part !== 'privateKey') report(part, `The environment variable \`${name}\` for the ${what} is not set.`, 'Set it to the PEM text.');
    return undefined;
  }
  try {
    return edge.readText(source);
  } catch (cause) {
    if (part === 'privateKey' && cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    const why = cause instanceof Error ? cause.message.replace(/(, (open|read|lstat) .*)?(\n.*)?$/s, '') : 'unreadable';
    report(part, `The ${what} file \`${source}\` cannot be read: ${why}.`, 'Paths are relative to the spec file.');
    return undefined;
  }
}
