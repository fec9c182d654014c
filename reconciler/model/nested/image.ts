import { type Codec, deferred } from '../codec.ts';

/** Public SSM parameters that name the newest Amazon Linux 2023 image (AWS Systems Manager user guide, public parameters). */
const NAMED: Readonly<Record<string, string>> = {
  al2023: '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64',
  'al2023-arm64': '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64',
};

/**
 * `al2023`, an SSM parameter or `ami-…`. The model keeps what was said; the AMI id behind it is fetched when an instance
 * is made. A tag remembers what was said, so that a newer image is no drift.
 */
export function image(): Codec<string, string> {
  return {
    type: 'image',
    schema: {
      type: 'string',
      pattern: '^(al2023(-arm64)?|/aws/service/.+|ami-[0-9a-f]{8,17})$',
      'x-example': 'al2023',
      'x-pattern-message': 'al2023, al2023-arm64, a path under /aws/service/ or an AMI id',
    },
    parse: (written) => NAMED[String(written)] ?? String(written),
    say: (value) => Object.keys(NAMED).find((name) => NAMED[name] === value) ?? value,
    write: (value) => (value.startsWith('/') ? deferred(`ssm:${value}`) : value),
    read: (wire) => (typeof wire === 'string' ? wire : undefined),
  };
}
