/** The rules of security groups: what AWS refuses and moto takes, and what is left out of a description. */
import ipaddr from 'ipaddr.js';
import { ApiRefusal } from '../wire.ts';
import { canonicalise } from './cidr.ts';
import { askMoto, type Ec2Handler } from './context.ts';

/** Blocks of the right family: words of aws/aws-cli#2428 and NixOS/nixops#683. moto takes an IPv6 block for an IPv4 one. */
function checkBlocks(params: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(params)) {
    const wrong =
      (/\bCidrIp(v4)?$/.test(name) && !ipaddr.IPv4.isValidCIDR(value)) || (/\bCidrIpv6$/.test(name) && !ipaddr.IPv6.isValidCIDR(value));
    if (wrong) throw new ApiRefusal('InvalidParameterValue', `CIDR block ${value} is malformed`);
  }
}

/** Authorize… and Revoke…, whose blocks and protocols come back canonical. */
export const changeRules: Ec2Handler = (context, call) => {
  checkBlocks(call.params);
  return askMoto(context, call, canonicalise(call.params));
};

/** A description that is left out is removed (EC2 API reference); moto would keep it. An empty one is none to both. */
export const describeRules: Ec2Handler = (context, call) => {
  const omitted = Object.keys(call.params).flatMap((key) => {
    const peer = /^(IpPermissions\.\d+\.\w+\.\d+)\.(CidrIp|CidrIpv6|GroupId|GroupName|PrefixListId)$/.exec(key)?.[1];
    return peer === undefined || call.params[`${peer}.Description`] !== undefined ? [] : [[`${peer}.Description`, '']];
  });
  return askMoto(context, call, canonicalise({ ...call.params, ...Object.fromEntries(omitted) }));
};
