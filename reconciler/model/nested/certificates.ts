import { type Codec, type Reference, reference, setOf } from '../codec.ts';
import { isObject } from '../json.ts';
import { flat } from '../rows.ts';

/** Certificate, ELBv2 API reference. */
const certificate = flat('CertificateArn', reference('certificate', 'arn', { ready: true }), { shown: ['IsDefault'] });

type Sent = readonly ReturnType<typeof certificate.write>[];

/** The one default certificate of a listener: a list of one on the wire (CreateListener, Certificates). */
export function defaultCertificate(): Codec<Reference, Sent> {
  return {
    ...certificate,
    write: (value) => [certificate.write(value)],
    read: (wire, context) => (Array.isArray(wire) ? certificate.read(wire[0], context) : undefined),
  };
}

/** The certificates beside the default one. AWS lists the default among them: it is passed over. */
export function extraCertificates(): Codec<readonly Reference[], Sent> {
  return setOf({
    ...certificate,
    read: (wire, context) => (isObject(wire) && wire['IsDefault'] === true ? undefined : certificate.read(wire, context)),
  });
}
