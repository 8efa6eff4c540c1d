import { z } from "zod";
import { factSetting, prices } from "../../lib/free-tier/limits";
import { dollars } from "../../lib/free-tier/sums";
import { defineRule } from "../../lib/rule";
import { Truth } from "../../lib/truth";

const secretType = "aws:secretsmanager/secret:Secret";

/**
 * ft-secrets: There is no secret in Secrets Manager
 *
 * Secrets of the stack, and those that RDS makes for a managed master password. Each replica is a secret of its own.
 * Undefined: violation for a secret; a database without a managed password passes.
 *
 * @severity medium
 * @checkov none
 * @securityHub none
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/intro.html
 */
export const rule = defineRule({
  id: "ft-secrets",
  family: "free-tier",
  title: "There is no secret in Secrets Manager",
  severity: "medium",
  why: "After a trial of 30 days each secret and each of its replicas is billed each month; standard parameters of SSM are free and encrypted as well.",
  fix: 'use aws.ssm.Parameter with `type: "SecureString"`, and give RDS its password from there.',
  checkov: [],
  securityHub: [],
  page: "https://docs.aws.amazon.com/secretsmanager/latest/userguide/intro.html",
  types: [secretType, "aws:rds/instance:Instance", "aws:rds/cluster:Cluster"],
  settings: z.strictObject({ monthPrice: factSetting(prices.secretMonth, "What a secret costs") }),
  check({ type, props }, report, { monthPrice }) {
    const copies = 1 + props.at("replicas").elements().length;
    report.when(Truth.of(type === secretType), "", `the secret costs ${dollars(copies * monthPrice)} a month`);
    const managed = props.at("manageMasterUserPassword");
    report.when(managed.isTrue(), managed, `RDS makes a secret for it, ${dollars(monthPrice)} a month`);
  },
});
