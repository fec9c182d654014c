/** What may stand in the place of a name of the file: the id or ARN of something of somebody else. One row a kind that can be referred to so. */

export interface IdForm {
  readonly form: RegExp;
  /** An example, as it would be written. */
  readonly example: string;
}

const arn = (service: string, resource: string): RegExp => new RegExp(`^arn:aws[a-z-]*:${service}:[a-z0-9-]*:\\d{12}:${resource}/.+$`);

export const ID_FORMS: Readonly<Record<string, IdForm>> = {
  vpc: { form: /^vpc-[0-9a-f]{8,17}$/, example: 'vpc-0123456789abcdef0' },
  subnet: { form: /^subnet-[0-9a-f]{8,17}$/, example: 'subnet-0123456789abcdef0' },
  securityGroup: { form: /^sg-[0-9a-f]{8,17}$/, example: 'sg-0123456789abcdef0' },
  instance: { form: /^i-[0-9a-f]{8,17}$/, example: 'i-0123456789abcdef0' },
  certificate: { form: arn('(acm|iam)', '(certificate|server-certificate)'), example: 'arn:aws:acm:REGION:ACCOUNT:certificate/ID' },
  targetGroup: {
    form: arn('elasticloadbalancing', 'targetgroup'),
    example: 'arn:aws:elasticloadbalancing:REGION:ACCOUNT:targetgroup/NAME/ID',
  },
  trustStore: {
    form: arn('elasticloadbalancing', 'truststore'),
    example: 'arn:aws:elasticloadbalancing:REGION:ACCOUNT:truststore/NAME/ID',
  },
};

/** Whether a text is an id or ARN of a thing of this kind. */
export const isIdOf = (kind: string, text: string): boolean => ID_FORMS[kind]?.form.test(text) === true;

/** The kind whose id or ARN a text is; undefined when it is none. */
export const kindOfId = (text: string): string | undefined => Object.keys(ID_FORMS).find((kind) => isIdOf(kind, text));
