/**
 * The one exception of the ELBv2 server and the errors most operations share. Codes are the ones of the API's service
 * model (API reference 2015-12-01, "Errors" of each operation); all of them are HTTP 400 there, save HealthUnavailable.
 * Where a public issue quotes what AWS says, the wording follows it and the issue is named beside it.
 */
export class ApiError extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.name = 'ApiError';
    this.code = code;
    this.status = status;
  }
}

/** A value or a combination of values that the service's own checks refuse. */
export function validation(message: string): ApiError {
  return new ApiError('ValidationError', message);
}

/** A combination of settings, or of objects, that cannot work together. */
export function invalidConfiguration(message: string): ApiError {
  return new ApiError('InvalidConfigurationRequest', message);
}

/** A routing action that the listener or rule cannot carry. */
export function invalidAction(message: string): ApiError {
  return new ApiError('InvalidLoadBalancerAction', message);
}

export function notPermitted(message: string): ApiError {
  return new ApiError('OperationNotPermitted', message);
}

/**
 * Something AWS serves and this server does not (yet). Not an AWS code, so that nobody mistakes a gap of the sandbox for a
 * refusal by AWS; HTTP 400, so that no client retries it.
 */
export function unsupported(what: string): ApiError {
  return new ApiError(
    'UnsupportedInSandbox',
    `${what} is part of the AWS API but is not served by this sandbox. Use a real account for it, or leave it out.`,
  );
}

/** An action name this API version has never had. Message as AWS answers it. */
export function unknownOperation(action: string): ApiError {
  return new ApiError('InvalidAction', `Could not find operation ${action} for version 2015-12-01`);
}

export const noLoadBalancer = (arn: string): ApiError => new ApiError('LoadBalancerNotFound', `Load balancer '${arn}' not found`);
export const noTargetGroup = (arn: string): ApiError => new ApiError('TargetGroupNotFound', `Target groups '${arn}' not found`);
/** Words: aws/copilot-cli#3660, kubernetes-sigs/aws-load-balancer-controller#1157. */
export const noListener = (): ApiError => new ApiError('ListenerNotFound', 'One or more listeners not found');
export const noRule = (): ApiError => new ApiError('RuleNotFound', 'One or more rules not found');
export const noTrustStore = (arn: string): ApiError => new ApiError('TrustStoreNotFound', `Trust store '${arn}' not found`);
/** Words: hashicorp/terraform-provider-aws#2053. */
export const noCertificate = (arn: string): ApiError => new ApiError('CertificateNotFound', `Certificate '${arn}' not found`);
