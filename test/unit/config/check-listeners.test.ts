/** Listeners, certificates, load and chaos: what AWS would refuse or what would show nothing, and the spec without it. */

import { type Row, tryRows } from '../../support/spec-rows.ts';
import { suite } from '../../support/suite.ts';

const t = suite('spec/check-listeners');

const ROWS: readonly Row[] = [
  {
    name: 'a certificate of eleven years',
    replace: '365d',
    by: '4000d',
    duplicate: '3650d',
    told: ['13:60 certificates.site.selfSigned.validFor: `validFor` is `4000d`; the maximum is `3650d`. | Write `1d` to `3650d`.'],
  },
  {
    name: 'a certificate that is due for renewal from its first day on',
    replace: 'validFor: 365d',
    by: 'validFor: 30d, renewBefore: 30d',
    duplicate: 'validFor: 30d, renewBefore: 29d',
    told: [
      '13:78 certificates.site.renewBefore: `renewBefore` is 30d, and the certificate is valid for 30d: each plan would renew it. | Set `29d` or less, or increase `validFor`.',
    ],
  },
  {
    name: 'a certificate of one day, to be renewed a day before its end',
    replace: 'validFor: 365d',
    by: 'validFor: 1d, renewBefore: 1d',
    duplicate: 'validFor: 1d',
    told: [
      '13:77 certificates.site.renewBefore: `renewBefore` is 1d, and the certificate is valid for 1d: each plan would renew it. | Leave it out, or increase `validFor`.',
    ],
  },
  {
    name: 'unknown target group',
    replace: 'port: 80, forward: web',
    by: 'port: 80, forward: wbe',
    duplicate: 'port: 80, forward: web',
    told: ['24:46 listeners.http.forward: There is no target group named `wbe`. | Did you mean `web`?'],
  },
  {
    name: 'unknown certificate',
    replace: 'certificate: site',
    by: 'certificate: sites',
    duplicate: 'certificate: site',
    told: ['25:53 listeners.https.certificate: There is no certificate named `sites`. | Did you mean `site`?'],
  },
  {
    name: 'a port twice',
    replace: 'port: 443',
    by: 'port: 80',
    duplicate: 'port: 81',
    told: [
      '25:35 listeners.https.port: Port 80 is already used by listener `http`. | Give each listener its own port (DuplicateListener).',
    ],
  },
  {
    name: 'two actions',
    replace: 'port: 80, forward: web',
    by: 'port: 80, forward: web, fixedResponse: { statusCode: "503" }',
    duplicate: 'port: 80, fixedResponse: { statusCode: "503" }',
    told: [
      '24:51 listeners.http: `forward` and `fixedResponse` cannot be set together in `listeners.http`. | Write exactly one of `forward`, `redirect` and `fixedResponse`.',
    ],
  },
  {
    name: 'no action',
    replace: 'port: 80, forward: web',
    by: 'port: 80',
    duplicate: 'port: 80, forward: web',
    told: [
      '24:3 listeners.http: `listeners.http` does not say what to do with requests. | Write exactly one of `forward`, `redirect` and `fixedResponse`.',
    ],
  },
  {
    name: 'a redirect to itself',
    replace: 'port: 80, forward: web',
    by: 'port: 80, redirect: { statusCode: HTTP_301 }',
    duplicate: 'port: 80, redirect: { path: /x, statusCode: HTTP_301 }',
    told: [
      '24:37 listeners.http.redirect: The redirect points to itself. | Change at least one of protocol, host, port and path (InvalidLoadBalancerAction).',
    ],
  },
  {
    name: 'a redirect to itself, said in full',
    replace: 'port: 80, forward: web',
    by: 'port: 80, redirect: { protocol: HTTP, port: "80", statusCode: HTTP_301 }',
    duplicate: 'port: 80, redirect: { protocol: HTTP, port: "8080", statusCode: HTTP_301 }',
    told: [
      '24:37 listeners.http.redirect: The redirect points to itself. | Change at least one of protocol, host, port and path (InvalidLoadBalancerAction).',
    ],
  },
  {
    name: 'a redirect out of HTTPS',
    replace: 'certificate: site, forward: web',
    by: 'certificate: site, redirect: { protocol: HTTP, port: "80", statusCode: HTTP_301 }',
    duplicate: 'certificate: site, redirect: { protocol: HTTPS, port: "444", statusCode: HTTP_301 }',
    told: ['25:59 listeners.https.redirect: A redirect from HTTPS to HTTP is not allowed. | Redirect to HTTPS, or leave `protocol` out.'],
  },
  {
    name: 'HTTPS without a certificate',
    replace: 'certificate: site, ',
    by: '',
    duplicate: 'certificate: site, ',
    told: [
      '25:3 listeners.https.certificate: `certificate` is missing in `listeners.https`: it is required with `protocol: HTTPS`. | Name of the default certificate, under certificates.',
    ],
  },
  {
    name: 'HTTP with a certificate',
    replace: 'port: 80, forward',
    by: 'port: 80, certificate: site, forward',
    duplicate: 'port: 80, forward',
    told: [
      '24:50 listeners.http.certificate: `certificate` cannot be set here: it applies only with `protocol: HTTPS`. | Leave it out, or change the other field.',
    ],
  },
  {
    name: 'a TLS policy on HTTP',
    replace: 'port: 80, forward',
    by: 'port: 80, sslPolicy: ELBSecurityPolicy-2016-08, forward',
    duplicate: 'port: 80, forward',
    told: [
      '24:48 listeners.http.sslPolicy: `sslPolicy` cannot be set here: it applies only with `protocol: HTTPS`. | Leave it out, or change the other field.',
    ],
  },
  {
    name: 'two sources of a certificate',
    replace: '    selfSigned:',
    by: '    iam: own\n    selfSigned:',
    duplicate: '    selfSigned:',
    told: ['14:5 certificates.site: `iam` and `selfSigned` cannot be set together in `certificates.site`. | Keep one of them.'],
  },
  {
    name: 'chaos on an unknown group',
    replace: 'from: web',
    by: 'from: wen',
    duplicate: 'from: web',
    told: ['27:32 chaos.stopInstance.from: There is no target group named `wen`. | Did you mean `web`?'],
  },
  {
    name: 'chaos after the load',
    replace: 'at: 20s',
    by: 'at: 1m',
    duplicate: 'at: 40s',
    told: [
      '27:41 chaos.stopInstance.at: The fault would begin after 60 s, but the load ends after 60 s. | Decrease `at`, or increase `load.duration`.',
    ],
  },
  {
    name: 'chaos where nothing serves',
    replace: '    targets: [web-1, web-2]\n',
    by: '    targets: []\n',
    duplicate: '    targets: [web-1]\n',
    told: [
      '27:32 chaos.stopInstance.from: The target group `web` has no instance of this stack among its targets. | List the instances under its `targets`.',
    ],
  },
  {
    name: 'two experiments in one load test',
    replace: 'at: 20s, for: 20s } }',
    by: 'at: 20s, for: 20s }, deregisterTarget: { from: web } }',
    duplicate: 'at: 20s, for: 21s } }',
    told: [
      '27:76 chaos.deregisterTarget: `deregisterTarget` and `stopInstance` are both set, but a load test runs one experiment at a time. | Remove one of them, or list both under `experiments`: they then run in turn.',
    ],
  },
  {
    name: 'a target that nobody can have registered',
    replace: 'stopInstance: { from: web,',
    by: 'deregisterTarget: { from: web, target: web-9,',
    duplicate: 'deregisterTarget: { from: web, target: i-0123456789abcdef0,',
    told: ['27:49 chaos.deregisterTarget.target: `web-9` is not a target of `web`. | Its targets are `web-1`, `web-2`.'],
  },
  {
    name: 'load on an unknown listener',
    replace: 'load: { rate: 50/s,',
    by: 'load: { listener: htps,',
    duplicate: 'load: { listener: https,',
    told: ['26:19 load.listener: There is no listener named `htps`. | Did you mean `https`?'],
  },
];

tryRows(t, ROWS);

t.run();
