/** What the load balancer itself says when no target answers; the titles are those of Application Load Balancers. */
import { word } from './haproxy-config-values.ts';

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  405: 'Not Allowed',
  408: 'Request Time-out',
  414: 'Request-URI Too Large',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Temporarily Unavailable',
  504: 'Gateway Time-out',
};

/** Answers of the load balancer itself carry this name. */
export const SERVER_NAME = 'awselb/2.0';

/** Set by the sandbox's own stand-in for unreachable targets: this answer is the load balancer's, not a target's. */
export const OWN_ANSWER = 'x-albedo-own-answer';

export function errorTitle(status: number): string {
  return TITLES[status] ?? String(status);
}

export function errorPage(status: number): string {
  const title = `${status} ${errorTitle(status)}`;
  return `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<h1>${title}</h1>\r\n</body>\r\n</html>\r\n`;
}

/** The answer as bytes on the wire, for HAProxy's `errorfile` and for the stand-in. */
export function rawError(status: number, ...headers: readonly string[]): string {
  const body = errorPage(status);
  const lines = [
    `HTTP/1.1 ${status} ${errorTitle(status)}`,
    `Server: ${SERVER_NAME}`,
    'Content-Type: text/html',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...headers,
  ];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

/** What an HTTPS port says to plain HTTP; words of Application Load Balancers, as of any nginx. */
export function plainOnHttpsReturn(): string {
  const reason = 'The plain HTTP request was sent to HTTPS port';
  const page = `<html>\r\n<head><title>400 ${reason}</title></head>\r\n<body>\r\n<h1>400 Bad Request</h1>\r\n${reason}\r\n</body>\r\n</html>\r\n`;
  return `status 400 content-type text/html string ${word(page)} hdr Server ${SERVER_NAME} hdr Connection close`;
}

/** The arguments of `http-error` or `http-request return` for that page. */
export function errorReturn(status: number): string {
  return `status ${status} content-type text/html string ${word(errorPage(status))} hdr Server ${SERVER_NAME}`;
}
