import type { OperationName } from '../operations.ts';
import { restJson } from './rest-json.ts';

/** What albedo sends and reads of AWS Fault Injection Service (API reference, GetSafetyLever). */
const service = restJson<Commands>('fis', {
  GetSafetyLever: {
    method: 'GET',
    path: '/safetyLevers/{id}',
    takes: { id: 'path' },
    answers: { safetyLever: { id: 'text', arn: 'text', state: { status: 'text', reason: 'text' } } },
  },
});
export const { Client, commands } = service;

type Commands = Extract<OperationName, `fis:${string}`> extends `fis:${infer Name}` ? Name : never;
