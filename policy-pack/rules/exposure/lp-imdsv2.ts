import { z } from "zod";
import { setIf } from "../../lib/cure";
import { changesInPlace, launchTypes } from "../../lib/launches";
import { inOneRegion } from "../../lib/region";
import { defineRule, type Edit, type ResourceView } from "../../lib/rule";
import { written } from "../../lib/stack-view";
import { Truth } from "../../lib/truth";
import type { Value } from "../../lib/value";

const endpoint = ["metadataOptions", "httpEndpoint"] as const;
const defaultsType = "aws:ec2/instanceMetadataDefaults:InstanceMetadataDefaults";
const problem = "the metadata service answers requests without a session";

/**
 * lp-imdsv2: Instance metadata is given to sessions only
 *
 * `httpTokens` is "required", or the metadata service is off. An instance with a launch template takes what it does not
 * say itself from there. Undefined: violation, unless the account's defaults require it: those of the stack for the
 * region, or those that the config tells of.
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
      .describe(
        "Whether the account's defaults require sessions; those of the stack (aws.ec2.InstanceMetadataDefaults) are seen anyway",
      ),
  }),
  check({ props }, report) {
    const tokens = props.at("metadataOptions", "httpTokens");
    const said = tokens.hasContent().and(tokens.equals("required").not());
    report.when(said.and(isOff(props.at(...endpoint)).not()), tokens, problem);
  },
  // Where nothing is said the account's defaults hold, and these may stand anywhere in the stack.
  checkStack(stack, report, { accountRequires }) {
    const defaults = stack.ofType(defaultsType);
    for (const launch of stack.ofType(...launchTypes)) {
      const tokens = written(launch, "metadataOptions", "httpTokens");
      const isUnsaid = tokens.isUnknown() ? Truth.unknown(tokens.path) : tokens.hasContent().not();
      const required = Truth.any(
        defaults.map((each) => each.props.at("httpTokens").equals("required").and(inOneRegion(each, launch))),
      );
      const open = Truth.of(accountRequires).or(written(launch, "launchTemplate").isSet()).or(required).not();
      report
        .on(launch)
        .when(isUnsaid.and(open).and(isOff(written(launch, ...endpoint)).not()), "metadataOptions.httpTokens", problem);
    }
  },
  remedy(resource, { accountRequires }): readonly Edit[] {
    if (!changesInPlace(resource.type)) return [];
    const needed = answersAnyone(resource, accountRequires);
    const unsaid = resource.props
      .at(...endpoint)
      .hasContent()
      .not();
    return [
      // Without the endpoint's state the provider passes the other options over.
      ...setIf(needed.and(unsaid), ["metadataOptions", "httpEndpoint"], "enabled"),
      ...setIf(needed, ["metadataOptions", "httpTokens"], "required"),
    ];
  },
});

function isOff(httpEndpoint: Value): Truth {
  return httpEndpoint.equals("disabled");
}

function answersAnyone({ props }: ResourceView, accountRequires: boolean): Truth {
  const tokens = props.at("metadataOptions", "httpTokens");
  const elsewhere = Truth.of(accountRequires).or(props.at("launchTemplate").isSet());
  const inherits = tokens.hasContent().not().and(elsewhere);
  return tokens
    .equals("required")
    .or(isOff(props.at(...endpoint)))
    .or(inherits)
    .not();
}
