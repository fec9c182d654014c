import type { Schema } from './codec.ts';

/**
 * Where the resources of a kind stand in a spec file, and what else may be said there. One row a section. A `*` in the path
 * stands for every name of the section above it: the rules of each listener, named `<listener>.<rule>`.
 */
export interface Section {
  readonly path: readonly string[];
  readonly kind: string;
  /** The section is one resource of this name, not a map of names. */
  readonly single?: string;
  /** The fields stand below this key: `certificates.site.selfSigned`. */
  readonly under?: string;
  /** Other forms of an entry: something that exists already. Key -> schema. */
  readonly existing?: Readonly<Record<string, Schema>>;
  /** Keys beside the fields of the kind, read by `spec/build.ts`. */
  readonly extra?: Readonly<Record<string, Schema>>;
  readonly doc: string;
  readonly required?: true;
}

const id = (prefix: string, what: string): Schema => ({
  type: 'string',
  pattern: `^${prefix}-[0-9a-f]{8,17}$`,
  'x-pattern-message': `an id such as ${prefix}-0123456789abcdef0`,
  description: `The id of ${what} that already exists.`,
});
/** A PEM text by the path of its file, or `{ env: NAME }`; `names` are the variables it may come from. */
const pemSource = (description: string, names: string): Schema => ({
  anyOf: [
    { type: 'string', minLength: 1 },
    {
      type: 'object',
      additionalProperties: false,
      required: ['env'],
      properties: {
        env: {
          type: 'string',
          pattern: names,
          'x-pattern-message': names.startsWith('^ALBEDO')
            ? 'a variable whose name begins with ALBEDO_SECRET_'
            : 'the name of an environment variable',
          description: 'The environment variable that holds the PEM text.',
        },
      },
    },
  ],
  description,
});

export const SECTIONS: readonly Section[] = [
  {
    path: ['network', 'vpc'],
    kind: 'vpc',
    single: 'main',
    existing: { id: id('vpc', 'a VPC') },
    required: true,
    doc: 'The network of the stack: created by albedo with an internet gateway and public routes, or an existing one by id.',
  },
  {
    path: ['network', 'subnets'],
    kind: 'subnet',
    existing: { id: id('subnet', 'a subnet of the VPC') },
    doc: 'Two or more public subnets in different Availability Zones.',
  },
  {
    path: ['securityGroups'],
    kind: 'securityGroup',
    existing: { id: id('sg', 'a security group of the VPC') },
    doc: 'Security groups that you define yourself. Without them, albedo creates one for the load balancer and one for the instances.',
  },
  {
    path: ['instances'],
    kind: 'instance',
    existing: { id: id('i', 'an instance of the VPC') },
    doc: 'The instances that serve.',
    extra: {
      app: {
        type: 'string',
        enum: ['flask-webserver'],
        description: 'What the instance runs: a simple Flask webserver that answers /status with OK and / with the id of the instance.',
      },
      userData: { type: 'string', maxLength: 16384, description: 'Your own first-boot script, instead of app. At most 16 KB.' },
    },
  },
  {
    path: ['certificates'],
    kind: 'certificate',
    under: 'selfSigned',
    doc: 'Certificates for HTTPS listeners: selfSigned (created by albedo), iam, acm or files.',
    existing: {
      iam: {
        type: 'string',
        pattern: '^[\\w+=,.@-]{1,128}$',
        'x-pattern-message': 'the name of a server certificate in IAM',
        description: 'Name of a server certificate that already exists in IAM.',
      },
      acm: {
        type: 'string',
        pattern: '^arn:aws[a-z-]*:acm:[a-z0-9-]+:\\d{12}:certificate/.+$',
        'x-pattern-message': 'the ARN of an ACM certificate',
        description: 'ARN of an ACM certificate in the same region.',
      },
    },
    extra: {
      files: {
        type: 'object',
        additionalProperties: false,
        required: ['certificate', 'privateKey'],
        description: 'A certificate to upload, in PEM: paths relative to the spec, or environment variables.',
        properties: {
          certificate: pemSource('The certificate, alone or followed by its chain.', '^[A-Z_][A-Z0-9_]*$'),
          privateKey: pemSource(
            'The private key, without a passphrase. Needed only where the certificate is uploaded.',
            '^ALBEDO_SECRET_[A-Z0-9_]+$',
          ),
          chain: pemSource(
            'Intermediate certificates, the issuer of the certificate first. Left out: those that follow in the certificate file.',
            '^[A-Z_][A-Z0-9_]*$',
          ),
        },
      },
    },
  },
  { path: ['trustStores'], kind: 'trustStore', doc: 'Trust stores: authorities whose client certificates HTTPS listeners accept.' },
  {
    path: ['targetGroups'],
    kind: 'targetGroup',
    doc: 'Target groups and their health checks. May be left out: a load balancer that only redirects or sends fixed responses needs none.',
  },
  {
    path: ['loadBalancer'],
    kind: 'loadBalancer',
    single: 'main',
    doc: 'The Application Load Balancer. Left out only if all listeners have other owners.',
  },
  {
    path: ['listeners'],
    kind: 'listener',
    existing: {
      arn: {
        type: 'string',
        pattern: '^arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:\\d{12}:listener/app/[A-Za-z0-9/-]+$',
        'x-pattern-message': 'the ARN of a listener of an Application Load Balancer',
        description: 'The ARN of a listener with another owner: albedo adds the rules of this stack and changes nothing else.',
      },
    },
    extra: {
      priorities: {
        type: 'string',
        pattern: '^\\d{1,5}-\\d{1,5}$',
        'x-pattern-message': 'a range such as 100-199',
        'x-example': '100-199',
        description: 'The priorities of this stack on that listener, such as 100-199. Rules of others are not changed.',
      },
    },
    doc: 'The ports on which the load balancer accepts requests, and what it does with them. Without listeners, no client is served.',
  },
  {
    path: ['listeners', '*', 'rules'],
    kind: 'rule',
    doc: 'Rules that are evaluated before the default action, in the order of the file unless they set a priority.',
  },
];

export const sectionOf = (kind: string): Section | undefined => SECTIONS.find((section) => section.kind === kind);

/** Where the resource of an address stands in a spec file: `targetGroup/web` -> `targetGroups`, `web`. Empty for what nobody writes. */
export function pathOf(address: string): readonly string[] {
  const section = sectionOf(address.slice(0, address.indexOf('/')));
  if (section === undefined) return [];
  if (section.single !== undefined) return section.path;
  const name = address.slice(address.indexOf('/') + 1);
  const star = section.path.indexOf('*');
  if (star < 0) return [...section.path, name];
  const [owner = '', own = ''] = name.split('.');
  return [...section.path.map((key, index) => (index === star ? owner : key)), own];
}
