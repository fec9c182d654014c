/** Stacks that share one network, two instances and a certificate: one load balancer, one group, two listeners, five rules each. */

import { converge, failures } from './converge.ts';
import { changed, ready, type SpecData } from './stacks.ts';
import type { TinyAws } from './tiny-aws.ts';

const rule = (number: number): SpecData => ({ if: { path: [`/${number}/*`] }, forward: 'web' });

export const nameOf = (number: number): string => `stack-${String(number).padStart(3, '0')}`;

/** Makes `count` stacks and answers their specs. */
export async function makeStacks(aws: TinyAws, count: number): Promise<readonly SpecData[]> {
  const specs: SpecData[] = [];
  for (let number = 0; number < count; number++) {
    const spec = changed((data) => {
      Object.assign(data, { stack: nameOf(number) });
      data.loadBalancer.name = nameOf(number);
      data.listeners.http.rules = { one: rule(1), two: rule(2), three: rule(3) };
      data.listeners.https.rules = { four: rule(4), five: rule(5) };
      if (number > 0) Object.assign(data, givenBy(aws));
    });
    const { run, check } = await converge(aws, spec);
    if (run.outcome !== 'done' || check.changes.length > 0) throw new Error(`${nameOf(number)}: ${failures(run)}`);
    specs.push(spec);
  }
  return specs;
}

export const stacksOf = (specs: readonly SpecData[]) => specs.map((spec) => ready(spec).stack);

/** What the first stack made, as the others are given it. */
function givenBy(aws: TinyAws): SpecData {
  const ids = (type: string) => aws.all(type).map((object) => ({ id: object.id }));
  const [vpc] = ids('vpc');
  const [a, b] = ids('subnet');
  const [one, two] = ids('instance');
  return {
    network: { vpc, subnets: { a, b } },
    instances: { 'web-1': one, 'web-2': two },
    certificates: { site: { iam: aws.all('certificate')[0]?.ServerCertificateName } },
  };
}
