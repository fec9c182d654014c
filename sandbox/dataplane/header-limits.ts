/**
 * How large headers may be. Application Load Balancers guide, "Quotas" and "Troubleshoot", HTTP 400, 414 and 502: a request line 16 K, one
 * header 16 K, the whole request header 64 K, the whole response header 32 K.
 */
import { errorReturn } from './error-pages.ts';

const LINE = 16_384;
const REQUEST = 65_536;
const RESPONSE = 32_768;

/** Where the client's request is first seen. */
export function requestLimitLines(): readonly string[] {
  return [
    // RFC 9112, section 3.2; the load balancer answers 400.
    `http-request return ${errorReturn(400)} if !{ req.hdr(host) -m found } !HTTP_1.0`,
    `http-request return ${errorReturn(414)} if { url,length gt ${LINE} }`,
    `http-request return ${errorReturn(400)} if { req.hdrs,length gt ${REQUEST} }`,
    // One line of it; most are too short altogether for the expression to be tried.
    `http-request return ${errorReturn(400)} if { req.hdrs,length gt ${LINE} } { req.hdrs -m reg [^\\r\\n]{${LINE + 1},} }`,
  ];
}

/** Where the target's answer is first seen. */
export function responseLimitLines(): readonly string[] {
  return [`http-response return ${errorReturn(502)} if { res.hdrs,length gt ${RESPONSE} }`];
}
