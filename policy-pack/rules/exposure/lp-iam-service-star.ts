import { z } from "zod";
import { wholeServices } from "../../lib/iam/actions";
import { coversAllActions } from "../../lib/iam/document";
import { identityPolicyTypes, identityStatements } from "../../lib/iam/identity-policies";
import { examples } from "../../lib/iam/reach";
import { defineRule } from "../../lib/rule";
import { Truth } from "../../lib/truth";

/**
 * lp-iam-service-star: No policy allows every action of a service on everything
 *
 * A pattern that covers a whole service ("s3:*"), on everything or on everything of that service. A Condition on the
 * resource or the request excuses it, and so does the setting. Undefined: does not arise, a document is required.
 *
 * @severity medium
 * @checkov none
 * @securityHub IAM.21
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html
 */
export const rule = defineRule({
  id: "lp-iam-service-star",
  family: "exposure",
  title: "No policy allows every action of a service on everything",
  severity: "medium",
  why: "A whole service holds actions that nobody had in mind, such as those that delete, share and change policies, and every new one that AWS adds.",
  fix: "name the actions that are needed, or the ARNs in Resource.",
  checkov: [],
  securityHub: ["IAM.21"],
  page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html",
  types: identityPolicyTypes,
  settings: z.strictObject({
    allowed: z
      .array(z.string().regex(/^[a-z0-9-]+$/))
      .default([])
      .describe("Services, such as xray, of which every action may be allowed"),
  }),
  check(resource, report, { allowed }) {
    for (const statement of identityStatements(resource, report)) {
      for (const action of statement.actions) {
        const services = wholeServices(String(action.scalar() ?? "*")).filter((each) => !allowed.includes(each));
        const reaches = Truth.any(services.map((service) => statement.reachesEverything(service)));
        const open = Truth.all([
          statement.allows(),
          statement.narrowed().not(),
          coversAllActions(action).not(),
          reaches,
        ]);
        report.when(open, action, `allows every action of ${examples(services)} on everything`);
      }
    }
  },
});
