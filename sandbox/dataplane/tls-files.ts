/** The files a listener's TLS needs: its certificates and, with mutual TLS, what client certificates are judged by. */
import type { Elbv2State, ListenerFacts } from '../types.ts';
import type { HeldFile, KeyFolder } from './certificates.ts';

export interface TlsFiles {
  /** The default certificate first. */
  readonly certificates: readonly HeldFile[];
  readonly trust?: {
    readonly bundle: HeldFile;
    /** All revocation lists in one; absent when there are none. */
    readonly revocations?: HeldFile;
  };
}

/** What the listener needs, or why it cannot be served. Nothing for HTTP. */
export function tlsFiles(listener: ListenerFacts, keys: KeyFolder, state: Elbv2State): TlsFiles | { readonly missing: string } | undefined {
  if (listener.protocol !== 'HTTPS') return undefined;
  const certificates = listener.certificateArns.map((arn) => keys.certificate(arn)).filter((file) => file !== undefined);
  if (certificates.length === 0) return { missing: 'its certificate is not there' };
  const { mode, trustStoreArn } = listener.mutualAuthentication ?? { mode: 'off' };
  if (mode === 'off') return { certificates };
  // HAProxy asks for no client certificate without authorities to hold it against; passthrough then ignores what they say.
  if (mode === 'passthrough') return { certificates, trust: { bundle: keys.file(publicParts(certificates[0]?.text ?? '')) } };
  const store = trustStoreArn === undefined ? undefined : state.trustStore?.(trustStoreArn);
  if (store === undefined) return { missing: `its trust store ${trustStoreArn ?? ''} is not there` };
  // HAProxy passes over what it cannot read, and with it every revocation.
  const lists = store.revocations.map((list) => list.replaceAll(/-----(BEGIN|END) CRL-----/g, '-----$1 X509 CRL-----').trim());
  if (!lists.every((list) => list.includes('-----BEGIN X509 CRL-----')))
    return { missing: `its trust store ${trustStoreArn ?? ''} has a revocation list that is no PEM` };
  return {
    certificates,
    trust: { bundle: keys.file(store.bundle), ...(lists.length > 0 ? { revocations: keys.file(`${lists.join('\n')}\n`) } : {}) },
  };
}

export function filesOf(files: TlsFiles): readonly HeldFile[] {
  const { trust } = files;
  return [...files.certificates, ...(trust ? [trust.bundle] : []), ...(trust?.revocations ? [trust.revocations] : [])];
}

function publicParts(pem: string): string {
  return `${(pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).join('\n')}\n`;
}
