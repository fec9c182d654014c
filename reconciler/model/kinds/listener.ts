import { flag, integer, oneOf, reference, text } from '../codec.ts';
import { attribute, create, DERIVED, type Field, modify, policy, REQUIRED, UNMANAGED } from '../field.ts';
import { actions } from '../nested/actions.ts';
import { defaultCertificate, extraCertificates } from '../nested/certificates.ts';
import { mutualAuthentication } from '../nested/mutual-authentication.ts';
import { rawAttributes } from '../nested/raw-attributes.ts';
import { ELB_PAGE, ELB_TAGS, elbIds } from '../read.ts';
import { kind } from '../values.ts';

const https = { when: { protocol: ['HTTPS'] }, together: 'tls' } as const;

/** A request header that AWS adds, under another name. HTTPS listeners only. */
const renamed = (key: string, header: string, what: string): Field =>
  attribute(
    `routing.http.request.${key}.header_name`,
    text({ minLength: 1, maxLength: 40, pattern: '^[A-Za-z0-9_-]+$', patternMessage: 'a header name of letters, digits, - and _' }),
    header,
    `Name of the request header with which targets receive ${what}.`,
    {
      when: { protocol: ['HTTPS'] },
      risk: { risk: 'shift', reason: 'targets no longer receive the header {before}; they receive {after}' },
    },
  );

/** A header put into every answer; empty: not put in. */
const inserted = (key: string, header: string, example: string, pattern = '^[\\x20-\\x7e]*$', patternMessage = 'a header value'): Field =>
  attribute(
    `routing.http.response.${key}.header_value`,
    text({ maxLength: 1024, pattern, patternMessage, example }),
    '',
    `Value of ${header} in every response. Empty: the header is not added.`,
  );

/** Rows of the ELBv2 API reference: CreateListener, ModifyListener, ListenerAttribute. */
export const listener = kind({
  name: 'listener',
  label: 'listener',
  service: 'elbv2',
  fields: {
    loadBalancer: create('LoadBalancerArn', reference('loadBalancer', 'arn'), DERIVED, 'The load balancer of the stack.', {
      internal: true,
    }),
    protocol: modify('Protocol', oneOf('HTTP', 'HTTPS'), REQUIRED, 'The protocol that clients speak.', {
      together: 'tls',
      risk: { risk: 'drop', reason: 'clients that speak {before} on port {port} are refused', reconnect: true },
    }),
    port: modify('Port', integer(1, 65535, 'port'), REQUIRED, 'The port that clients connect to.', {
      risk: { risk: 'drop', reason: 'clients of port {before} are refused', reconnect: true },
    }),
    sslPolicy: modify(
      'SslPolicy',
      text({
        pattern: '^ELBSecurityPolicy-[A-Za-z0-9-]+$',
        patternMessage: 'the name of a policy, such as ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09',
        example: 'ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09',
      }),
      'ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09',
      'The TLS versions and ciphers. Default: the policy that the AWS console selects; the API default is a policy from 2016.',
      {
        ...https,
        risk: { risk: 'drop', reason: 'clients without a TLS version and cipher of {after} are refused' },
        exists: [
          {
            label: 'security policy',
            op: 'elbv2:DescribeSSLPolicies',
            input: { LoadBalancerType: 'application' },
            names: 'SslPolicies[].Name',
            hint: '`aws elbv2 describe-ssl-policies` lists them all.',
          },
        ],
      },
    ),
    certificate: modify('Certificates', defaultCertificate(), REQUIRED, 'Name of the default certificate, under certificates.', {
      ...https,
      // A new edition of the same one is shown to new connections, and nothing else changes.
      risk: {
        risk: 'shift',
        reason: 'new connections get the certificate {after}: it must contain the host names of {before}',
        when: { renewed: false, change: 'other' },
      },
    }),
    additionalCertificates: {
      wire: {
        how: 'member',
        member: {
          add: 'elbv2:AddListenerCertificates',
          remove: 'elbv2:RemoveListenerCertificates',
          each: 'Certificates',
          read: 'AllCertificates[]',
          removeAfterReady: true,
        },
      },
      codec: extraCertificates(),
      default: UNMANAGED,
      when: { protocol: ['HTTPS'] },
      doc: 'More certificates, chosen by the host name that the client asks for (SNI). Not managed when omitted, because others may add theirs.',
      risk: { risk: 'drop', reason: 'clients that ask for a host name of {removed} get another certificate', when: { change: 'removed' } },
    },
    mutualAuthentication: modify(
      'MutualAuthentication',
      mutualAuthentication(),
      { mode: 'off' },
      'Whether clients must present a certificate.',
      {
        when: { protocol: ['HTTPS'] },
        // Some regions lack the parameter.
        awsDefault: { mode: 'off' },
        risk: {
          risk: 'drop',
          reason: 'clients without an accepted certificate are refused',
          when: { to: [{ mode: 'verify' }], renewed: false },
        },
      },
    ),
    requestHeaders: {
      clientCertSerialNumber: renamed(
        'x_amzn_mtls_clientcert_serial_number',
        'X-Amzn-Mtls-Clientcert-Serial-Number',
        'the serial number of the client certificate',
      ),
      clientCertIssuer: renamed('x_amzn_mtls_clientcert_issuer', 'X-Amzn-Mtls-Clientcert-Issuer', 'its issuer'),
      clientCertSubject: renamed('x_amzn_mtls_clientcert_subject', 'X-Amzn-Mtls-Clientcert-Subject', 'its subject'),
      clientCertValidity: renamed('x_amzn_mtls_clientcert_validity', 'X-Amzn-Mtls-Clientcert-Validity', 'its validity'),
      clientCertLeaf: renamed('x_amzn_mtls_clientcert_leaf', 'X-Amzn-Mtls-Clientcert-Leaf', 'the leaf certificate'),
      clientCert: renamed('x_amzn_mtls_clientcert', 'X-Amzn-Mtls-Clientcert', 'the whole chain'),
      tlsVersion: renamed('x_amzn_tls_version', 'X-Amzn-Tls-Version', 'the TLS version'),
      tlsCipherSuite: renamed('x_amzn_tls_cipher_suite', 'X-Amzn-Tls-Cipher-Suite', 'the cipher suite'),
    },
    responseHeaders: {
      server: attribute('routing.http.response.server.enabled', flag(), true, 'Send the Server header.'),
      strictTransportSecurity: inserted(
        'strict_transport_security',
        'Strict-Transport-Security',
        'max-age=31536000; includeSubDomains',
        '^(max-age=\\d+(; ?includeSubDomains)?(; ?preload)?)?$',
        'max-age=… with includeSubDomains and preload if wanted',
      ),
      accessControlAllowOrigin: inserted(
        'access_control_allow_origin',
        'Access-Control-Allow-Origin',
        'https://example.com',
        '^(\\*|https?://\\S+)?$',
        'an origin such as https://example.com, or *',
      ),
      accessControlAllowMethods: inserted('access_control_allow_methods', 'Access-Control-Allow-Methods', 'GET,POST'),
      accessControlAllowHeaders: inserted('access_control_allow_headers', 'Access-Control-Allow-Headers', '*'),
      accessControlAllowCredentials: inserted(
        'access_control_allow_credentials',
        'Access-Control-Allow-Credentials',
        'true',
        '^(true)?$',
        'true, or nothing',
      ),
      accessControlExposeHeaders: inserted('access_control_expose_headers', 'Access-Control-Expose-Headers', 'X-Request-Id'),
      accessControlMaxAge: inserted('access_control_max_age', 'Access-Control-Max-Age', '600', '^\\d*$', 'seconds, in quotes'),
      contentSecurityPolicy: inserted('content_security_policy', 'Content-Security-Policy', "default-src 'self'"),
      xContentTypeOptions: inserted('x_content_type_options', 'X-Content-Type-Options', 'nosniff', '^(nosniff)?$', 'nosniff, or nothing'),
      xFrameOptions: inserted(
        'x_frame_options',
        'X-Frame-Options',
        'DENY',
        '^(DENY|SAMEORIGIN|ALLOW-FROM \\S+)?$',
        'DENY, SAMEORIGIN or ALLOW-FROM an address',
      ),
    },
    defaultActions: modify('DefaultActions', actions(), REQUIRED, 'What is done with requests.', {
      spread: true,
      risk: { risk: 'shift', reason: 'new requests go elsewhere at once' },
    }),
    ownsRules: policy(
      flag(),
      false,
      'Whether this file has all rules of the listener. If true, a plan removes rules of others, each with consent (--allow-destroy). If false, it leaves them unchanged.',
    ),
    attributes: rawAttributes(),
  },
  read: {
    by: 'child',
    op: 'elbv2:DescribeListeners',
    list: 'Listeners',
    parent: 'loadBalancer',
    parentParam: 'LoadBalancerArn',
    tags: ELB_TAGS,
    page: ELB_PAGE,
    ids: elbIds('ListenerArns'),
    tagType: 'elasticloadbalancing:listener/app',
    describe: ['Protocol', 'Port'],
    details: [
      { op: 'elbv2:DescribeListenerAttributes', param: 'ListenerArn', from: 'ListenerArn', keep: 'Attributes', optional: true },
      {
        op: 'elbv2:DescribeListenerCertificates',
        param: 'ListenerArn',
        from: 'ListenerArn',
        keep: 'Certificates',
        as: 'AllCertificates',
        ifSaid: 'additionalCertificates',
        optional: true,
      },
    ],
  },
  adoptable: 'listener/app/',
  outputs: { id: 'ListenerArn', arn: 'ListenerArn' },
  create: { op: 'elbv2:CreateListener', answer: 'Listeners[0]', tags: { param: 'Tags' } },
  modify: { op: 'elbv2:ModifyListener', param: 'ListenerArn' },
  attributes: { op: 'elbv2:ModifyListenerAttributes', param: 'Attributes', read: 'Attributes', most: 20 },
  destroy: { op: 'elbv2:DeleteListener', param: 'ListenerArn' },
  goesWith: 'loadBalancer',
  directsTraffic: true,
  exclusive: ['loadBalancer', 'port'],
  risk: {
    replace: { risk: 'shift', reason: 'the new one is on the new load balancer, next to this one' },
    destroy: { risk: 'drop', reason: 'its port {port} refuses clients' },
  },
});
