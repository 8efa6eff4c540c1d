import { defineRule } from "../../lib/rule";

const disabled = "open-source-rds-extended-support-disabled";

/**
 * ft-rds-extended-support: RDS does not buy Extended Support
 *
 * Only engines that have it: MySQL, PostgreSQL and Aurora's. It is chosen when a database is created, so it is never
 * remediated. Undefined: violation, AWS opts in.
 *
 * @severity medium
 * @checkov none
 * @securityHub none
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/extended-support.html
 */
export const rule = defineRule({
  id: "ft-rds-extended-support",
  family: "free-tier",
  title: "RDS does not buy Extended Support",
  severity: "medium",
  why: "When a major version's standard support ends, AWS bills every vCPU hour of a database that did not opt out, for a micro instance many times its price.",
  fix: `set \`engineLifecycleSupport: "${disabled}"\` when the database is created, and upgrade its major version in time.`,
  checkov: [],
  securityHub: [],
  page: "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/extended-support.html",
  types: ["aws:rds/instance:Instance", "aws:rds/cluster:Cluster"],
  check({ props }, report) {
    const support = props.at("engineLifecycleSupport");
    const hasIt = props
      .at("engine")
      .matches((name) => name === undefined || /^(aurora|mysql|postgres)/.test(String(name)));
    const problem = "Extended Support is bought once the version's standard support ends";
    report.when(hasIt.and(support.equals(disabled).not()), support, problem);
  },
});
