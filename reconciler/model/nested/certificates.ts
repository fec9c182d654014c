import { type Codec, reference, setOf } from '../codec.ts';
import type { Json } from '../json.ts';

/** The one default certificate of a listener: a list of one on the wire (CreateListener, Certificates). */
export function defaultCertificate(): Codec {
  const inner = reference('certificate', 'arn', { ready: true });
  return {
    ...inner,
    write: (value) => [{ CertificateArn: inner.write(value) }],
    read: (wire, context) => {
      const first: Json | undefined = Array.isArray(wire) ? wire[0] : undefined;
      return typeof first === 'object' && first !== null && 'CertificateArn' in first
        ? inner.read(first['CertificateArn'], context)
        : undefined;
    },
  };
}

/** The certificates beside the default one. AWS lists the default among them: it is passed over. */
export function extraCertificates(): Codec {
  const inner = reference('certificate', 'arn', { ready: true });
  return setOf({
    ...inner,
    write: (value) => ({ CertificateArn: inner.write(value) }),
    read: (wire, context) => {
      if (typeof wire !== 'object' || wire === null || !('CertificateArn' in wire) || ('IsDefault' in wire && wire['IsDefault'] === true))
        return undefined;
      return inner.read(wire['CertificateArn'], context);
    },
  });
}
