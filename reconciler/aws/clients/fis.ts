import type { OperationName } from '../operations.ts';
import { restJson } from './rest-json.ts';

/** Of an experiment: maps by the names that its template has. */
const experiment = { id: 'text', state: { status: 'text', reason: 'text' }, actions: 'json' } as const;

/** What albedo sends and reads of AWS Fault Injection Service (API reference). */
const service = restJson<Commands>('fis', {
  GetSafetyLever: {
    method: 'GET',
    path: '/safetyLevers/{id}',
    takes: { id: 'path' },
    answers: { safetyLever: { id: 'text', arn: 'text', state: { status: 'text', reason: 'text' } } },
  },
  CreateExperimentTemplate: {
    method: 'POST',
    path: '/experimentTemplates',
    takes: {
      ...{ clientToken: 'text', description: 'text', roleArn: 'text' },
      ...{ stopConditions: 'json', targets: 'json', actions: 'json', tags: 'json' },
    },
    answers: { experimentTemplate: { id: 'text' } },
  },
  DeleteExperimentTemplate: {
    method: 'DELETE',
    path: '/experimentTemplates/{id}',
    takes: { id: 'path' },
    answers: { experimentTemplate: { id: 'text' } },
  },
  ListExperimentTemplates: {
    method: 'GET',
    path: '/experimentTemplates',
    takes: { maxResults: { query: 'maxResults' }, nextToken: { query: 'nextToken' } },
    answers: { experimentTemplates: 'json', nextToken: 'text' },
  },
  StartExperiment: {
    method: 'POST',
    path: '/experiments',
    takes: { clientToken: 'text', experimentTemplateId: 'text', tags: 'json' },
    answers: { experiment },
  },
  GetExperiment: { method: 'GET', path: '/experiments/{id}', takes: { id: 'path' }, answers: { experiment } },
  ListExperiments: {
    method: 'GET',
    path: '/experiments',
    takes: {
      ...{ maxResults: { query: 'maxResults' }, nextToken: { query: 'nextToken' } },
      experimentTemplateId: { query: 'experimentTemplateId' },
    },
    answers: { experiments: 'json', nextToken: 'text' },
  },
  StopExperiment: { method: 'DELETE', path: '/experiments/{id}', takes: { id: 'path' }, answers: { experiment } },
});
export const { Client, commands } = service;

type Commands = Extract<OperationName, `fis:${string}`> extends `fis:${infer Name}` ? Name : never;
