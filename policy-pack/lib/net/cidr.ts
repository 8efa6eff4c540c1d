/**
 * Prefix lengths of the largest networks that AWS does not take for the public.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html (the meaning of "public")
 */
const largestNetwork = { ipv4: 8, ipv6: 32 } as const;

/** Whether a CIDR block is broader than any network of one owner. An address without a prefix, or another text, is not. */
export function isVeryBroad(block: string): boolean {
  const [, address = "", length] = /^([\da-f.:]+)\/(\d{1,3})$/i.exec(block) ?? [];
  return length !== undefined && Number(length) < largestNetwork[address.includes(":") ? "ipv6" : "ipv4"];
}
