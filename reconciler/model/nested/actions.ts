import {
  type Codec,
  canonical,
  formatDuration,
  nameOf,
  PORT_PATTERN,
  parseDuration,
  type ReadContext,
  reference,
  type SayContext,
  type Schema,
  seconds,
  sortSet,
} from '../codec.ts';
import type { Json, JsonObject } from '../json.ts';
import { AUTH, authSchema, parseAuth, readAuth, SECRET_TAG, sayAuth, writeAuth } from './authenticate.ts';

const targetGroup = reference('targetGroup', 'arn');

const redirectDefaults = { protocol: '#{protocol}', host: '#{host}', port: '#{port}', path: '/#{path}', query: '#{query}' } as const;

const answerDefaults = { contentType: 'text/plain', messageBody: '' } as const;

/** Groups of one action (ELB quotas, "Target groups per action"). */
const MOST_GROUPS = 5;

/** The keys of which exactly one says what finally happens to a request. */
export const FINAL = ['forward', 'redirect', 'fixedResponse'] as const;

/**
 * What is done with a request: first, perhaps, who asks is checked (`authenticateOidc`, `authenticateCognito`,
 * `jwtValidation`), then exactly one of `forward`, `redirect` and `fixedResponse`. The normal form is a list in that order. It
 * says everything AWS fills in (redirect placeholders, content type, weights; Action in the ELBv2 API reference), and knows
 * one notation of forwarding to a lone group: AWS answers that in two, and its weight means nothing.
 */
export function actions(): Codec {
  return {
    type: 'action',
    schema: {
      type: 'object',
      properties: { ...Object.fromEntries(AUTH.map((kind) => [kind.key, authSchema(kind)])), forward, redirect, fixedResponse },
    },
    parse: (written) => {
      const said = written as JsonObject;
      const checks = AUTH.flatMap((kind): Json[] => (said[kind.key] === undefined ? [] : [parseAuth(kind, said[kind.key] as JsonObject)]));
      return [...checks, parseFinal(said)];
    },
    say: (value, context) => Object.assign({}, ...(value as readonly JsonObject[]).map((action) => sayAction(action, context))) as Json,
    write: (value) => {
      const list = value as readonly JsonObject[];
      return list.map((action, index): Json => ({ ...(toWire(action) as JsonObject), ...(list.length > 1 ? { Order: index + 1 } : {}) }));
    },
    read: (wire, context) => {
      if (!Array.isArray(wire)) return undefined;
      const list = [...(wire as readonly JsonObject[])].sort((a, b) => Number(a['Order'] ?? 1) - Number(b['Order'] ?? 1));
      return list.map((action) => fromWire(action, context));
    },
    tagsToRemember: (value) =>
      Object.fromEntries(
        (value as readonly JsonObject[]).flatMap((action) => {
          const hash = (action['secret'] as JsonObject | undefined)?.['hash'];
          return typeof hash === 'string' ? [[SECRET_TAG, hash]] : [];
        }),
      ),
    withZeroWeightGroup: (value, reference) => {
      const list = value as readonly JsonObject[];
      const last = list.at(-1) ?? {};
      const groups = (last['targetGroups'] ?? [{ targetGroup: last['targetGroup'] ?? null, weight: 1 }]) as readonly Share[];
      if (last['type'] !== 'forward' || groups.length >= MOST_GROUPS) return undefined;
      // AWS wants an action of several groups to be sticky where one of them is (kubernetes-sigs/aws-load-balancer-controller#2734); a
      // second is the shortest.
      const stickiness = Number(last['stickiness'] ?? 1);
      const final = forwardOf([...groups, { targetGroup: reference, weight: 0 }], stickiness);
      // A secret is not known here: left out, AWS keeps the one that it has.
      return [...list.slice(0, -1).map(({ secret: _secret, ...check }) => check), final];
    },
    redirects: (value) => (value as readonly JsonObject[]).some((action) => action['type'] === 'redirect'),
    equal: (desired, live) => canonical(comparable(desired, desired)) === canonical(comparable(live, desired)),
  };
}

/** Whether clients are checked first, which only HTTPS listeners do (authenticate-oidc, authenticate-cognito, jwt-validation; Action, ELBv2 API reference). */
export const hasSignIn = (value: Json): boolean => (value as readonly JsonObject[]).length > 1;

/** Groups in order, whatever their references became; a secret that cannot be read here is not compared. */
function comparable(value: Json, desired: Json): Json {
  return (value as readonly JsonObject[]).map((action, index) => {
    const { secret, ...rest } = action;
    const wanted = ((desired as readonly JsonObject[])[index]?.['secret'] as JsonObject | undefined)?.['hash'];
    const groups = rest['targetGroups'];
    return {
      ...rest,
      ...(Array.isArray(groups) ? { targetGroups: sortSet(groups) } : {}),
      ...(secret === undefined || wanted === undefined ? {} : { secret }),
    };
  });
}

const forward: Schema = {
  anyOf: [
    { type: 'string', 'x-reference': 'targetGroup' },
    {
      type: 'object',
      additionalProperties: false,
      required: ['targetGroups'],
      properties: {
        targetGroups: {
          type: 'array',
          minItems: 1,
          maxItems: MOST_GROUPS,
          description: 'One to five groups, each with its share.',
          items: {
            type: 'object',
            additionalProperties: false,
            required: ['targetGroup'],
            properties: {
              targetGroup: { type: 'string', 'x-reference': 'targetGroup', description: 'Name of the target group.' },
              weight: { type: 'integer', minimum: 0, maximum: 999, default: 1, description: 'Its share, in proportion to the others.' },
            },
          },
        },
        stickiness: {
          ...seconds(1, 604800).schema,
          description: 'How long a client stays with the group it got first. Left out: not at all.',
        },
      },
    },
  ],
  description: 'Name of the target group that gets the requests, or several with weights.',
};

const redirect: Schema = {
  type: 'object',
  additionalProperties: false,
  required: ['statusCode'],
  description: 'Send the client elsewhere. What is left out is kept from the request.',
  properties: {
    protocol: { type: 'string', enum: ['HTTP', 'HTTPS', '#{protocol}'], description: 'Protocol of the new address.' },
    host: { type: 'string', minLength: 1, maxLength: 128, description: 'Host name of the new address; may hold #{host}.' },
    port: {
      type: 'string',
      pattern: `^(#\\{port\\}|${PORT_PATTERN})$`,
      description: 'Port of the new address, in quotes.',
      'x-pattern-message': 'a port in quotes, or "#{port}"',
    },
    path: {
      type: 'string',
      pattern: '^/',
      maxLength: 128,
      description: 'Path, starting with /; may hold #{host}, #{path} and #{port}.',
      'x-pattern-message': 'a path that starts with /',
    },
    query: {
      type: 'string',
      maxLength: 128,
      pattern: '^(?!\\?)',
      'x-pattern-message': 'a query without the leading ?',
      description: 'Query without the leading ?.',
    },
    statusCode: { type: 'string', enum: ['HTTP_301', 'HTTP_302'], description: 'Permanent (HTTP_301) or temporary (HTTP_302).' },
  },
};

const fixedResponse: Schema = {
  type: 'object',
  additionalProperties: false,
  required: ['statusCode'],
  description: 'Answer without asking any target.',
  properties: {
    statusCode: {
      type: 'string',
      pattern: '^[245]\\d\\d$',
      description: 'Status to answer, in quotes.',
      'x-pattern-message': 'a status of 2xx, 4xx or 5xx in quotes',
    },
    contentType: {
      type: 'string',
      enum: ['text/plain', 'text/css', 'text/html', 'application/javascript', 'application/json'],
      description: 'Content type of the body.',
    },
    messageBody: { type: 'string', maxLength: 1024, description: 'The body.' },
  },
};

function parseFinal(said: JsonObject): Json {
  if (said['redirect'] !== undefined) return { type: 'redirect', ...redirectDefaults, ...(said['redirect'] as JsonObject) };
  if (said['fixedResponse'] !== undefined) return { type: 'fixed-response', ...answerDefaults, ...(said['fixedResponse'] as JsonObject) };
  const to = said['forward'] ?? null;
  if (typeof to !== 'object' || to === null) return { type: 'forward', targetGroup: targetGroup.parse(to) };
  const { targetGroups = [], stickiness } = to as { readonly targetGroups?: readonly JsonObject[]; readonly stickiness?: Json };
  const groups = targetGroups.map((entry) => ({
    targetGroup: targetGroup.parse(entry['targetGroup'] ?? null),
    weight: entry['weight'] ?? 1,
  }));
  return forwardOf(groups, stickiness === undefined ? undefined : parseDuration(stickiness));
}

function sayAction(action: JsonObject, context: SayContext): Json {
  const auth = AUTH.find((kind) => kind.type === action['type']);
  if (auth !== undefined) return { [auth.key]: sayAuth(auth, action, context) };
  const { type, ...rest } = action;
  switch (type) {
    case 'forward':
      return { forward: sayForward(action) };
    case 'redirect':
      return { redirect: withoutDefaults(rest, redirectDefaults) };
    case 'fixed-response':
      return { fixedResponse: withoutDefaults(rest, answerDefaults) };
    default:
      // Of a type that no spec can say: what is said is not read back as this value, by which callers know it.
      return {};
  }
}

function sayForward(action: JsonObject): Json {
  if (!Array.isArray(action['targetGroups'])) return nameOf(action['targetGroup'] ?? null);
  return {
    targetGroups: (action['targetGroups'] as readonly JsonObject[]).map((entry) => ({
      targetGroup: nameOf(entry['targetGroup'] ?? null),
      ...(entry['weight'] === 1 ? {} : { weight: entry['weight'] ?? null }),
    })),
    ...(action['stickiness'] === undefined ? {} : { stickiness: formatDuration(Number(action['stickiness'])) }),
  };
}

const withoutDefaults = (said: JsonObject, defaults: JsonObject): Json =>
  Object.fromEntries(Object.entries(said).filter(([key, value]) => value !== defaults[key]));

type Share = {
  readonly targetGroup: Json;
  readonly weight: Json;
};

/** Stickiness between groups means something with several groups only. */
function forwardOf(groups: readonly Share[], stickiness: number | undefined): Json {
  const [lone] = groups;
  if (groups.length === 1 && lone !== undefined && stickiness === undefined) return { type: 'forward', targetGroup: lone.targetGroup };
  return { type: 'forward', targetGroups: sortSet(groups), ...(stickiness === undefined ? {} : { stickiness }) };
}

function toWire(action: JsonObject): Json {
  const auth = AUTH.find((kind) => kind.type === action['type']);
  if (auth !== undefined) return writeAuth(auth, action);
  switch (action['type']) {
    case 'forward':
      return {
        Type: 'forward',
        ...(action['targetGroups'] === undefined
          ? { TargetGroupArn: action['targetGroup'] ?? null }
          : { ForwardConfig: forwardConfig(action) }),
      };
    case 'redirect':
      return {
        Type: 'redirect',
        RedirectConfig: {
          Protocol: action['protocol'] ?? null,
          Host: action['host'] ?? null,
          Port: action['port'] ?? null,
          Path: action['path'] ?? null,
          Query: action['query'] ?? null,
          StatusCode: action['statusCode'] ?? null,
        },
      };
    case 'fixed-response':
      return {
        Type: 'fixed-response',
        FixedResponseConfig: {
          StatusCode: action['statusCode'] ?? null,
          ContentType: action['contentType'] ?? null,
          MessageBody: action['messageBody'] ?? null,
        },
      };
    default:
      return action;
  }
}

function forwardConfig(action: JsonObject): Json {
  const groups = (action['targetGroups'] ?? []) as readonly JsonObject[];
  const held = action['stickiness'];
  return {
    TargetGroups: groups.map((entry) => ({ TargetGroupArn: entry['targetGroup'] ?? null, Weight: entry['weight'] ?? null })),
    TargetGroupStickinessConfig: held === undefined ? { Enabled: false } : { Enabled: true, DurationSeconds: held },
  };
}

/** An action of a type this version does not write is kept as AWS gave it: it differs from anything written, and is shown. */
function fromWire(action: JsonObject, context: ReadContext): Json {
  const auth = AUTH.find((kind) => kind.type === action['Type']);
  if (auth !== undefined) return readAuth(auth, action, context);
  const redirected = action['RedirectConfig'] as JsonObject | undefined;
  const fixed = action['FixedResponseConfig'] as JsonObject | undefined;
  if (action['Type'] === 'forward') return readForward(action, (arn) => targetGroup.read(arn, context) ?? arn);
  if (action['Type'] === 'redirect' && redirected !== undefined) {
    return {
      type: 'redirect',
      protocol: redirected['Protocol'] ?? redirectDefaults.protocol,
      host: redirected['Host'] ?? redirectDefaults.host,
      port: redirected['Port'] ?? redirectDefaults.port,
      path: redirected['Path'] ?? redirectDefaults.path,
      query: redirected['Query'] ?? redirectDefaults.query,
      statusCode: redirected['StatusCode'] ?? null,
    };
  }
  if (action['Type'] === 'fixed-response' && fixed !== undefined) {
    return {
      type: 'fixed-response',
      contentType: fixed['ContentType'] ?? answerDefaults.contentType,
      messageBody: fixed['MessageBody'] ?? answerDefaults.messageBody,
      statusCode: fixed['StatusCode'] ?? null,
    };
  }
  return { type: String(action['Type']), other: action };
}

function readForward(action: JsonObject, refer: (arn: string) => Json): Json {
  const config = action['ForwardConfig'] as
    | { readonly TargetGroups?: readonly JsonObject[]; readonly TargetGroupStickinessConfig?: JsonObject }
    | undefined;
  const groups = config?.TargetGroups ?? [{ TargetGroupArn: action['TargetGroupArn'] ?? null, Weight: 1 }];
  const sticky = config?.TargetGroupStickinessConfig;
  return forwardOf(
    groups.map((entry) => ({ targetGroup: refer(String(entry['TargetGroupArn'])), weight: Number(entry['Weight'] ?? 1) })),
    sticky?.['Enabled'] === true ? Number(sticky['DurationSeconds']) : undefined,
  );
}
