import type { Kind } from './field.ts';

/** Tags that say whose an object is. Ownership rests on these two alone. */
export const STACK_TAG = 'albedo:stack';
export const ADDRESS_TAG = 'albedo:address';
/** Names the user's tags that albedo put on, parted by spaces, so that one dropped from the spec is known to be ours to remove. */
export const KEYS_TAG = 'albedo:tags';

/** How tags are changed after create, by service. EC2 CreateTags, ELBv2 AddTags, IAM TagServerCertificate API references. */
export const TAGGING = {
  ec2: { add: 'ec2:CreateTags', remove: 'ec2:DeleteTags', subject: 'Resources', list: true, removeParam: 'Tags' },
  elbv2: { add: 'elbv2:AddTags', remove: 'elbv2:RemoveTags', subject: 'ResourceArns', list: true, removeParam: 'TagKeys' },
  iam: { add: 'iam:TagServerCertificate', remove: 'iam:UntagServerCertificate', subject: 'ServerCertificateName', list: false, removeParam: 'TagKeys' },
} as const satisfies Record<Kind['service'], unknown>;
