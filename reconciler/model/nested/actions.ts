import type { Json } from '../../plan/types.ts';
import { type Codec, PORT_PATTERN, reference } from '../codec.ts';

type Record = { readonly [key: string]: Json };

const targetGroup = reference('targetGroup', 'arn');

const redirectDefaults = { protocol: '#{protocol}', host: '#{host}', port: '#{port}', path: '/#{path}', query: '#{query}' } as const;

/**
 * What a listener does with a request, as one of three keys: `forward: web`, `redirect: {…}`, `fixedResponse: {…}`.
 * The normal form says everything AWS fills in (redirect placeholders, the content type; Action in the ELBv2 API
 * reference), and knows one notation of forward: AWS answers a lone group in two.
 */
export function actions(): Codec {
  return {
    type: 'action',
    schema: {
      type: 'object',
      properties: {
        forward: { type: 'string', 'x-reference': 'targetGroup', description: 'Name of the target group that gets the requests.' },
        redirect: {
          type: 'object',
          additionalProperties: false,
          required: ['statusCode'],
          description: 'Send the client elsewhere. What is left out is kept from the request.',
          properties: {
            protocol: { type: 'string', enum: ['HTTP', 'HTTPS', '#{protocol}'], description: 'Protocol of the new address.' },
            host: { type: 'string', minLength: 1, maxLength: 128, description: 'Host name of the new address; may hold #{host}.' },
            port: { type: 'string', pattern: `^(#\\{port\\}|${PORT_PATTERN})$`, description: 'Port of the new address, in quotes.', 'x-pattern-message': 'a port in quotes, or "#{port}"' },
            path: { type: 'string', pattern: '^/', maxLength: 128, description: 'Path, starting with /; may hold #{host}, #{path} and #{port}.', 'x-pattern-message': 'a path that starts with /' },
            query: { type: 'string', maxLength: 128, description: 'Query without the leading ?.' },
            statusCode: { type: 'string', enum: ['HTTP_301', 'HTTP_302'], description: 'Permanent (HTTP_301) or temporary (HTTP_302).' },
          },
        },
        fixedResponse: {
          type: 'object',
          additionalProperties: false,
          required: ['statusCode'],
          description: 'Answer without asking any target.',
          properties: {
            statusCode: { type: 'string', pattern: '^[245]\\d\\d$', description: 'Status to answer, in quotes.', 'x-pattern-message': 'a status of 2xx, 4xx or 5xx in quotes' },
            contentType: { type: 'string', enum: ['text/plain', 'text/css', 'text/html', 'application/javascript', 'application/json'], description: 'Content type of the body.' },
            messageBody: { type: 'string', maxLength: 1024, description: 'The body.' },
          },
        },
      },
    },
    parse: (written) => {
      const said = written as Record;
      if (said['forward'] !== undefined) return [{ type: 'forward', targetGroup: targetGroup.parse(said['forward']) }];
      if (said['redirect'] !== undefined) return [{ type: 'redirect', ...redirectDefaults, ...(said['redirect'] as Record) }];
      return [{ type: 'fixed-response', contentType: 'text/plain', messageBody: '', ...(said['fixedResponse'] as Record | undefined) }];
    },
    write: (value) => (value as readonly Record[]).map(toWire),
    read: (wire, context) => {
      if (!Array.isArray(wire)) return undefined;
      return wire.map((entry: Json) => fromWire(entry as Record, (arn) => targetGroup.read(arn, context) ?? arn));
    },
  };
}

function toWire(action: Record): Json {
  switch (action['type']) {
    case 'forward':
      return { Type: 'forward', TargetGroupArn: action['targetGroup'] ?? null };
    case 'redirect':
      return {
        Type: 'redirect',
        RedirectConfig: {
          Protocol: action['protocol'] ?? null, Host: action['host'] ?? null, Port: action['port'] ?? null,
          Path: action['path'] ?? null, Query: action['query'] ?? null, StatusCode: action['statusCode'] ?? null,
        },
      };
    case 'fixed-response':
      return {
        Type: 'fixed-response',
        FixedResponseConfig: { StatusCode: action['statusCode'] ?? null, ContentType: action['contentType'] ?? null, MessageBody: action['messageBody'] ?? null },
      };
    default:
      return action;
  }
}

/** An action of a type this version does not write is kept as AWS gave it: it differs from anything written, and is shown. */
function fromWire(action: Record, refer: (arn: string) => Json): Json {
  const forward = action['ForwardConfig'] as { readonly TargetGroups?: readonly Record[] } | undefined;
  const groups = forward?.TargetGroups ?? [];
  const redirect = action['RedirectConfig'] as Record | undefined;
  const fixed = action['FixedResponseConfig'] as Record | undefined;
  const lone = groups.length === 1 ? groups[0]?.['TargetGroupArn'] : groups.length === 0 ? action['TargetGroupArn'] : undefined;
  if (action['Type'] === 'forward' && typeof lone === 'string') return { type: 'forward', targetGroup: refer(lone) };
  if (action['Type'] === 'redirect' && redirect !== undefined) {
    return {
      type: 'redirect',
      protocol: redirect['Protocol'] ?? redirectDefaults.protocol, host: redirect['Host'] ?? redirectDefaults.host,
      port: redirect['Port'] ?? redirectDefaults.port, path: redirect['Path'] ?? redirectDefaults.path,
      query: redirect['Query'] ?? redirectDefaults.query, statusCode: redirect['StatusCode'] ?? null,
    };
  }
  if (action['Type'] === 'fixed-response' && fixed !== undefined) {
    return { type: 'fixed-response', contentType: fixed['ContentType'] ?? 'text/plain', messageBody: fixed['MessageBody'] ?? '', statusCode: fixed['StatusCode'] ?? null };
  }
  return { type: String(action['Type']), other: action };
}
