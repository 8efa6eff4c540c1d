import { defineRule } from "../../lib/rule";
import { Truth } from "../../lib/truth";

/**
 * lp-rds-managed-password: Database passwords are managed or write-only
 *
 * manageMasterUserPassword is true, or the password is given write-only (passwordWo, masterPasswordWo), which costs
 * nothing and stays out of the state. Replicas, restored databases and members of a global cluster have the password of
 * what they come from. Undefined: violation.
 *
 * @severity medium
 * @checkov none
 * @securityHub none
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html
 */
export const rule = defineRule({
  id: "lp-rds-managed-password",
  family: "exposure",
  title: "Database passwords are managed or write-only",
  severity: "medium",
  why: "A password given in the clear stands in the state of the stack, and nobody rotates it.",
  fix: "set `manageMasterUserPassword: true`, or give `passwordWo` from a parameter or secret.",
  checkov: [],
  securityHub: [],
  page: "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html",
  types: ["aws:rds/instance:Instance", "aws:rds/cluster:Cluster"],
  check({ props }, report) {
    const isAnySet = (names: readonly string[]): Truth => Truth.any(names.map((name) => props.at(name).isSet()));
    for (const name of passwords) report.when(props.at(name).isSet(), name, "the password stands in the state");
    const managed = props.at("manageMasterUserPassword");
    const cared = Truth.any([managed.isTrue(), isAnySet(writeOnly), isAnySet(inherited), isAnySet(passwords)]);
    report.when(cared.not(), managed, "the password is neither managed nor write-only");
  },
});

const passwords = ["password", "masterPassword"];
const writeOnly = ["passwordWo", "masterPasswordWo"];
const inherited = [
  "replicateSourceDb",
  "replicationSourceIdentifier",
  "snapshotIdentifier",
  "restoreToPointInTime",
  "globalClusterIdentifier",
];
