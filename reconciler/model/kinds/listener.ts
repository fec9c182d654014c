import { integer, oneOf, reference, text } from '../codec.ts';
import { DERIVED, REQUIRED, create, modify, type Kind } from '../field.ts';
import { actions } from '../nested/actions.ts';
import { defaultCertificate } from '../nested/certificates.ts';

const https = { when: { protocol: ['HTTPS'] }, together: 'tls' } as const;

/** Rows of the ELBv2 API reference: CreateListener, ModifyListener. */
export const listener: Kind = {
  name: 'listener',
  label: 'listener',
  service: 'elbv2',
  fields: {
    loadBalancer: create('LoadBalancerArn', reference('loadBalancer', 'arn'), DERIVED, 'The load balancer of the stack.', { internal: true }),
    protocol: modify('Protocol', oneOf('HTTP', 'HTTPS'), REQUIRED, 'The protocol that clients speak.', { together: 'tls', risk: { risk: 'drop', reason: 'clients of the old protocol are refused' } }),
    port: modify('Port', integer(1, 65535, 'port'), REQUIRED, 'The port that clients connect to.', { risk: { risk: 'drop', reason: 'clients of the old port are refused' } }),
    sslPolicy: modify('SslPolicy', text({ pattern: '^ELBSecurityPolicy-[A-Za-z0-9-]+$', patternMessage: 'the name of a policy, such as ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09', example: 'ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09' }), 'ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09', 'The TLS versions and ciphers. Default: what the console picks; the API alone would pick one of 2016.', { ...https, risk: { risk: 'shift', reason: 'clients without a common TLS version or cipher are refused' } }),
    certificate: modify('Certificates', defaultCertificate(), REQUIRED, 'Name of the certificate to show, under certificates.', https),
    defaultActions: modify('DefaultActions', actions(), REQUIRED, 'What is done with requests.', { spread: true, risk: { risk: 'shift', reason: 'new requests go elsewhere at once' } }),
  },
  read: { by: 'child', op: 'elbv2:DescribeListeners', list: 'Listeners', parent: 'loadBalancer', parentParam: 'LoadBalancerArn', describe: ['Protocol', 'Port'] },
  outputs: { id: 'ListenerArn', arn: 'ListenerArn' },
  create: { op: 'elbv2:CreateListener', answer: 'Listeners[0]', tags: { param: 'Tags' } },
  modify: { op: 'elbv2:ModifyListener', param: 'ListenerArn' },
  destroy: { op: 'elbv2:DeleteListener', param: 'ListenerArn' },
  goesWith: 'loadBalancer',
  risk: { replace: 'drop', destroy: 'drop', reason: 'its port refuses clients' },
};
