/**
 * Clients of services that speak JSON over paths (REST JSON), from rows: of two such services albedo makes a few calls, and their packages would be
 * a fortieth of the action. Region, credentials, signing, proxy and errors are those of the SDK, whose parts these are.
 */
import { STSClient } from '@aws-sdk/client-sts';
import { AwsRestJsonProtocol } from '@aws-sdk/core/protocols';
import { makeBuilder } from '@smithy/core/client';
import { getEndpointPlugin } from '@smithy/core/endpoints';
import { TypeRegistry } from '@smithy/core/schema';

/** How a member of a request is sent: in the path, behind the question mark under another name, as a structure of members, or as it is. */
type Shape = { readonly [member: string]: 'text' | 'number' | 'path' | 'json' | { readonly query: string } | Shape };

interface Call {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** `/schedules/{Name}` */
  readonly path: string;
  readonly takes: Shape;
  readonly answers: Shape;
}

/** As an SDK's package has them. */
interface RestJson<Name extends string> {
  readonly Client: new (config: object) => STSClient;
  readonly commands: Readonly<Record<Name, new (input: never) => unknown>>;
}

interface EndpointParameters {
  readonly Region?: string;
  readonly Endpoint?: string;
}

/** The schemas of the SDK (`@smithy/core/schema`): kind, namespace, name, traits, names of members, their schemas. */
const structure = (service: string, name: string, shape: Shape): readonly unknown[] => [
  3,
  service,
  name,
  0,
  Object.keys(shape),
  Object.entries(shape).map(([member, how]) => {
    if (how === 'text') return 0;
    if (how === 'number') return 1;
    if (how === 'path') return [0, 1];
    // Whatever it holds.
    if (how === 'json') return 15;
    if (isQuery(how)) return [0, { httpQuery: how.query }];
    return () => structure(service, `${name}${member}`, how);
  }),
];

const isQuery = (how: Exclude<Shape[string], string>): how is { readonly query: string } => typeof how['query'] === 'string';

/** `https://scheduler.eu-west-1.amazonaws.com`; in China it ends in `.cn` (AWS General Reference, service endpoints). */
const addressOf = (service: string, { Region = '', Endpoint }: EndpointParameters): URL =>
  new URL(Endpoint ?? `https://${service}.${Region}.amazonaws.com${Region.startsWith('cn-') ? '.cn' : ''}`);

/**
 * `service`: the name in addresses and signatures. Answers a client and the commands, by their names, in the way of the SDK's packages. An error has the
 * code that the service answered as its name.
 */
export function restJson<Name extends string>(service: string, calls: Readonly<Record<Name, Call>>): RestJson<Name> {
  class Client extends STSClient {
    constructor(config: object) {
      super({
        ...config,
        serviceId: service,
        protocol: AwsRestJsonProtocol,
        protocolSettings: { defaultNamespace: service, errorTypeRegistries: [TypeRegistry.for(service)] },
        endpointProvider: (parameters: EndpointParameters) => ({
          url: addressOf(service, parameters),
          properties: { authSchemes: [{ name: 'sigv4', signingName: service, signingRegion: parameters.Region }] },
        }),
        httpAuthSchemeProvider: () => [
          {
            schemeId: 'aws.auth#sigv4',
            propertiesExtractor: (known: object, context: object) => ({ signingProperties: { config: known, context } }),
          },
        ],
      } as never);
    }
  }
  const common = {
    Endpoint: { type: 'builtInParams', name: 'endpoint' },
    Region: { type: 'builtInParams', name: 'region' },
  } as const;
  const command = makeBuilder(common, service, `${service}Client`, getEndpointPlugin as never);
  const commandOf = (name: string, { method, path, takes, answers }: Call): (new (input: never) => unknown) =>
    command({}, () => [], name, [
      ...[9, service, name, { http: [method, path, 200] }],
      ...[() => structure(service, `${name}Input`, takes), () => structure(service, `${name}Output`, answers)],
    ] as never);
  const commands = Object.fromEntries(Object.entries<Call>(calls).map(([name, call]) => [name, commandOf(name, call)]));
  return { Client, commands: commands as RestJson<Name>['commands'] };
}
