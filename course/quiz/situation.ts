import type { Json } from '../../reconciler/model/json.ts';
import type { SpecObject } from '../bench.ts';
import type { Look } from '../exercise.ts';

/** A situation that a question is about: it is set up in the sandbox, and what happens is seen. */
export interface Situation {
  readonly name: string;
  /** What is set up, in a sentence. */
  readonly setUp: string;
  readonly spec: SpecObject;
  /** What happens; `seen`: it is what the answer says. */
  readonly watch: (look: Look) => Promise<{ readonly seen: boolean; readonly found: string }>;
}

type Part = Readonly<Record<string, Json>>;

export const GROUP: Part = {
  targetType: 'instance',
  port: 8080,
  deregistrationDelay: '1s',
  healthCheck: { path: '/status', interval: '5s', timeout: '2s', healthyThreshold: 2, unhealthyThreshold: 2 },
  targets: ['web-1', 'web-2'],
};

/** Two instances behind a load balancer, with other parts where the situation needs them. */
export const stack = (parts: Part): SpecObject => ({
  stack: 'try',
  region: 'us-east-1',
  lint: { silence: ['plain-http'] },
  network: {
    vpc: { cidrBlock: '10.0.0.0/16' },
    subnets: {
      a: { availabilityZone: 'us-east-1a', cidrBlock: '10.0.1.0/24' },
      b: { availabilityZone: 'us-east-1b', cidrBlock: '10.0.2.0/24' },
    },
  },
  instances: { 'web-1': { subnet: 'a', app: 'flask-webserver' }, 'web-2': { subnet: 'b', app: 'flask-webserver' } },
  targetGroups: { web: GROUP },
  loadBalancer: { subnets: ['a', 'b'] },
  listeners: { http: { protocol: 'HTTP', port: 80, forward: 'web' } },
  ...parts,
});
