import type { CloudErrorClass } from '../errors.ts';

/** Codes whose meaning their name does not give away. Sources: EC2, ELBv2 and IAM API references, botocore's retry data. */
const CODES: Readonly<Record<string, CloudErrorClass>> = {
  Throttling: 'Throttled',
  ThrottlingException: 'Throttled',
  ThrottledException: 'Throttled',
  RequestThrottled: 'Throttled',
  RequestThrottledException: 'Throttled',
  RequestLimitExceeded: 'Throttled',
  EC2ThrottledException: 'Throttled',
  TooManyRequestsException: 'Throttled',
  SlowDown: 'Throttled',
  PriorRequestNotComplete: 'Throttled',
  BandwidthLimitExceeded: 'Throttled',
  AccessDenied: 'Denied',
  AccessDeniedException: 'Denied',
  UnauthorizedOperation: 'Denied',
  AuthorizationError: 'Denied',
  ExpiredToken: 'Credentials',
  ExpiredTokenException: 'Credentials',
  RequestExpired: 'Credentials',
  InvalidClientTokenId: 'Credentials',
  SignatureDoesNotMatch: 'Credentials',
  AuthFailure: 'Credentials',
  UnrecognizedClientException: 'Credentials',
  MissingAuthenticationToken: 'Credentials',
  MissingAuthenticationTokenException: 'Credentials',
  IncompleteSignature: 'Credentials',
  OptInRequired: 'Credentials',
  InvalidSignatureException: 'Credentials',
  RequestTimeTooSkewed: 'Credentials',
  RequestInTheFuture: 'Credentials',
  InvalidAccessKeyId: 'Credentials',
  CredentialsProviderError: 'Credentials',
  TokenProviderError: 'Credentials',
  NoSuchEntity: 'NotFound',
  ParameterNotFound: 'NotFound',
  'Gateway.NotAttached': 'NotFound',
  EntityAlreadyExists: 'Exists',
  RouteAlreadyExists: 'Exists',
  'Resource.AlreadyAssociated': 'Exists',
  'InvalidSubnet.Conflict': 'Exists',
  PriorityInUse: 'Exists',
  ResourceInUse: 'InUse',
  DependencyViolation: 'InUse',
  DeleteConflict: 'InUse',
  'InvalidGroup.InUse': 'InUse',
  InternalFailure: 'Transient',
  InternalError: 'Transient',
  ServiceUnavailable: 'Transient',
  Unavailable: 'Transient',
  InternalServerError: 'Transient',
  HealthUnavailable: 'Transient',
  ServiceFailure: 'Transient',
  TimeoutError: 'Transient',
  RequestTimeout: 'Transient',
  RequestTimeoutException: 'Transient',
  ECONNRESET: 'Transient',
  EPIPE: 'Transient',
  ETIMEDOUT: 'Transient',
  ERR_STREAM_PREMATURE_CLOSE: 'Transient',
  UnreadableAnswer: 'Transient',
  NotAnAwsAnswer: 'Transient',
  ECONNREFUSED: 'Unreachable',
  ENOTFOUND: 'Unreachable',
  EAI_AGAIN: 'Unreachable',
  EHOSTUNREACH: 'Unreachable',
  ENETUNREACH: 'Unreachable',
  CERT_HAS_EXPIRED: 'Unreachable',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'Unreachable',
};

/** The class of an AWS error code (or Node network code) and HTTP status. */
export function classify(code: string, status: number | undefined): CloudErrorClass {
  const known = Object.hasOwn(CODES, code) ? CODES[code] : undefined;
  if (known !== undefined) return known;
  if (/NotFound(Exception)?$|\.NotFound$|NotFoundFault$/.test(code)) return 'NotFound';
  if (/^Duplicate|\.Duplicate$|AlreadyExists$/.test(code)) return 'Exists';
  if (/Throttl/.test(code)) return 'Throttled';
  // AWS has no room, and says so with 500 (EC2 API reference, "Server error codes"): nothing was done, and the answer was not lost.
  if (/^Insufficient\w*(Capacity|Addresses)/.test(code)) return 'Invalid';
  if (status !== undefined && status >= 500) return 'Transient';
  if (status !== undefined && status >= 400) return 'Invalid';
  return 'Unknown';
}

interface Thrown {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly Code?: unknown;
  readonly message?: unknown;
  readonly cause?: unknown;
  readonly errors?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: unknown };
  readonly $response?: { readonly statusCode?: unknown };
}

/** Code, HTTP status and message of whatever the SDK threw. Answers that are no XML (a proxy's page) count by their status. */
export function describeThrown(thrown: unknown): { readonly code: string; readonly status: number | undefined; readonly message: string } {
  const error = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as Thrown;
  const status = [error.$metadata?.httpStatusCode, error.$response?.statusCode].find((value): value is number => typeof value === 'number');
  const inner = Array.isArray(error.errors) ? (error.errors[0] as Thrown | undefined) : undefined;
  const network = [error.code, inner?.code, (error.cause as Thrown | undefined)?.code].find(
    (value): value is string => typeof value === 'string' && Object.hasOwn(CODES, value),
  );
  const name = [error.Code, error.name].find((value): value is string => typeof value === 'string' && value !== '' && value !== 'Error');
  const parse =
    name === 'SyntaxError' ||
    name === 'TypeError' ||
    /Deserialization error|char '.' is not expected|Unclosed|Unexpected (end|token)/i.test(String(error.message ?? ''));
  const code = network ?? (parse ? (status !== undefined && status >= 400 ? `HTTP${status}` : 'UnreadableAnswer') : (name ?? 'Unknown'));
  return {
    code,
    status,
    message: (
      String(
        [error.message, inner?.message].find((text) => typeof text === 'string' && text !== '') ??
          (thrown instanceof Error ? code : thrown),
      ).split('\n')[0] ?? ''
    ).replace(/^@smithy\/[\w-]+ - (\[ERROR\] )?/, ''),
  };
}

/**
 * What to do where AWS did not accept who signed: a refusal that the credentials are not to blame for looks the same. Codes: EC2 API
 * reference, "Error codes"; texts of a wrong clock: IAM user guide, "Troubleshoot Signature Version 4 signed requests".
 */
export function credentialsAdvice(code: string, message: string): string | undefined {
  if (/^(RequestTimeTooSkewed|RequestInTheFuture)$/.test(code) || /Signature (expired|not yet current)/i.test(message))
    return 'The clock of this machine and that of AWS are minutes apart: set the clock, and run the same command again.';
  if (code === 'RequestExpired')
    return 'The credentials are expired, or the clock of this machine is minutes off: renew the credentials or set the clock, and run the same command again.';
  if (code === 'OptInRequired')
    return 'The account may not use this service in this region yet: finish the sign-up of the account, or enable the region, and run the same command again.';
  // What an account that has not enabled the region gets (AWS Account Management guide, "Specify which AWS Regions your account can use").
  if (/^(AuthFailure|InvalidClientTokenId|UnrecognizedClientException)$/.test(code))
    return 'The credentials are expired or wrong, or the region is not enabled in the account: renew them or enable it, and run the same command again.';
  return undefined;
}
