import { X509Certificate } from 'node:crypto';
import { asList } from '../../reconciler/model/json.ts';
import { valueAt } from '../../reconciler/model/paths.ts';
import { type Exercise, type Look, verdict } from '../exercise.ts';
import { listenerOf, served } from '../read.ts';

const DAY = 24 * 60 * 60 * 1000;
const replyOf = (look: Look) =>
  look.once('tls', async () => {
    const [reply] = await look.ask(listenerOf(look, 'HTTPS'), '/', 1);
    if (reply === undefined || reply.status === 0) throw new Error('GET / over HTTPS has no answer');
    return reply;
  });

/** The certificate that AWS holds for the HTTPS listener. */
const certificateOf = (look: Look) =>
  look.once('certificate', async () => {
    const { port } = listenerOf(look, 'HTTPS');
    const answer = await look.call('elbv2:DescribeListeners', { LoadBalancerArn: look.of('loadBalancer')[0]?.id ?? '' });
    const listener = asList(valueAt(answer, 'Listeners')).find((each) => valueAt(each, 'Port') === port);
    const arn = String(valueAt(listener ?? null, 'Certificates[0].CertificateArn') ?? '');
    const name = arn.slice(arn.lastIndexOf('/') + 1);
    if (!arn.includes(':server-certificate/')) throw new Error(`the listener's certificate is not from IAM (${arn || 'none'})`);
    const held = await look.call('iam:GetServerCertificate', { ServerCertificateName: name });
    return new X509Certificate(String(valueAt(held, 'ServerCertificate.CertificateBody')));
  });

export const tls: Exercise = {
  name: 'tls',
  chapter: 8,
  title: 'TLS at the load balancer',
  task: 'Add a listener for HTTPS on port 443 with a certificate in IAM, made with openssl or with selfSigned.',
  criteria: [
    {
      title: 'A listener for HTTPS on port 443 answers',
      points: 1,
      look: async (look) => {
        const { port } = listenerOf(look, 'HTTPS');
        const reply = await replyOf(look);
        return verdict(
          port === 443 && served(reply),
          `HTTPS on port ${port} answers ${reply.status}`,
          'Add listeners.https with protocol HTTPS, port 443 and a certificate.',
        );
      },
    },
    {
      title: 'It serves its certificate from IAM',
      points: 2,
      look: async (look) => {
        const [{ fingerprint }, held] = [await replyOf(look), await certificateOf(look)];
        const wanted = held.fingerprint256.replaceAll(':', '').toLowerCase();
        return verdict(
          fingerprint === wanted,
          `served sha256 ${fingerprint.slice(0, 16)}…, in IAM ${wanted.slice(0, 16)}…`,
          'Apply again; it takes a short while until a new certificate is served.',
        );
      },
    },
    {
      title: 'The certificate is valid for 30 days or more, with a key of 2048 bits or more',
      points: 1,
      look: async (look) => {
        const held = await certificateOf(look);
        const days = Math.floor((Date.parse(held.validTo) - look.now()) / DAY);
        const { asymmetricKeyType: type, asymmetricKeyDetails: details } = held.publicKey;
        const bits = details?.modulusLength;
        return verdict(
          days >= 30 && (type !== 'rsa' || (bits ?? 0) >= 2048),
          `${held.subject.replaceAll('\n', ', ')}: ${days} days left, ${type ?? 'unknown'} key${bits === undefined ? '' : ` of ${bits} bits`}`,
          'Create a new one: openssl genrsa -out private.pem 2048, and -days 365.',
        );
      },
    },
    {
      title: 'The connection uses TLS 1.2 or newer',
      points: 1,
      look: async (look) => {
        const { tlsVersion } = await replyOf(look);
        return verdict(
          /^TLSv1\.[23]$/.test(tlsVersion),
          `it uses ${tlsVersion || 'no TLS'}`,
          'Remove sslPolicy, so that the recommended policy is used.',
        );
      },
    },
  ],
};
