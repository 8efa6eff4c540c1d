import type { Check } from "../lib/validation";

/** A certificate of AWS Certificate Manager that is already issued: issuing one needs a DNS zone, which is not this program's. */
export interface Certificate {
  readonly arn: string;
  /** The name it is for and that clients call, such as `api.example.com`. Its DNS record is made where the zone is. */
  readonly domainName: string;
}

const domainForm = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/;

/** Checks of a certificate that must be in a region: that of the load balancer, or us-east-1 for CloudFront. */
export function certificateChecks(path: string, certificate: Certificate | undefined, region: string): Check[] {
  if (!certificate) return [];
  const { arn, domainName } = certificate;
  return [
    {
      path: `${path}.arn`,
      ok: new RegExp(`^arn:aws[a-z-]*:acm:${region}:\\d{12}:certificate/.+$`).test(arn),
      message: `is "${arn}"; give the ARN of a certificate of ACM in ${region}.`,
    },
    {
      path: `${path}.domainName`,
      ok: domainForm.test(domainName),
      message: `is "${domainName}"; give a host name such as api.example.com.`,
    },
  ];
}
