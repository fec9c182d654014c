/** What EC2 and IAM refuse: names that are kept for AWS, tags that differ in case alone, sizes, and images of another architecture. */

import { pathOf } from '../model/sections.ts';
import type { AwsRule, RuleContext } from './aws-rule.ts';
import { asObject } from './draft.ts';
import { formatPath, type PathParts } from './path.ts';

const MOST_TAGS = 40;
/** RunInstances, UserData: 16 KB before base64 (EC2 user guide, "Run commands when you launch an EC2 instance"). */
const MOST_SCRIPT_BYTES = 16_384;
/**
 * Bytes of the names of a certificate made here, with three more each for the encoding: with the rest of it, in PEM, they stay below the
 * 16,384 characters that IAM takes (UploadServerCertificate, CertificateBody: IAM API reference).
 */
const MOST_NAME_BYTES = 11_000;

/** Names that begin so are AWS's own (CreateLoadBalancer, Name: ELBv2 API reference; CreateSecurityGroup, GroupName: EC2 API reference). */
const KEPT: readonly { readonly kind: string; readonly prefix: string; readonly what: string }[] = [
  { kind: 'loadBalancer', prefix: 'internal-', what: 'load balancer' },
  { kind: 'securityGroup', prefix: 'sg-', what: 'security group' },
];

/** The image of each kind of processor that the spec can say by a word, as the model has it. */
const ARCHITECTURE = /^\/aws\/service\/ami-amazon-linux-latest\/.*-(x86_64|arm64)$/;
/** Families with Graviton processors: a `g` behind the generation, and the first one (EC2 user guide, "Amazon EC2 instance type naming conventions"). */
const GRAVITON = /^([a-z]+\d+[a-z]*g[a-z]*\.|a1\.)/;

const spoken = ({ built }: RuleContext, path: PathParts): unknown =>
  path.reduce<unknown>((value, key) => asObject(value as never)[String(key)], built.stack.spec);

export const MACHINE_RULES: readonly AwsRule[] = [
  {
    name: 'names made of that of the stack',
    check: ({ built, of, tell }) => {
      const { name } = built.stack;
      for (const { kind, prefix, what } of KEPT)
        if (name.startsWith(prefix) && of(kind).some(({ values }) => values['name'] === undefined))
          tell(
            ['stack'],
            `The name of the ${what} would begin with \`${prefix}\`, like the name of the stack, but AWS reserves such names.`,
            kind === 'loadBalancer' ? 'Set `name` of the load balancer, or rename the stack.' : 'Rename the stack.',
          );
    },
  },
  {
    // TagServerCertificate: "Tag keys are case insensitive" (IAM user guide, "Tags for IAM resources"); EC2 and ELB tell case apart.
    name: 'tags of certificates',
    check: (context) => {
      for (const { address, tags } of context.of('certificate')) {
        const own: PathParts = ['certificates', address.slice('certificate/'.length), 'tags'];
        const seen = new Map<string, string>();
        for (const key of Object.keys(tags)) {
          const other = seen.get(key.toLowerCase());
          seen.set(key.toLowerCase(), key);
          if (other === undefined) continue;
          const path = spoken(context, [...own, key]) === undefined ? ['tags', key] : [...own, key];
          context.tell(
            path,
            `The tags \`${other}\` and \`${key}\` of \`${formatPath(own.slice(0, 2))}\` differ only in case, and IAM treats them as one tag.`,
            'Keep one of them.',
            'key',
          );
        }
      }
    },
  },
  {
    // 50 tags a resource, of which albedo keeps ten (EC2 and ELB user guides and IAM user guide, "Tag restrictions").
    name: 'number of tags',
    check: ({ built, tell }) => {
      for (const { address, tags } of built.stack.desired) {
        const count = Object.keys(tags).length;
        if (count > MOST_TAGS)
          tell(
            [...pathOf(address), 'tags'],
            `Together with the tags of the stack there are ${count} tags, but only ${MOST_TAGS} may be set: AWS allows 50, and albedo reserves ten.`,
            'Remove some tags, here or at the top level.',
          );
      }
    },
  },
  {
    name: 'size of the script of the first boot',
    check: (context) => {
      for (const [name, entry] of Object.entries(asObject(asObject(context.built.stack.spec)['instances']))) {
        const { userData } = asObject(entry);
        const bytes = typeof userData === 'string' ? new TextEncoder().encode(userData).length : 0;
        if (bytes > MOST_SCRIPT_BYTES)
          context.tell(
            ['instances', name, 'userData'],
            `The script has ${bytes} bytes, but EC2 accepts at most ${MOST_SCRIPT_BYTES}. A letter with an accent counts as two.`,
            'Shorten it, or let it download the rest.',
          );
      }
    },
  },
  {
    name: 'size of certificates made here',
    check: ({ of, tell }) => {
      for (const certificate of of('certificate')) {
        const names = (certificate.values['subjectAlternativeNames'] ?? []) as readonly string[];
        const bytes = names.reduce((sum, name) => sum + name.length + 3, 0);
        if (bytes > MOST_NAME_BYTES)
          tell(
            [...pathOf(certificate.address), 'selfSigned', 'subjectAlternativeNames'],
            `The ${names.length} names have ${bytes} bytes, too many for an IAM certificate, which has at most 16,384 characters.`,
            'Split them over two certificates, or use an ACM certificate.',
          );
      }
    },
  },
  {
    // RunInstances: InvalidParameterValue, "The architecture 'x86_64' of the specified instance type does not match …".
    name: 'processors of instances and images',
    check: ({ of, report }) => {
      for (const instance of of('instance')) {
        const type = String(instance.values['instanceType']);
        const image = ARCHITECTURE.exec(String(instance.values['image']))?.[1];
        const processor = GRAVITON.test(type) ? 'arm64' : 'x86_64';
        // A Mac of either kind runs no such image.
        if (image === undefined || image === processor || type.startsWith('mac')) continue;
        report(
          instance,
          instance.positions['instanceType'] === undefined ? 'image' : 'instanceType',
          `\`${type}\` has a processor of ${processor}, but the image is for ${image}.`,
          image === 'arm64'
            ? 'Choose a type such as `t4g.micro`, or `image: al2023`.'
            : 'Choose a type such as `t3.micro`, or `image: al2023-arm64`.',
        );
      }
    },
  },
];
