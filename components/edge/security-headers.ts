import type * as aws from "@pulumi/aws";

type Policy = Pick<aws.cloudfront.ResponseHeadersPolicyArgs, "securityHeadersConfig" | "customHeadersConfig">;

const year = 31_536_000;

/** Devices and data of the visitor that a page of a language model has no use for. */
const deniedFeatures = ["camera", "geolocation", "microphone", "payment", "usb"];

/**
 * Headers with which a browser limits what a page may do, in place of any that the origin sends.
 * @param contentSecurityPolicy what the page may load and call. Undefined: the origin's own, for applications that bring one.
 */
export function securityHeaders(contentSecurityPolicy: string | undefined): Policy {
  return {
    securityHeadersConfig: {
      contentTypeOptions: { override: true },
      frameOptions: { frameOption: "DENY", override: true },
      referrerPolicy: { referrerPolicy: "no-referrer", override: true },
      strictTransportSecurity: {
        accessControlMaxAgeSec: year,
        includeSubdomains: true,
        preload: false,
        override: true,
      },
      ...(contentSecurityPolicy === undefined
        ? {}
        : { contentSecurityPolicy: { contentSecurityPolicy, override: true } }),
    },
    customHeadersConfig: {
      items: [
        {
          header: "Permissions-Policy",
          value: deniedFeatures.map((feature) => `${feature}=()`).join(", "),
          override: true,
        },
      ],
    },
  };
}
