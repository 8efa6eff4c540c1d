import { z } from "zod";
import { setIf } from "../../lib/cure";
import { changesInPlace, launchTypes } from "../../lib/launches";
import { defineRule, type Edit, type ResourceView } from "../../lib/rule";
import { Truth } from "../../lib/truth";

/**
 * lp-imdsv2: Instance metadata is given to sessions only
 *
 * `httpTokens` is "required", or the metadata service is off. An instance with a launch template takes what it does not
 * say itself from there. Undefined: violation, unless the account's default is said to require it.
 *
 * @severity high
 * @checkov CKV_AWS_79
 * @securityHub EC2.8 EC2.170 AutoScaling.3
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
 */
export const rule = defineRule({
  id: "lp-imdsv2",
  family: "exposure",
  title: "Instance metadata is given to sessions only",
  severity: "high",
  why: "Version 1 answers any request, so one URL that an application fetches for a stranger gives away the role's credentials.",
  fix: 'set `metadataOptions: { httpEndpoint: "enabled", httpTokens: "required" }`.',
  checkov: ["CKV_AWS_79"],
  securityHub: ["EC2.8", "EC2.170", "AutoScaling.3"],
  page: "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html",
  types: launchTypes,
  settings: z.strictObject({
    accountRequires: z
      .boolean()
      .default(false)
      .describe("Whether the account's defaults (aws.ec2.InstanceMetadataDefaults) require sessions"),
  }),
  check(resource, report, { accountRequires }) {
    report.when(
      answersAnyone(resource, accountRequires),
      resource.props.at("metadataOptions", "httpTokens"),
      "the metadata service answers requests without a session",
    );
  },
  remedy(resource, { accountRequires }): readonly Edit[] {
    if (!changesInPlace(resource.type)) return [];
    const needed = answersAnyone(resource, accountRequires);
    const unsaid = resource.props.at("metadataOptions", "httpEndpoint").hasContent().not();
    return [
      // Without the endpoint's state the provider passes the other options over.
      ...setIf(needed.and(unsaid), ["metadataOptions", "httpEndpoint"], "enabled"),
      ...setIf(needed, ["metadataOptions", "httpTokens"], "required"),
    ];
  },
});

function answersAnyone({ props }: ResourceView, accountRequires: boolean): Truth {
  const tokens = props.at("metadataOptions", "httpTokens");
  const elsewhere = Truth.of(accountRequires).or(props.at("launchTemplate").isSet());
  const inherits = tokens.hasContent().not().and(elsewhere);
  const off = props.at("metadataOptions", "httpEndpoint").equals("disabled");
  return tokens.equals("required").or(off).or(inherits).not();
}
