import { z } from "zod";
import { lambdaDeprecations } from "../../lib/lambda-runtimes";
import { defineRule } from "../../lib/rule";

/**
 * rel-lambda-runtime: Functions run on runtimes that AWS maintains
 *
 * By the dates that AWS has announced, as of the day of the preview. A runtime that the table does not know passes, as
 * it is newer than the table; container images bring their own. Undefined: passes.
 *
 * @severity medium
 * @checkov CKV_AWS_363
 * @securityHub Lambda.2
 * @see https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
 */
export const rule = defineRule({
  id: "rel-lambda-runtime",
  family: "reliability",
  title: "Functions run on runtimes that AWS maintains",
  severity: "medium",
  why: "A deprecated runtime gets no security fixes, and after some weeks functions on it can neither be made nor updated.",
  fix: 'set `runtime` to a current one, such as "nodejs24.x", "python3.14" or "provided.al2023".',
  checkov: ["CKV_AWS_363"],
  securityHub: ["Lambda.2"],
  page: "https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html",
  types: ["aws:lambda/function:Function"],
  settings: z.strictObject({
    dates: z
      .record(z.string(), z.iso.date())
      .default({})
      .describe("Days of deprecation by runtime that differ from the pack's table or are missing there"),
  }),
  check({ props }, report, { dates }) {
    const runtime = props.at("runtime");
    const deprecatedOn = (name: unknown): string | undefined => ({ ...lambdaDeprecations, ...dates })[String(name)];
    // Days in this form sort as text.
    const today = new Date().toISOString().slice(0, 10);
    const isDeprecated = runtime.matches((name) => (deprecatedOn(name) ?? "9999") <= today);
    const isImage = props.at("packageType").equals("Image");
    const name = runtime.scalar();
    report.when(isDeprecated.and(isImage.not()), runtime, `AWS has deprecated ${name} on ${deprecatedOn(name)}`);
  },
});
