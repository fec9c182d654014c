/**
 * A schema of the shape that specs have, small enough to be read beside a test: named maps of entries, enums, time spans written two
 * ways, one-of-these fields both as branches and by presence, conditions. It is not the schema of albedo.
 */

const duration = (minimum: number, maximum: number) => ({
  anyOf: [
    { type: 'integer', minimum, maximum },
    { type: 'string', pattern: '^(\\d+[smhd])+$' },
  ],
  'x-seconds': [minimum, maximum],
  'x-example': '10s',
});

const port = { type: 'integer', minimum: 1, maximum: 65535, 'x-example': 8080 };
const name = {
  pattern: '^[a-z][a-z0-9-]*$',
  maxLength: 20,
  'x-pattern-message': 'a name of lower-case letters, digits and hyphens, beginning with a letter',
};

function entries(schema: object, more: object = {}): object {
  return { type: 'object', propertyNames: name, additionalProperties: schema, ...more };
}

export const specSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  $id: 'https://example.invalid/test.schema.json',
  type: 'object',
  additionalProperties: false,
  required: ['loadBalancer', 'region', 'stack'],
  $defs: {
    healthCheck: {
      type: 'object',
      additionalProperties: false,
      properties: {
        enabled: { type: 'boolean', default: true },
        path: {
          type: 'string',
          pattern: '^/',
          'x-pattern-message': 'a path that begins with /',
          'x-example': '/status',
          'x-aws': 'HealthCheckPath',
        },
        interval: { ...duration(5, 300), 'x-aws': 'HealthCheckIntervalSeconds' },
        timeout: duration(2, 120),
        healthyThreshold: { type: 'integer', minimum: 2, maximum: 10 },
        matcher: { type: 'string', pattern: '^\\d{3}([,-]\\d{3})*$', 'x-example': '200-299' },
      },
    },
  },
  properties: {
    stack: { type: 'string', pattern: '^[a-z][a-z0-9-]*$', maxLength: 32, 'x-example': 'webserver' },
    region: { type: 'string', pattern: '^[a-z]{2}(-[a-z]+)+-\\d$', 'x-pattern-message': 'an AWS region such as us-east-1' },
    tags: { type: 'object', additionalProperties: { type: 'string', maxLength: 256 } },
    network: {
      type: 'object',
      additionalProperties: false,
      required: ['vpc'],
      properties: {
        vpc: {
          oneOf: [
            {
              type: 'object',
              additionalProperties: false,
              required: ['cidrBlock'],
              properties: { cidrBlock: { type: 'string' }, dnsHostnames: { type: 'boolean' } },
            },
            { type: 'object', additionalProperties: false, required: ['id'], properties: { id: { type: 'string', pattern: '^vpc-' } } },
            { const: 'default' },
          ],
        },
        subnets: entries(
          {
            type: 'object',
            additionalProperties: false,
            properties: { id: { type: 'string' }, availabilityZone: { type: 'string' }, cidrBlock: { type: 'string' } },
            if: { not: { required: ['id'] } },
            then: { required: ['availabilityZone', 'cidrBlock'] },
          },
          { minProperties: 2 },
        ),
      },
    },
    certificates: entries({
      type: 'object',
      additionalProperties: false,
      properties: { selfSigned: { type: 'object' }, iam: { type: 'string' }, acm: { type: 'string' } },
      oneOf: [{ required: ['selfSigned'] }, { required: ['iam'] }, { required: ['acm'] }],
    }),
    targetGroups: entries({
      type: 'object',
      additionalProperties: false,
      required: ['port'],
      properties: {
        targetType: { enum: ['instance', 'ip', 'lambda'], default: 'instance' },
        protocol: { type: 'string', enum: ['HTTP', 'HTTPS'] },
        port,
        healthCheck: { $ref: '#/$defs/healthCheck' },
        stickiness: {
          oneOf: [
            {
              type: 'object',
              additionalProperties: false,
              required: ['type'],
              properties: { type: { const: 'lb_cookie' }, duration: duration(1, 604800) },
            },
            {
              type: 'object',
              additionalProperties: false,
              required: ['type', 'cookieName'],
              properties: { type: { const: 'app_cookie' }, cookieName: { type: 'string' }, duration: duration(1, 604800) },
            },
          ],
        },
        slowStart: duration(30, 900),
        targets: { type: 'array', minItems: 1, uniqueItems: true, items: { type: 'string' } },
        password: { type: 'string', pattern: '^x' },
      },
      dependentRequired: { slowStart: ['targets'] },
    }),
    loadBalancer: {
      type: 'object',
      additionalProperties: false,
      properties: {
        scheme: { enum: ['internet-facing', 'internal'] },
        subnets: { type: 'array', minItems: 2, items: { type: 'string' } },
        idleTimeout: { type: 'integer', minimum: 1, maximum: 4000, 'x-unit': 'seconds' },
        deletionProtection: { type: 'boolean' },
      },
    },
    listeners: entries({
      type: 'object',
      additionalProperties: false,
      required: ['port', 'protocol'],
      properties: { protocol: { enum: ['HTTP', 'HTTPS'] }, port, certificate: { type: 'string' }, forward: { type: 'string' } },
      if: { properties: { protocol: { const: 'HTTPS' } }, required: ['protocol'] },
      then: { required: ['certificate'] },
      else: { properties: { certificate: false } },
    }),
  },
};

/** A spec that this schema accepts, in the form people write. */
export const goodSpec = `# a comment
stack: webserver
region: us-east-1
network:
  vpc: { cidrBlock: 10.0.0.0/16 }
  subnets:
    a: { availabilityZone: us-east-1a, cidrBlock: 10.0.1.0/24 }
    b: { id: subnet-1 }
certificates:
  site: { selfSigned: {} }
targetGroups:
  web:
    targetType: instance
    protocol: HTTP
    port: 8080
    healthCheck: { path: /status, interval: 10s, timeout: 5, matcher: "200" }
    stickiness: { type: lb_cookie, duration: 1d }
    targets: [web-1, web-2]
loadBalancer:
  scheme: internet-facing
  subnets: [a, b]
listeners:
  http: { protocol: HTTP, port: 80, forward: web }
  https: { protocol: HTTPS, port: 443, certificate: site, forward: web }
`;
