/**
 * Certificates of HTTPS listeners: the default one, given with the listener, and those for SNI, added one a call. API
 * reference, AddListenerCertificates and DescribeListenerCertificates; a default certificate that was also added is listed
 * twice.
 */
import { ApiError, invalidConfiguration, noCertificate, notPermitted, validation } from './errors.ts';
import type { Input } from './input.ts';
import { namedListener } from './listener-lookup.ts';
import type { Call, Operations, Server } from './operation.ts';
import { pageOf } from './pages.ts';
import { listenersOf } from './store.ts';

const CERTIFICATE_ARN = /^arn:aws[a-z-]*:(iam::[0-9]{12}:server-certificate\/.+|acm:[a-z0-9-]+:[0-9]{12}:certificate\/[0-9a-f-]+)$/;

/** Throws CertificateNotFound while ELB cannot see the certificate: a fresh upload takes a while (hashicorp/terraform-provider-aws#2053). */
function checkVisible(arn: string, server: Server): void {
  if (!CERTIFICATE_ARN.test(arn)) throw validation(`Certificate ARN '${arn}' is not valid`);
  const facts = server.certificates.serverCertificate(arn);
  if (facts === undefined || facts.visibleToElbAt > server.clock.now()) throw noCertificate(arn);
}

/** The one certificate that `Certificates` of a call names; undefined when absent or empty. `visible`: it must exist for ELB. */
export function readCertificate(input: Input, server: Server, visible = true): string | undefined {
  const entries = input.list('Certificates') ?? [];
  if (entries.length === 0) return undefined;
  const arns = entries.map((entry) => {
    if (entry.has('IsDefault')) throw validation('You cannot set the isDefault parameter for a certificate');
    const arn = entry.text('CertificateArn');
    if (arn === undefined || arn === '') throw validation('A certificate ARN must be specified');
    return arn;
  });
  if (arns.length > 1) throw validation(`Up to '1' certificate ARNs can be specified, but '${arns.length}' were specified`);
  const arn = arns[0];
  if (arn !== undefined && visible) checkVisible(arn, server);
  return arn;
}

function add(call: Call) {
  const { input, store, server } = call;
  const listener = namedListener(call);
  if (listener.protocol !== 'HTTPS')
    throw invalidConfiguration(`Certificates cannot be added to listeners with protocol '${listener.protocol}'`);
  const arn = readCertificate(input, server);
  if (arn === undefined) throw validation('A certificate must be specified');
  if (!listener.extraCertificateArns.includes(arn)) {
    const limit = server.quotas.certificatesPerLoadBalancer;
    const count = listenersOf(store, listener.loadBalancerArn).reduce((sum, each) => sum + each.extraCertificateArns.length, 0);
    if (count >= limit)
      throw new ApiError('TooManyCertificates', `You've reached the limit on the number of certificates per load balancer: ${limit}`);
    listener.extraCertificateArns = [...listener.extraCertificateArns, arn];
  }
  return { Certificates: [{ CertificateArn: arn, IsDefault: false }] };
}

function remove(call: Call) {
  const listener = namedListener(call);
  // Not checked for existence: a certificate that is gone from IAM must still be removable here.
  const arn = readCertificate(call.input, call.server, false);
  if (arn === undefined) throw validation('A certificate must be specified');
  if (listener.extraCertificateArns.includes(arn))
    listener.extraCertificateArns = listener.extraCertificateArns.filter((known) => known !== arn);
  else if (listener.defaultCertificateArn === arn)
    throw notPermitted(`Certificate '${arn}' is the default certificate of listener '${listener.arn}' and cannot be removed`);
  return {};
}

export const certificateOperations: Operations = {
  AddListenerCertificates: { params: ['ListenerArn', 'Certificates'], writes: true, run: add },
  RemoveListenerCertificates: { params: ['ListenerArn', 'Certificates'], writes: true, run: remove },
  DescribeListenerCertificates: {
    params: ['ListenerArn', 'Marker', 'PageSize'],
    writes: false,
    run: (call) => {
      const listener = namedListener(call);
      const all = listener.extraCertificateArns.map((CertificateArn) => ({ CertificateArn, IsDefault: false }));
      if (listener.defaultCertificateArn !== undefined) all.unshift({ CertificateArn: listener.defaultCertificateArn, IsDefault: true });
      const page = pageOf(all, (_, index) => index, call, call.server.pageSize);
      return { Certificates: page.items, NextMarker: page.nextMarker };
    },
  },
};
