/** A spec as people write it, whose lines tests count on. */

export const GOOD = `stack: webserver
region: us-east-1
network:
  vpc: { cidrBlock: 10.0.0.0/16 }
  subnets:
    a: { availabilityZone: us-east-1a, cidrBlock: 10.0.1.0/24 }
    b: { availabilityZone: us-east-1b, cidrBlock: 10.0.2.0/24 }
instances:
  web-1: { subnet: a, app: flask-webserver }
  web-2: { subnet: b, app: flask-webserver }
certificates:
  site:
    selfSigned: { commonName: webserver.example, validFor: 365d }
targetGroups:
  web:
    port: 8080
    healthCheck: { path: /status, interval: 10s, timeout: 5s }
    stickiness: { duration: 1d }
    targets: [web-1, web-2]
loadBalancer:
  name: webserver
  subnets: [a, b]
listeners:
  http: { protocol: HTTP, port: 80, forward: web }
  https: { protocol: HTTPS, port: 443, certificate: site, forward: web }
load: { rate: 50/s, duration: 60s }
chaos: { stopInstance: { from: web, at: 20s, for: 20s } }
objectives: { errorRate: "< 1%", p95: "< 300ms" }
`;

/** The good spec with one text replaced by another; throws when it is not there once. */
export function swap(from: string, to: string, text = GOOD): string {
  if (text.split(from).length !== 2) throw new Error(`${JSON.stringify(from)} is not in the spec exactly once`);
  return text.replace(from, () => to);
}

/** The stack of the load-balancing tutorial in all its fields, as a user would write it. */
export const TUTORIAL = `stack: webserver
region: us-east-1
network:
  vpc: { cidrBlock: 10.0.0.0/16 }
  subnets:
    a: { availabilityZone: us-east-1a, cidrBlock: 10.0.1.0/24 }
    b: { availabilityZone: us-east-1b, cidrBlock: 10.0.2.0/24 }
instances:
  web-1: { subnet: a, instanceType: t3.micro, app: flask-webserver }
  web-2: { subnet: b, instanceType: t3.micro, app: flask-webserver }
certificates:
  site:
    selfSigned: { commonName: webserver.example, validFor: 365d }
targetGroups:
  web:
    targetType: instance
    protocol: HTTP
    port: 8080
    protocolVersion: HTTP1
    healthCheck: { path: /status, interval: 10s, timeout: 5s, healthyThreshold: 2, unhealthyThreshold: 2, matcher: "200" }
    stickiness: { enabled: true, type: lb_cookie, duration: 1d }
    targets: [web-1, web-2]
loadBalancer:
  name: webserver
  scheme: internet-facing
  ipAddressType: ipv4
  subnets: [a, b]
listeners:
  http: { protocol: HTTP, port: 80, forward: web }
  https: { protocol: HTTPS, port: 443, certificate: site, forward: web }
load: { script: k6/load.ts, rate: 50/s, duration: 60s }
chaos: { stopInstance: { from: web, at: 20s, for: 20s } }
objectives: { errorRate: "< 1%", p95: "< 300ms", failover: "< 25s" }
`;

/** One that is up within seconds where traffic is real, without the load that its tests send. */
export const LIVE = `stack: live
region: us-east-1
network:
  vpc: { cidrBlock: 10.0.0.0/16 }
  subnets:
    a: { availabilityZone: us-east-1a, cidrBlock: 10.0.1.0/24 }
    b: { availabilityZone: us-east-1b, cidrBlock: 10.0.2.0/24 }
instances:
  web-1: { subnet: a, instanceType: t3.micro, app: flask-webserver }
  web-2: { subnet: b, instanceType: t3.micro, app: flask-webserver }
targetGroups:
  web:
    port: 8080
    healthCheck: { path: /status, interval: 5s, timeout: 2s, healthyThreshold: 2, unhealthyThreshold: 2 }
    targets: [web-1, web-2]
loadBalancer: { subnets: [a, b] }
listeners:
  http: { protocol: HTTP, port: 80, forward: web }
`;
