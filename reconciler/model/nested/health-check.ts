/** Where a health check goes, and which answers pass it. ELBv2 API reference, CreateTargetGroup and Matcher. */

import { type Codec, PORT_PATTERN, text } from '../codec.ts';

export function checkPort(): Codec<string, string> {
  return text({
    pattern: `^(traffic-port|${PORT_PATTERN})$`,
    patternMessage: 'traffic-port, or a port in quotes',
    example: 'traffic-port',
  });
}

export function grpcMatcher(): Codec<string, string> {
  return text({
    pattern: '^\\d{1,2}(-\\d{1,2})?(,\\d{1,2}(-\\d{1,2})?)*$',
    patternMessage: 'codes from 0 to 99: "12", "0,12" or "0-99"',
    example: '12',
    legal: 'grpcMatcher',
  });
}

export function matcher(): Codec<string, string> {
  return text({
    pattern: '^[234]\\d\\d(-[234]\\d\\d)?(,[234]\\d\\d(-[234]\\d\\d)?)*$',
    patternMessage: 'codes from 200 to 499: "200", "200,202" or "200-299"',
    example: '200',
    legal: 'matcher',
  });
}
