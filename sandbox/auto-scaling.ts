/**
 * Auto Scaling groups, as far as their members can tell: what is told to be one is tagged as Auto Scaling tags it, and a member that does not run
 * any more is terminated and replaced by one like it, registered where it was. There is no API of Auto Scaling in the sandbox: groups are
 * made through `/_sandbox/auto-scaling`. Auto Scaling user guide, health checks and tag lifecycle.
 */
import { randomUUID } from 'node:crypto';
import type { ApiAnswer, ApiCall, Clock, Elbv2State, InstanceFacts, NetworkView } from './types.ts';
import { ACCOUNT, codeOf } from './wire.ts';

export const MEMBER_TAG = 'aws:autoscaling:groupName';
/** Until a group takes note, in ms. At AWS it is a minute or so; nobody has to wait here. */
const NOTICED_MS = 2000;

export interface AutoScaling {
  /** The instances are members of the group from now on. Throws for one that is not there. */
  adopt(name: string, instanceIds: readonly string[]): Promise<void>;
  reset(): void;
  stop(): void;
}

export interface AutoScalingOptions {
  readonly clock: Clock;
  readonly network: NetworkView;
  readonly state: Pick<Elbv2State, 'targetGroups'>;
  readonly ec2: (call: ApiCall) => Promise<ApiAnswer>;
  readonly elbv2: (call: ApiCall) => Promise<ApiAnswer> | ApiAnswer;
  readonly region: string;
  readonly log: (line: string) => void;
}

interface Place {
  readonly group: string;
  readonly port: number;
}

interface Membership {
  readonly name: string;
  /** What a launch template would say. */
  readonly image: string;
  readonly type: string;
  readonly facts: InstanceFacts;
  places: readonly Place[];
}

export function createAutoScaling({ clock, network, state, ec2, elbv2, region, log }: AutoScalingOptions): AutoScaling {
  const members = new Map<string, Membership>();
  const call = (service: string, action: string, params: Readonly<Record<string, string>>): ApiCall => ({
    ...{ service, action, params, region, account: ACCOUNT, requestId: randomUUID() },
  });
  const must = (answer: ApiAnswer): ApiAnswer => {
    const code = codeOf(answer);
    if (code !== undefined) throw new Error(`${code}: ${answer.body.slice(0, 200)}`);
    return answer;
  };
  const placesOf = (id: string): readonly Place[] =>
    state
      .targetGroups()
      .flatMap(({ arn, targets }) => targets.flatMap((target) => (target.id === id ? [{ group: arn, port: target.port ?? 80 }] : [])));

  const tag = (id: string, name: string): Promise<ApiAnswer> =>
    ec2(call('ec2', 'CreateTags', { 'ResourceId.1': id, 'Tag.1.Key': MEMBER_TAG, 'Tag.1.Value': name })).then(must);

  const replace = async ({ name, image, type, facts, places }: Membership): Promise<void> => {
    const own = Object.entries(facts.tags).filter(([key]) => !key.startsWith('aws:') && key !== 'albedo:fault');
    const made = must(
      await ec2(
        call('ec2', 'RunInstances', {
          ...{ ImageId: image, InstanceType: type, MinCount: '1', MaxCount: '1', SubnetId: facts.subnetId },
          UserData: Buffer.from(facts.userData).toString('base64'),
          ...Object.fromEntries(facts.securityGroupIds.map((id, index) => [`SecurityGroupId.${index + 1}`, id])),
          ...(own.length === 0 ? {} : { 'TagSpecification.1.ResourceType': 'instance' }),
          ...Object.fromEntries(
            own.flatMap(([key, value], index) => [
              [`TagSpecification.1.Tag.${index + 1}.Key`, key],
              [`TagSpecification.1.Tag.${index + 1}.Value`, value],
            ]),
          ),
        }),
      ),
    );
    const id = /<instanceId>(i-[0-9a-f]+)</.exec(made.body)?.[1] ?? '';
    await tag(id, name);
    const born = network.instance(id);
    if (born === undefined) throw new Error(`${id} is not there`);
    members.set(id, { name, image, type, facts: born, places });
    // A target may be registered once its instance runs.
    const register = (): void => {
      if (!members.has(id)) return;
      if (network.instance(id)?.state !== 'running') return void clock.after(200, register);
      for (const { group, port } of places)
        void Promise.resolve(
          elbv2(
            call('elasticloadbalancing', 'RegisterTargets', {
              TargetGroupArn: group,
              'Targets.member.1.Id': id,
              'Targets.member.1.Port': String(port),
            }),
          ),
        ).then(must, (error: unknown) => log(`auto scaling: ${id} could not be registered: ${String(error)}`));
    };
    register();
  };

  const look = (): void => {
    for (const [id, member] of members) {
      const now = network.instance(id);
      if (now?.state === 'running' || now?.state === 'pending') {
        const places = placesOf(id);
        if (places.length > 0) member.places = places;
        continue;
      }
      members.delete(id);
      clock.after(NOTICED_MS, () => {
        const ended =
          now === undefined ? Promise.resolve() : ec2(call('ec2', 'TerminateInstances', { 'InstanceId.1': id })).then(() => undefined);
        ended.then(() => replace(member)).catch((error: unknown) => log(`auto scaling: ${id} could not be replaced: ${String(error)}`));
      });
    }
  };
  const leave = network.onChange(look);

  return {
    async adopt(name, ids) {
      for (const id of ids) {
        const facts = network.instance(id);
        if (facts === undefined) throw new Error(`There is no instance ${id}.`);
        await tag(id, name);
        const { body } = must(await ec2(call('ec2', 'DescribeInstances', { 'InstanceId.1': id })));
        const [, image = ''] = /<imageId>([^<]*)</.exec(body) ?? [];
        const [, type = ''] = /<instanceType>([^<]*)</.exec(body) ?? [];
        members.set(id, { name, image, type, facts: network.instance(id) ?? facts, places: placesOf(id) });
      }
    },
    reset: () => members.clear(),
    stop: leave,
  };
}
