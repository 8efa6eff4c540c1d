import type * as pulumi from "@pulumi/pulumi";
import { parseCidr } from "./cidr";

/** Something a security group can allow traffic with, beside another security group. */
export interface AddressPeer {
  /** Plain text that names the peer in logical names; two peers of one group have different keys. */
  readonly key: string;
  readonly source: { readonly cidrIpv4: string } | { readonly prefixListId: pulumi.Input<string> };
}

/** A range of ports of one protocol. A plain number is a TCP port; `all` is every protocol and port, for adapters that need it among themselves. */
export type Port = number | { readonly protocol: "tcp" | "udp"; readonly from: number; readonly to: number } | "all";

/**
 * A block of addresses.
 * @throws RangeError if the text is no IPv4 block
 */
export function cidrPeer(cidr: string): AddressPeer {
  parseCidr(cidr);
  return { key: cidr.replace(/[./]/g, "-"), source: { cidrIpv4: cidr } };
}

/** The whole internet. What uses it is public: say why in the rule. */
export const anyone: AddressPeer = { key: "anyone", source: { cidrIpv4: "0.0.0.0/0" } };

/** The addresses of an AWS service or of a managed prefix list. `key` is a plain name for it, such as `s3`. */
export function prefixListPeer(key: string, prefixListId: pulumi.Input<string>): AddressPeer {
  return { key, source: { prefixListId } };
}
