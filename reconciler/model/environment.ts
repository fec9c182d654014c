import type { Schema } from './codec.ts';
import type { Json } from './json.ts';
import { ACCOUNT, TOP } from './top.ts';

/** What holds for all stacks of a folder and of those below it. */
export interface Environment {
  /** 12 digits. */
  readonly account?: string;
  readonly region?: string;
  /** Name of a profile in the shared AWS files. */
  readonly profile?: string;
}

/** The JSON Schema of `environment.yaml`, which stands beside specs or above them. */
export function environmentSchema(): Schema {
  const properties: Readonly<Record<keyof Environment, Json>> = {
    account: {
      ...ACCOUNT,
      description: 'The AWS account of all stacks here and below, in quotes. With credentials of another one nothing is read.',
    },
    region: {
      ...(TOP['region'] as { readonly [key: string]: Json }),
      description: 'The region of all stacks here and below: a spec of another one is a mistake.',
    },
    profile: {
      type: 'string',
      pattern: '^[A-Za-z0-9_][A-Za-z0-9_+=,.@/-]{0,127}$',
      'x-pattern-message': 'the name of a profile in ~/.aws/config',
      description:
        'The AWS profile whose credentials the command line and the library use for all stacks here and below, so that one run can be about several accounts. The action has one role for a run and passes over it.',
    },
  };
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: 'urn:albedo:environment:1',
    title: 'albedo environment',
    description: 'Which account and region the stacks of a folder, and of those below it, belong to.',
    'x-name': 'environment',
    type: 'object',
    additionalProperties: false,
    properties,
  };
}
