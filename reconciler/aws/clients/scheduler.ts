import type { OperationName } from '../operations.ts';
import { restJson } from './rest-json.ts';

/** What albedo sends and reads of EventBridge Scheduler (API reference, CreateSchedule and DeleteSchedule). */
const service = restJson<Commands>('scheduler', {
  CreateSchedule: {
    method: 'POST',
    path: '/schedules/{Name}',
    takes: {
      ...{ Name: 'path', GroupName: 'text', ClientToken: 'text', Description: 'text', ScheduleExpression: 'text' },
      ...{ ActionAfterCompletion: 'text', FlexibleTimeWindow: { Mode: 'text' } },
      Target: {
        ...{ Arn: 'text', RoleArn: 'text', Input: 'text' },
        RetryPolicy: { MaximumEventAgeInSeconds: 'number', MaximumRetryAttempts: 'number' },
      },
    },
    answers: { ScheduleArn: 'text' },
  },
  DeleteSchedule: {
    method: 'DELETE',
    path: '/schedules/{Name}',
    takes: { Name: 'path', GroupName: { query: 'groupName' }, ClientToken: { query: 'clientToken' } },
    answers: {},
  },
});
export const { Client, commands } = service;
/** DeleteSchedule answers nothing (API reference). */
export const mayBeEmpty = true;

type Commands = Extract<OperationName, `scheduler:${string}`> extends `scheduler:${infer Name}` ? Name : never;
