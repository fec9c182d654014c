import { reference, setOf, text } from '../codec.ts';
import { create, DERIVED, REQUIRED, UNMANAGED } from '../field.ts';
import { image } from '../nested/image.ts';
import { userData } from '../nested/user-data.ts';
import { EC2_PAGE, TAGS_WITHIN } from '../read.ts';
import { kind } from '../values.ts';

export const instance = kind({
  name: 'instance',
  label: 'instance',
  service: 'ec2',
  fields: {
    subnet: create('SubnetId', reference('subnet', 'id'), REQUIRED, 'Name of the subnet it is in.'),
    instanceType: create(
      'InstanceType',
      text({ pattern: '^[a-z][a-z0-9-]*\\.[a-z0-9-]+$', patternMessage: 'an EC2 instance type such as t3.micro', example: 't3.micro' }),
      't3.micro',
      'The EC2 instance type.',
      {
        exists: [
          {
            label: 'instance type',
            op: 'ec2:DescribeInstanceTypeOfferings',
            input: { LocationType: 'availability-zone' },
            filter: 'instance-type',
            names: 'InstanceTypeOfferings[].InstanceType',
            offered: { list: 'InstanceTypeOfferings[]', name: 'InstanceType', place: 'Location', by: 'subnet', of: 'availabilityZone' },
            hint: '`aws ec2 describe-instance-type-offerings --location-type availability-zone` lists the types of each zone.',
          },
        ],
      },
    ),
    image: create(
      'ImageId',
      image(),
      'al2023',
      'The machine image: al2023 (x86), al2023-arm64, an SSM parameter path, or an AMI id. albedo looks it up once, when it creates the instance; a newer image is not drift.',
      {
        tag: 'albedo:image',
        exists: [
          {
            label: 'machine image',
            form: /^ami-/,
            op: 'ec2:DescribeImages',
            filter: 'image-id',
            names: 'Images[].ImageId',
            hint: 'An AMI belongs to one region: copy it, or check the id and its launch permissions.',
          },
          {
            label: 'parameter',
            form: /^\//,
            op: 'ssm:GetParameter',
            param: 'Name',
            names: 'Parameter.Name',
            hint: '`aws ssm get-parameters-by-path --path /aws/service/ami-amazon-linux-latest` lists the paths of Amazon Linux.',
          },
        ],
      },
    ),
    userData: create(
      'UserData',
      userData(),
      UNMANAGED,
      'The script of the first boot. EC2 runs it once, so a change replaces the instance.',
      { tag: 'albedo:user-data', internal: true },
    ),
    securityGroups: {
      wire: {
        how: 'setter',
        op: 'ec2:ModifyInstanceAttribute',
        param: 'SecurityGroupIds',
        setParam: 'Groups',
        read: 'SecurityGroups[].GroupId',
      },
      codec: setOf(reference('securityGroup', 'id'), { minItems: 1, maxItems: 5 }),
      expandBeforeShrink: {},
      default: DERIVED,
      doc: 'Names or ids of its security groups. Default: albedo creates one that allows only the load balancer.',
      risk: {
        risk: 'drop',
        reason: 'new connections that only {removed} allowed are refused',
        when: { change: 'removed' },
      },
    },
    keyName: create('KeyName', text({ minLength: 1, maxLength: 255 }), UNMANAGED, 'Name of an EC2 key pair for SSH.', {
      exists: [
        {
          label: 'key pair',
          op: 'ec2:DescribeKeyPairs',
          filter: 'key-name',
          names: 'KeyPairs[].KeyName',
          hint: 'A key pair belongs to one region: import it, or check the name.',
        },
      ],
    }),
  },
  read: {
    by: 'tagged',
    op: 'ec2:DescribeInstances',
    list: 'Reservations[].Instances[]',
    tags: TAGS_WITHIN,
    page: EC2_PAGE,
    input: { Filters: [{ Name: 'instance-state-name', Values: ['pending', 'running', 'stopping', 'stopped'] }] },
    except: { path: 'State.Name', values: ['shutting-down', 'terminated'] },
  },
  outputs: { id: 'InstanceId', state: 'State.Name', zone: 'Placement.AvailabilityZone' },
  create: {
    op: 'ec2:RunInstances',
    answer: 'Instances[0]',
    constants: { MinCount: 1, MaxCount: 1 },
    tags: { param: 'TagSpecifications', types: ['instance', 'volume', 'network-interface'] },
    token: 'ClientToken',
  },
  destroy: { op: 'ec2:TerminateInstances', param: 'InstanceIds', list: true },
  rolls: true,
  after: ['internetGateway', 'routeTable'],
  condition: { state: 'State.Name', code: 'StateReason.Code', text: 'StateReason.Message', fine: ['running'] },
  risk: {
    replace: { risk: 'shift', reason: 'its requests go to the new instance once that is in service' },
    destroy: { risk: 'shift', reason: 'its requests go to the other targets' },
  },
  awaits: [
    {
      name: 'ready',
      op: 'ec2:DescribeInstances',
      input: { InstanceIds: ['{id}'] },
      path: 'Reservations[].Instances[].State.Name',
      atLeast: 1,
      anyOf: ['running'],
      failOn: ['shutting-down', 'terminated', 'stopping', 'stopped'],
      timeoutSeconds: 600,
      pollSeconds: 5,
      reasonPath: 'Reservations[].Instances[].StateReason.Message',
      whoPath: 'Reservations[].Instances[].InstanceId',
      words: 'running',
    },
    {
      name: 'gone',
      op: 'ec2:DescribeInstances',
      input: { InstanceIds: ['{id}'] },
      path: 'Reservations[].Instances[].State.Name',
      anyOf: ['terminated'],
      goneIsDone: true,
      timeoutSeconds: 900,
      pollSeconds: 5,
      words: 'terminated',
    },
  ],
});
