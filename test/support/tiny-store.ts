/** The objects of a tiny AWS and what every one of its services does with them. */

import { classify } from '../../reconciler/aws/classify.ts';
import { CloudError } from '../../reconciler/errors.ts';

// biome-ignore lint/suspicious/noExplicitAny: wire objects, read and changed the way the API describes them
export type Wire = any;

export type Operations = { readonly [op: string]: (input: Wire) => Wire };

export const REGION = 'us-east-1';
export const ACCOUNT = '123456789012';

export interface Store {
  readonly objects: Map<string, Wire>;
  all(type: string): Wire[];
  add(type: string, id: string, wire: Wire): Wire;
  /** The object of an id, or the refusal that AWS has for an unknown one. */
  need(id: string, code: string): Wire;
  remove(id: string): Wire;
  refuse(code: string, message?: string): never;
  /** A number that no object has yet, in hex. */
  next(length: number): string;
  /** The object as the wire has it. */
  bare(object: Wire): Wire;
  addTags(object: Wire, tags: Wire[]): void;
  dropTags(object: Wire, keys: string[]): void;
}

export function openStore(): Store {
  const objects = new Map<string, Wire>();
  let count = 0;
  const refuse = (code: string, message = code): never => {
    throw new CloudError('tiny', code, classify(code, 400), message);
  };
  return {
    objects,
    refuse,
    all: (type) => [...objects.values()].filter((object) => object.type === type),
    add: (type, id, wire) => {
      objects.set(id, { type, id, ...wire });
      return objects.get(id);
    },
    need: (id, code) => objects.get(id) ?? refuse(code, `${code} ${id}`),
    remove: (id) => {
      objects.delete(id);
      return {};
    },
    next: (length) => (++count).toString(16).padStart(length, '0'),
    bare: ({ type: _type, id: _id, ...wire }) => structuredClone(wire),
    addTags: (object, tags) => {
      for (const tag of tags) object.Tags = [...object.Tags.filter((other: Wire) => other.Key !== tag.Key), tag];
    },
    dropTags: (object, keys) => {
      object.Tags = object.Tags.filter((tag: Wire) => !keys.includes(tag.Key));
    },
  };
}

/** Whether a listener or rule sends requests to the group. */
export const uses = (object: Wire, group: string): boolean =>
  (object.DefaultActions ?? object.Actions).some((action: Wire) => groupsOf(action).some((share: Wire) => share.TargetGroupArn === group));

/** The groups of an action, each with its weight. */
export const groupsOf = (action: Wire): Wire[] =>
  action.ForwardConfig?.TargetGroups ?? (action.TargetGroupArn === undefined ? [] : [{ TargetGroupArn: action.TargetGroupArn, Weight: 1 }]);

/** The load balancers that lead to a group, by a listener or a rule. */
export function balancersOf({ all }: Store, group: string): string[] {
  const listeners = all('listener').filter(
    (listener) => uses(listener, group) || all('rule').some((rule) => rule.ListenerArn === listener.id && uses(rule, group)),
  );
  return [...new Set(listeners.map((listener) => listener.LoadBalancerArn))];
}

/** Sets attributes of which all must be known. */
export function setAttributes({ refuse }: Store, object: Wire, list: Wire[]): Wire {
  for (const { Key, Value } of list) {
    if (!(Key in object.attributes)) refuse('ValidationError', `Attribute key '${Key}' is not recognized`);
    if (typeof Value !== 'string') refuse('ValidationError', 'not a text');
    object.attributes[Key] = Value;
  }
  return { Attributes: list };
}
