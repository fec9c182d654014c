/** The answers of DescribeInstances and DescribeTargetHealth as typed values. Pure. An answer of another shape counts as empty. */

import type { Json } from '../model/json.ts';

type Fields = { readonly [key: string]: Json };

const isFields = (value: Json | undefined): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
const fieldsOf = (value: Json | undefined, key: string): Fields => {
  const inner = isFields(value) ? value[key] : undefined;
  return isFields(inner) ? inner : {};
};
const listOf = (value: Json | undefined, key: string): readonly Json[] => {
  const inner = isFields(value) ? value[key] : undefined;
  return Array.isArray(inner) ? inner : [];
};
const textOf = (value: Json | undefined, key: string): string => {
  const inner = isFields(value) ? value[key] : undefined;
  return typeof inner === 'string' ? inner : '';
};

export interface InstanceState {
  readonly instanceId: string;
  readonly state: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly zone: string;
  readonly securityGroups: readonly string[];
}

export function instanceStates(answer: Json): InstanceState[] {
  return listOf(answer, 'Reservations')
    .flatMap((reservation) => listOf(reservation, 'Instances'))
    .map((instance) => ({
      instanceId: textOf(instance, 'InstanceId'),
      state: textOf(fieldsOf(instance, 'State'), 'Name'),
      tags: Object.fromEntries(listOf(instance, 'Tags').map((tag) => [textOf(tag, 'Key'), textOf(tag, 'Value')])),
      zone: textOf(fieldsOf(instance, 'Placement'), 'AvailabilityZone'),
      securityGroups: listOf(instance, 'SecurityGroups').map((group) => textOf(group, 'GroupId')),
    }));
}

export interface TargetState {
  readonly instanceId: string;
  readonly port: number;
  readonly state: string;
  readonly reason: string;
  readonly description: string;
  /** For an IP address: the zone it is registered in, or `all`. Otherwise empty. */
  readonly zone: string;
}

export function targetStates(answer: Json): TargetState[] {
  return listOf(answer, 'TargetHealthDescriptions').map((description) => {
    const target = fieldsOf(description, 'Target');
    const health = fieldsOf(description, 'TargetHealth');
    const port = target['Port'];
    return {
      instanceId: textOf(target, 'Id'),
      port: typeof port === 'number' ? port : 0,
      state: textOf(health, 'State'),
      reason: textOf(health, 'Reason'),
      description: textOf(health, 'Description'),
      zone: textOf(target, 'AvailabilityZone'),
    };
  });
}
