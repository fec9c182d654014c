import type { Exercise } from './exercise.ts';
import { cleanUp } from './exercises/clean-up.ts';
import { drift } from './exercises/drift.ts';
import { instanceOff } from './exercises/instance-off.ts';
import { instances } from './exercises/instances.ts';
import { loadBalancer } from './exercises/load-balancer.ts';
import { loadTest } from './exercises/load-test.ts';
import { network } from './exercises/network.ts';
import { pullRequest } from './exercises/pull-request.ts';
import { rotation } from './exercises/rotation.ts';
import { rules } from './exercises/rules.ts';
import { selfCheck } from './exercises/self-check.ts';
import { sticky } from './exercises/sticky.ts';
import { targetGroup } from './exercises/target-group.ts';
import { tls } from './exercises/tls.ts';

/** In the order of the chapters; a chapter has one. */
export const EXERCISES: readonly Exercise[] = [
  ...[network, targetGroup, loadBalancer, instances, loadTest, instanceOff, selfCheck],
  ...[tls, sticky, rules, drift, rotation, pullRequest, cleanUp],
];

export const exerciseNamed = (name: string): Exercise | undefined => EXERCISES.find((exercise) => exercise.name === name);
