import { z } from "zod";
import { setIf } from "../../lib/cure";
import { changesInPlace, launchTypes } from "../../lib/launches";
import { defineRule, type ResourceView } from "../../lib/rule";
import type { Truth } from "../../lib/truth";

const hopLimit = ["metadataOptions", "httpPutResponseHopLimit"] as const;

/**
 * lp-imds-hop-limit: Instance metadata stays on the instance
 *
 * The answer to a session request travels at most the configured number of hops: 1 keeps it on the instance, 2 lets it
 * reach containers with a network of their own. Undefined: passes.
 *
 * @severity medium
 * @checkov CKV_AWS_341
 * @securityHub AutoScaling.4
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-options.html
 */
export const rule = defineRule({
  id: "lp-imds-hop-limit",
  family: "exposure",
  title: "Instance metadata stays on the instance",
  severity: "medium",
  why: "With more hops, containers and proxies on the instance can fetch the credentials of its role.",
  fix: "set `metadataOptions.httpPutResponseHopLimit: 1`; where containers need the instance's role, set `maxHops` to 2 in the policy config.",
  checkov: ["CKV_AWS_341"],
  securityHub: ["AutoScaling.4"],
  page: "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-options.html",
  types: launchTypes,
  settings: z.strictObject({
    maxHops: z.int().min(1).max(64).default(1).describe("Hops that an answer may travel"),
  }),
  check(resource, report, { maxHops }) {
    const hops = resource.props.at(...hopLimit);
    report.when(
      travelsFar(resource, maxHops),
      hops,
      `answers of the metadata service travel ${hops.scalar()} hops, at most ${maxHops} are allowed`,
    );
  },
  remedy(resource, { maxHops }) {
    return changesInPlace(resource.type) ? setIf(travelsFar(resource, maxHops), hopLimit, maxHops) : [];
  },
});

function travelsFar({ props }: ResourceView, maxHops: number): Truth {
  const far = props.at(...hopLimit).matches((hops) => hops !== undefined && Number(hops) > maxHops);
  return far.and(props.at("metadataOptions", "httpEndpoint").equals("disabled").not());
}
