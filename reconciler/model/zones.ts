/**
 * Names of regions and zones, as parts of patterns. `us-east-1`, `us-gov-west-1`, `eusc-de-east-1` (AWS General Reference, "Service
 * endpoints"); `us-east-1a`, the Local Zone `us-west-2-lax-1a`, the Wavelength Zone `us-east-1-wl1-bos-wlz-1` (EC2 user guide, "Regions
 * and Zones").
 */

export const REGION = '[a-z]{2,4}(-[a-z]+)+-\\d';
/** Where EC2 takes a subnet with public addresses; in a Wavelength Zone addresses come from the network of a carrier. */
export const ZONE = `${REGION}(-[a-z]+-\\d)?[a-z]`;
const WAVELENGTH = `${REGION}-wl\\d-[a-z]+-wlz-\\d`;
/** Any zone that has instances and addresses. */
export const ANY_ZONE = `(${ZONE}|${WAVELENGTH})`;

const whole = (pattern: string): RegExp => new RegExp(`^${pattern}$`);
const REGION_NAME = whole(REGION);
const EDGE = whole(`(${REGION}-[a-z]+-\\d[a-z]|${WAVELENGTH})`);

export const isRegion = (name: string): boolean => REGION_NAME.test(name);
/** A Local Zone or a Wavelength Zone: a load balancer there has one zone (CreateLoadBalancer, Subnets: ELBv2 API reference). */
export const isEdgeZone = (name: string): boolean => EDGE.test(name);
