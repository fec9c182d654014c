/**
 * The ledger of one account: EC2, IAM, STS and SSM in front of moto. EC2, server certificates and parameters have rules of their own here;
 * the rest of IAM, STS and SSM passes through.
 */

import type { Answerer } from '../gateway.ts';
import type { Order } from '../shuffle.ts';
import type { ApiAnswer, ApiCall, CertificateView, Clock, Elbv2State, Machines, Timings } from '../types.ts';
import type { Upstream } from '../upstream.ts';
import { ApiRefusal } from '../wire.ts';
import { createCertificates } from './certificates.ts';
import { createCommands } from './commands.ts';
import { createEc2Ledger, type Ec2State } from './ec2.ts';
import type { LedgerView } from './network-view.ts';
import { createParameters } from './parameters.ts';
import { simulatePrincipalPolicy } from './simulate.ts';

export interface Ledger {
  /** By the service name of the credential scope. */
  readonly services: Readonly<Record<'ec2' | 'iam' | 'sts' | 'ssm', Answerer>>;
  readonly network: LedgerView;
  readonly certificates: CertificateView;
  /** Who uses certificates and which load balancers are internal, once there is someone to ask. */
  connect(state: Pick<Elbv2State, 'certificateUsers' | 'loadBalancers' | 'onChange'>): void;
  /** A call of EC2 that a service of AWS makes: it may use what is reserved. */
  asAws(call: ApiCall): Promise<ApiAnswer>;
  /** Who runs the commands of Systems Manager, once there is somebody. */
  connectMachines(machines: Machines): void;
  /** Gets a region ready before anyone asks for it. */
  open(region: string): Promise<void>;
  /** Number of resources by kind: what is left in the account. */
  census(): Readonly<Record<string, number>>;
  /** Back to the start, but for moto, which all accounts share. */
  reset(): Promise<void>;
  /** All there is now, without moto's part; and back again. */
  save(): Promise<LedgerState>;
  load(state: LedgerState): Promise<void>;
}

export interface LedgerState {
  readonly ec2: Ec2State;
  readonly certificates: ReturnType<ReturnType<typeof createCertificates>['save']>;
  readonly parameters: ReadonlyMap<string, number>;
}

export interface LedgerOptions {
  /** Whose it is: twelve digits. */
  readonly account: string;
  readonly clock: Clock;
  readonly timings: Timings;
  readonly upstream: Upstream;
  readonly order: Order;
  readonly defaultVpc?: boolean;
  /** Server certificates an account may hold; 20 by default, as in AWS. */
  readonly certificateQuota?: number;
}

const QUERY_VERSIONS = { iam: '2010-05-08', sts: '2011-06-15' } as const;

/** Keys of tags that only AWS itself may set or take off (EC2 user guide, tag restrictions). */
function checkReserved({ params }: ApiCall): void {
  for (const [name, key] of Object.entries(params))
    if (/(^|\.)Tag\.\d+\.Key$/.test(name) && key.startsWith('aws:'))
      throw new ApiRefusal('InvalidParameterValue', `Tag keys starting with 'aws:' are reserved for internal use`);
}

/** IAM's words as recorded, where moto has its own. */
const reword = (answer: ApiAnswer): ApiAnswer =>
  answer.status < 400 ? answer : { ...answer, body: answer.body.replace(/(Policy arn:\S+) not found\b/g, '$1 was not found.') };

export function createLedger(options: LedgerOptions): Ledger {
  const { upstream } = options;
  const ec2 = createEc2Ledger(options);
  const parameters = createParameters(upstream, options.clock);
  const commands = createCommands(ec2.network, options.clock);
  const certificates = createCertificates({
    ...options,
    ...(options.certificateQuota === undefined ? {} : { quota: options.certificateQuota }),
  });
  const pass =
    (service: 'iam' | 'sts'): Answerer =>
    (call) => {
      const body = new URLSearchParams({ Action: call.action, Version: QUERY_VERSIONS[service], ...call.params }).toString();
      return upstream.send({ service, region: call.region, body, ...(call.accessKey ? { accessKey: call.accessKey } : {}) }).then(reword);
    };
  return {
    services: {
      ec2(call) {
        checkReserved(call);
        return ec2.handle(call);
      },
      iam(call, json) {
        if (certificates.handles(call.action)) return certificates.handle(call);
        if (call.action === 'SimulatePrincipalPolicy') return simulatePrincipalPolicy(upstream, call);
        return pass('iam')(call, json);
      },
      sts: pass('sts'),
      ssm: (call, json) => (json && commands.handles(call.action) ? commands.handle(call, json.body) : parameters.answer(call, json)),
    },
    network: ec2.network,
    certificates,
    asAws: (call) => ec2.handle(call),
    connectMachines: (machines) => commands.connect(machines),
    open: (region) => ec2.open(region),
    connect(state) {
      certificates.connect(state);
      ec2.connect(state);
    },
    census: () => ({ ...ec2.network.census(), serverCertificates: certificates.names().length, parameters: parameters.count() }),
    save: async () => ({ ec2: await ec2.save(), certificates: certificates.save(), parameters: parameters.save() }),
    async load(state) {
      certificates.load(state.certificates);
      parameters.load(state.parameters);
      await ec2.load(state.ec2);
    },
    async reset() {
      await ec2.reset();
      certificates.reset();
      parameters.reset();
      commands.reset();
    },
  };
}
