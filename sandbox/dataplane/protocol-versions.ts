/**
 * Which version of HTTP a client speaks, and target groups that take no other. Application Load Balancers guide, "Troubleshoot", HTTP
 * 464: an HTTP/1.1 request for a group of HTTP/2 or gRPC, and a request for a gRPC group that is no POST.
 */
import type { TargetGroupFacts } from '../types.ts';
import { SERVER_NAME } from './error-pages.ts';

/** Carries the client's version from the frontend to the rules; never reaches a target. */
const VERSION = 'x-albedo-client-version';

/** At the frontend, where the client's version is known. A client's own header of this name is replaced. */
export function clientVersionLines(): readonly string[] {
  return [`http-request set-header ${VERSION} %[req.ver]`];
}

/** In the rules, before anything else. */
export function readVersionLines(): readonly string[] {
  return [`http-request set-var(txn.client_version) req.hdr(${VERSION})`, `http-request del-header ${VERSION}`];
}

/** In the backend of a target group. */
export function protocolMismatchLines({ protocolVersion }: TargetGroupFacts): readonly string[] {
  if (protocolVersion !== 'HTTP2' && protocolVersion !== 'GRPC') return [];
  const answer = `http-request return status 464 content-type text/html lf-string %[var(txn.empty)] hdr Server ${SERVER_NAME}`;
  return [`${answer} unless { var(txn.client_version) -m beg 2 }`, ...(protocolVersion === 'GRPC' ? [`${answer} unless METH_POST`] : [])];
}
