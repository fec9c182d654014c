/** Target groups: what AWS would refuse, and the spec without it. */

import { type Row, tryRows } from '../../support/spec-rows.ts';
import { suite } from '../../support/suite.ts';

const t = suite('spec/check-targets');

const ROWS: readonly Row[] = [
  {
    name: 'stickiness of eight days',
    replace: 'duration: 1d',
    by: 'duration: 8d',
    duplicate: 'duration: 7d',
    told: ['18:29 targetGroups.web.stickiness.duration: `duration` is `8d`; the maximum is `7d`. | Write `1s` to `7d`.'],
  },
  {
    name: 'stickiness of no time',
    replace: 'duration: 1d',
    by: 'duration: 0s',
    duplicate: 'duration: 1s',
    told: ['18:29 targetGroups.web.stickiness.duration: `duration` is `0s`; the minimum is `1s`. | Write `1s` to `7d`.'],
  },
  {
    name: 'too many seconds',
    replace: 'duration: 1d',
    by: 'duration: 604801',
    duplicate: 'duration: 604800',
    told: [
      '18:29 targetGroups.web.stickiness.duration: `duration` must be at most 604800; it is `604801`. | Allowed: a whole number from 1 to 604800.',
    ],
  },
  {
    name: 'timeout as long as the interval',
    replace: 'timeout: 5s',
    by: 'timeout: 10s',
    duplicate: 'timeout: 9s',
    told: [
      '17:59 targetGroups.web.healthCheck.timeout: The timeout (10 s) is not shorter than the interval (10 s). | Shorten the timeout or lengthen the interval.',
    ],
  },
  {
    name: 'interval as short as the usual timeout',
    replace: 'interval: 10s, timeout: 5s',
    by: 'interval: 5s',
    duplicate: 'interval: 6s',
    told: [
      '17:45 targetGroups.web.healthCheck.interval: The timeout (5 s) is not shorter than the interval (5 s). | Shorten the timeout or lengthen the interval.',
    ],
  },
  {
    name: 'a port that is none, in a text',
    replace: 'path: /status',
    by: 'port: "65536"',
    duplicate: 'port: "65535"',
    told: [
      '17:26 targetGroups.web.healthCheck.port: `port` must be traffic-port, or a port in quotes; it is `65536`. | For example: `port: traffic-port`.',
    ],
  },
  {
    name: 'short slow start',
    replace: 'port: 8080',
    by: 'port: 8080\n    slowStart: 29s',
    duplicate: 'port: 8080\n    slowStart: 30s',
    told: ['17:16 targetGroups.web.slowStart: A slow start of 29 s is too short. | Write `0` to turn it off, or `30s` to `900s`.'],
  },
  {
    name: 'slow start with another algorithm',
    replace: 'port: 8080',
    by: 'port: 8080\n    slowStart: 60s\n    algorithm: least_outstanding_requests',
    duplicate: 'port: 8080\n    slowStart: 60s\n    algorithm: round_robin',
    told: [
      '17:16 targetGroups.web.slowStart: A slow start cannot be combined with `least_outstanding_requests`. | Use `round_robin`, or `slowStart: 0`.',
    ],
  },
  {
    name: 'weighted random with stickiness',
    replace: 'stickiness: { duration: 1d }',
    by: 'stickiness: { enabled: true }\n    algorithm: weighted_random',
    duplicate: 'stickiness: { enabled: false }\n    algorithm: weighted_random',
    told: [
      '19:16 targetGroups.web.algorithm: `weighted_random` cannot be combined with stickiness. | Use another algorithm, or `stickiness: { enabled: false }`.',
    ],
  },
  {
    name: 'a cookie name without its kind',
    replace: 'duration: 1d',
    by: 'cookieName: session',
    duplicate: 'type: app_cookie, cookieName: session',
    told: [
      '18:31 targetGroups.web.stickiness.cookieName: `stickiness.cookieName` cannot be set here: it applies only with `stickiness.type: app_cookie`. | Leave it out, or change the other field.',
    ],
  },
  {
    name: 'an application cookie without a name',
    replace: 'duration: 1d',
    by: 'type: app_cookie',
    duplicate: 'type: lb_cookie',
    told: [
      '15:3 targetGroups.web.stickiness.cookieName: `stickiness.cookieName` is missing in `targetGroups.web`: it is required with `stickiness.type: app_cookie`. | The name of the application cookie.',
    ],
  },
  {
    name: 'a target twice',
    replace: '[web-1, web-2]',
    by: '[web-1, { instance: web-1, port: 8080 }]',
    duplicate: '[web-1, { instance: web-1, port: 8081 }]',
    told: ['19:14 targetGroups.web.targets: A target is listed twice. | List each instance and port once.'],
  },
  {
    name: 'unknown target',
    replace: '[web-1, web-2]',
    by: '[web-1, wbe-2]',
    duplicate: '[web-1, web-2]',
    told: ['19:22 targetGroups.web.targets[1]: There is no instance named `wbe-2`. | Did you mean `web-2`?'],
  },
  {
    name: 'unknown target, nothing near',
    replace: '[web-1, web-2]',
    by: '[web-1, elephant]',
    duplicate: '[web-1, i-0123456789abcdef0]',
    told: ['19:22 targetGroups.web.targets[1]: There is no instance named `elephant`. | There are: web-1, web-2.'],
  },
  {
    name: 'unknown target on a port',
    replace: '[web-1, web-2]',
    by: '[{ instance: web_1, port: 80 }]',
    duplicate: '[{ instance: web-1, port: 80 }]',
    told: ['19:27 targetGroups.web.targets[0].instance: There is no instance named `web_1`. | Did you mean `web-1`?'],
  },
  {
    name: 'one name for two groups',
    replace: '  web:\n    port: 8080\n',
    by: '  more:\n    port: 80\n    name: one\n  web:\n    port: 8080\n    name: one\n',
    duplicate: '  more:\n    port: 80\n    name: one\n  web:\n    port: 8080\n    name: two\n',
    told: ['20:11 targetGroups.web.name: The name `one` is already used by `targetGroups.more`. | Choose another name.'],
  },
];

tryRows(t, ROWS);

t.run();
